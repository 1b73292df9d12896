using System.IO.Pipelines;

namespace QueueService.Server.Http;

/// <summary>
/// Writes `text/event-stream`: the headers, the frames, and each write with a deadline of its own, because the server's
/// minimum data rate does not notice a reader that stopped reading.
/// </summary>
internal static class ServerSentEvents
{
    public const string ContentType = "text/event-stream";

    /// <summary>Below the idle timeouts of usual proxies (nginx 60 s, Cloudflare 100 s).</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>A reader that takes nothing for so long is disconnected; it comes back with Last-Event-ID.</summary>
    public static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(10);

    public static void Begin(HttpContext http)
    {
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        // nginx would gather events otherwise.
        http.Response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>How long a client waits before it connects again.</summary>
    public static JsonOutput Retry(this JsonOutput output, int milliseconds) =>
        output.Raw("retry: "u8).Number(milliseconds).Raw("\n\n"u8);

    /// <summary>Keeps the connection from looking idle.</summary>
    public static JsonOutput Comment(this JsonOutput output) => output.Raw(":\n\n"u8);

    /// <summary>Starts an event; its JSON and <see cref="EndEvent"/> follow. Our JSON has no line breaks.</summary>
    /// <param name="id">Of [A-Za-z0-9_-]; empty leaves the client's last id as it is.</param>
    public static JsonOutput BeginEvent(this JsonOutput output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> id)
    {
        output.Raw("event: "u8).Raw(name).Raw("\n"u8);
        if (!id.IsEmpty) output.Raw("id: "u8).Raw(id).Raw("\n"u8);
        return output.Raw("data: "u8);
    }

    public static JsonOutput EndEvent(this JsonOutput output) => output.Raw("\n\n"u8);

    /// <summary>Sends what was written; answers false when the reader is gone, or too slow and was disconnected.
    /// </summary>
    public static async ValueTask<bool> Send(HttpContext http, JsonOutput output, TimeProvider time)
    {
        using CancellationTokenSource deadline = new(WriteDeadline, time);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, http.RequestAborted);
        try
        {
            FlushResult result = await http.Response.BodyWriter.WriteAsync(output.Written, either.Token);
            output.Clear();
            return !result.IsCompleted;
        }
        catch (OperationCanceledException)
        {
            http.Abort();
            return false;
        }
    }
}
