using System.Text;

namespace QueueService.Benchmarks.Load;

/// <summary>Encodes the requests of one queue once, before the load starts.</summary>
/// <param name="path">Of the queue.</param>
internal sealed class Requests(string authority, string path)
{
    public const string Json = "application/json";
    public const string Ndjson = "application/x-ndjson";
    public const string Text = "text/plain";

    public byte[] Post(string action, string contentType, ReadOnlySpan<byte> body) =>
        [.. PostHead(action, contentType, body.Length), .. body];

    /// <summary>Everything before the body.</summary>
    public byte[] PostHead(string action, string contentType, int bodyLength) => Encoding.ASCII.GetBytes(
        $"POST /{path}/{action} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {contentType}\r\n" +
        $"Content-Length: {bodyLength}\r\n\r\n");

    /// <summary>Of a request whose lines follow as chunks.</summary>
    public byte[] DuplexHead(string action) => Encoding.ASCII.GetBytes(
        $"POST /{path}/{action} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: {Ndjson}\r\n" +
        "Transfer-Encoding: chunked\r\n\r\n");

    public byte[] Post(string action) => Encoding.ASCII.GetBytes(
        $"POST /{path}/{action} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: 0\r\n\r\n");

    public byte[] Get(string what, string accept) => Encoding.ASCII.GetBytes(
        $"GET /{path}/{what} HTTP/1.1\r\nHost: {authority}\r\nAccept: {accept}\r\n\r\n");

    /// <summary>The part of an acknowledge request before the receipt handle.</summary>
    public byte[] DeleteReceiptHead => Encoding.ASCII.GetBytes($"DELETE /{path}/receipts/");

    public byte[] DeleteReceiptEnd => Encoding.ASCII.GetBytes($" HTTP/1.1\r\nHost: {authority}\r\n\r\n");
}
