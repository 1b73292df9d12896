namespace QueueService.Server.Http;

/// <summary>The frames of `text/event-stream`; <see cref="LiveResponse"/> sends them.</summary>
internal static class ServerSentEvents
{
    public const string ContentType = "text/event-stream";

    /// <summary>How long a client waits before it connects again.</summary>
    public static JsonOutput Retry(this JsonOutput output, int milliseconds) =>
        output.Raw("retry: "u8).Number(milliseconds).Raw("\n\n"u8);

    /// <summary>Keeps the connection from looking idle.</summary>
    public static JsonOutput Comment(this JsonOutput output) => output.Raw(": heartbeat\n\n"u8);

    /// <summary>Starts an event; its JSON and <see cref="EndEvent"/> follow. Our JSON has no line breaks.</summary>
    /// <param name="id">Of [A-Za-z0-9_-]; empty leaves the client's last id as it is.</param>
    public static JsonOutput BeginEvent(this JsonOutput output, ReadOnlySpan<byte> name, ReadOnlySpan<byte> id)
    {
        output.Raw("event: "u8).Raw(name).Raw("\n"u8);
        if (!id.IsEmpty) output.Raw("id: "u8).Raw(id).Raw("\n"u8);
        return output.Raw("data: "u8);
    }

    public static JsonOutput EndEvent(this JsonOutput output) => output.Raw("\n\n"u8);
}
