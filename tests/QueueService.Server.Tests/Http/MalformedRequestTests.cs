using System.Net.Sockets;
using System.Text;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Http;

/// <summary>What no HTTP library would send. The answer is the expected 4xx (or a closed connection where the request
/// cannot be finished), never a 5xx, and the server lives on.</summary>
[Collection(ServerCollection.Name)]
public sealed class MalformedRequestTests(RunningServer server)
{
    private const string Queue = "/v1/queues/malformed";
    private const string Send = $"POST {Queue}/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    private const string Batch =
        $"POST {Queue}/messages/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    private const string Aws = "POST /?Action=ListQueues HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    private const string Chunked = "Transfer-Encoding: chunked\r\n\r\n";

    public static TheoryData<int, string> Framing => new()
    {
        { 400, "GET\r\n\r\n" },
        { 505, "GET / HTTP/9.9\r\nHost: x\r\n\r\n" },
        { 400, "G\u0001T / HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 400, "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 400, "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\nHost: x\r\nA : 1\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\nHost: x\r\nA: \u00001\r\n\r\n" },
        { 400, $"GET {Queue} HTTP/1.1\r\nHost: a b\r\n\r\n" },
        { 414, $"GET /{new string('a', 9_000)} HTTP/1.1\r\nHost: x\r\n\r\n" },
        { 431, $"GET {Queue} HTTP/1.1\r\nHost: x\r\nA: {new string('a', 90_000)}\r\n\r\n" },
        { 431, $"GET {Queue} HTTP/1.1\r\nHost: x\r\n{Many(200)}\r\n" },
        { 400, Send + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab" },
        { 400, Send + "Content-Length: -1\r\n\r\n" },
        { 400, Send + "Content-Length: x\r\n\r\n" },
        { 400, Send + "Content-Length: 99999999999999999999\r\n\r\n" },
        { 400, Send + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 400, Send + "Transfer-Encoding: gzip\r\n\r\n" },
        { 400, Send + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" },
        { 400, Send + Chunked + "zz\r\nab\r\n0\r\n\r\n" },
        { 400, Send + Chunked + "-1\r\nab\r\n0\r\n\r\n" },
        { 400, Send + Chunked + "2\r\nabcd\r\n0\r\n\r\n" },
        { 400, Send + Chunked + "ffffffffffffffff\r\nab" },
        { 400, $"POST {Queue}/messages HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 400, $"POST {Queue}/messages HTTP/1.0\r\n\r\n" },
        { 413, Send + "Content-Length: 16777217\r\n\r\n" },
        { 415, Send + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc" },
        { 400, Aws + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 400, "POST /?Action=ListQueues HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { 413, Aws + "Content-Length: 16777217\r\n\r\n" },
        { 415, Aws + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc" },
        { 400, Send + "Message-Delay: 1\r\nMessage-Delay: 2\r\nContent-Length: 0\r\n\r\n" },
        { 400, Send + "Message-Attribute-A: \xFF\xFE\r\nContent-Length: 0\r\n\r\n" },
        { 400, Send + "Message-Attribute-: x\r\nContent-Length: 0\r\n\r\n" },
        { 404, $"GET {Queue}/../../x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" },
        { 405, $"TRACE {Queue} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" },
        { 405, $"POST {Queue} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc" },
    };

    public static TheoryData<int, string, string> Bodies => new()
    {
        { 400, "malformed-json", "{" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\"}]} x" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\"}]}{}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\"},]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\"}]/**/}" },
        { 400, "malformed-json", "{'messages':[]}" },
        { 400, "malformed-json", "{messages:[]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\nb\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\0\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\\x41\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\\u12\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\",\"delaySeconds\":01}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\",\"delaySeconds\":NaN}]}" },
        // Overlong, stray and truncated UTF-8, and a surrogate as bytes.
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\xC0\xAF\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\x80\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\xE2\x82\"}]}" },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"\xED\xA0\x80\"}]}" },
        { 400, "malformed-json", "\xEF\xBB\xBF{\"messages\":[{\"body\":\"a\"}]}" },
        { 400, "malformed-json", "" },
        { 400, "invalid-request", Deep('[') },
        { 400, "malformed-json", "{\"messages\":[{\"body\":\"a\",\"attributes\":" + Deep('{') },
        { 400, "malformed-json", "{\"messages\":" + Deep('[') },
        { 400, "invalid-request", "{\"messages\":[],\"messages\":[]}" },
        { 400, "invalid-request", "{\"messages\":[{\"body\":\"a\",\"delaySeconds\":1e400}]}" },
        { 400, "invalid-request", "{\"messages\":[{\"body\":\"a\",\"delaySeconds\":99999999999999999999}]}" },
        { 400, "invalid-request", "{\"messages\":[{\"\\u0062ody\":\"a\",\"body\":\"b\"}]}" },
        { 400, "invalid-request", "{\"messages\":[{\"\\ud800\":1}]}" },
        { 400, "invalid-request", "null" },
        { 400, "invalid-request", "\"messages\"" },
    };

    [Theory]
    [MemberData(nameof(Framing))]
    public async Task A_malformed_request_is_refused(int status, string request)
    {
        await server.Api.Put(Queue);
        string answer = await Exchange(request);
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Equal(200, (await server.Api.Get("/health/ready")).Status);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_malformed_body_is_refused_with_a_problem(int status, string code, string body)
    {
        await server.Api.Put(Queue);
        string answer = await Exchange($"{Batch}Content-Length: {body.Length}\r\n\r\n{body}");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
        Assert.Equal(0, (int)(await server.Api.Get(Queue)).Json["stats"]!["sentTotal"]!);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nabc")]
    [InlineData(Chunked + "a\r\nabc")]
    [InlineData(Chunked + "3\r\nabc\r\n")]
    [InlineData("Content-Le")]
    public async Task A_request_that_ends_early_changes_nothing(string request)
    {
        string queue = await server.Api.NewQueue();
        using (TcpClient client = new(server.Address.Host, server.Address.Port))
        {
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(Encoding.Latin1.GetBytes(
                $"POST {queue}/messages HTTP/1.1\r\nHost: x\r\n{request}"));
            client.Client.Shutdown(SocketShutdown.Send);
            // The server ends the connection, with or without a last word.
            try
            {
                await stream.CopyToAsync(Stream.Null);
            }
            catch (IOException)
            {
                // Reset: also an end.
            }
        }

        Assert.Equal(0, (int)(await server.Api.Get(queue)).Json["stats"]!["sentTotal"]!);
    }

    /// <summary>Sends one byte for each character, and reads until the server closes.</summary>
    private async Task<string> Exchange(string request)
    {
        using TcpClient client = new(server.Address.Host, server.Address.Port);
        NetworkStream stream = client.GetStream();
        StringBuilder answer = new();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
            byte[] buffer = new byte[8_192];
            for (int read; !IsWhole(answer.ToString()) && (read = await stream.ReadAsync(buffer)) > 0;)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
            // Refused before all of it was read: what came back until then counts.
        }

        return answer.ToString();
    }

    private static bool IsWhole(string answer)
    {
        int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        string? length = answer.Split("\r\n").FirstOrDefault(
            line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))?.Split(' ')[1];
        return body >= 4 && length is not null && answer.Length - body >= int.Parse(length);
    }

    private static string Deep(char bracket) =>
        string.Concat(Enumerable.Repeat(bracket == '{' ? "{\"a\":" : "[", 10_000));

    private static string Many(int headers) =>
        string.Concat(Enumerable.Range(0, headers).Select(i => $"H{i}: x\r\n"));
}
