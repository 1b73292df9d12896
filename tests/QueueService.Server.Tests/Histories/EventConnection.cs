using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

// The reader belongs to the connection, which disposes it.
#pragma warning disable CA2000

namespace QueueService.Server.Tests.Histories;

/// <summary>A consumer of server-sent events, which settles by other requests.</summary>
internal sealed class EventConnection : LiveConnection
{
    private readonly EventReader _events;
    private readonly int _prefetch;

    private EventConnection(HistoryRecorder recorder, string queue, int visibility, EventReader events, int prefetch)
        : base(recorder, queue, visibility) => (_events, _prefetch) = (events, prefetch);

    protected override int? Prefetch => _prefetch;

    /// <param name="visibility">Milliseconds.</param>
    public static async Task<LiveConnection> Open(HistoryRecorder recorder, string queue, int visibility, int prefetch)
    {
        long at = recorder.Now;
        EventReader events = await recorder.OpenEvents(
            $"{queue}/sse?prefetch={prefetch}&visibilityTimeout={visibility}ms");
        return new EventConnection(recorder, queue, visibility, events, prefetch) { OpenedAt = at };
    }

    public override Task Settle(SettleKind kind, int? seconds, params string[] receipts) =>
        Recorder.Settle(Queue, kind, seconds, receipts);

    public override void Dispose() => _events.Dispose();

    protected override async Task<JsonNode?> ReadLine()
    {
        while (await _events.Read() is { } fields)
        {
            if (!fields.TryGetValue("event", out string? name)) continue;
            return new JsonObject { ["event"] = name, ["data"] = JsonNode.Parse(fields["data"]), ["id"] = fields["id"] };
        }

        return null;
    }

    protected override void Understand(JsonNode line, long at)
    {
        JsonNode message = line["data"]!;
        if ((string)line["event"]! != "message") Wrong($"an event that is no message: {line}");
        else if ((string)line["id"]! != (string)message["id"]!) Wrong($"another id than its message: {line}");
        else Hand(message, at, notBefore: null);
    }
}
