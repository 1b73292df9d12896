using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Histories;

/// <summary>What is asked of messages by their ids, of receives by their names, of the queue, and over connections that
/// last.</summary>
internal sealed partial class HistoryRecorder
{
    public void Add(Operation operation) => _operations.Enqueue(operation);

    /// <param name="milliseconds">From now; whole seconds are sent as a delay, others as an instant.</param>
    public async Task Reschedule(string queue, string id, int milliseconds)
    {
        long due = Now + (milliseconds * 1000L);
        DateTimeOffset at = _startedAt.AddMicroseconds(due);
        string body = milliseconds % 1000 == 0
            ? $$"""{"delaySeconds":{{milliseconds / 1000}}}"""
            : $$"""{"deliverAt":"{{at:yyyy-MM-ddTHH:mm:ss.fffZ}}"}""";
        Reply reply = await Ask("PATCH", $"{queue}/messages/{id}", Json(body));
        Add(new RescheduleOperation(queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, id, due));
    }

    public async Task Cancel(string queue, string id)
    {
        Reply reply = await Ask("DELETE", $"{queue}/messages/{id}", null);
        Add(new CancelOperation(queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, id));
    }

    /// <summary>Stops or starts the delivery; answers whether that is certain.</summary>
    public async Task<bool> Pause(string queue, bool pause)
    {
        Reply reply = await Ask("POST", $"{queue}/{(pause ? "pause" : "resume")}", null);
        Add(new PauseOperation(queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, pause));
        return reply.Succeeded;
    }

    public async Task<IReadOnlyList<Delivery>> ReceiveNamed(string queue, string attempt, int max, int visibility)
    {
        Reply reply = await Ask(
            "POST", $"{queue}/receive?max={max}&attemptId={attempt}&visibilityTimeout={visibility}ms", null);
        Delivery[] deliveries = reply.Succeeded
            ? [.. reply.Json!["messages"]!.AsArray().Select(message => Read(message!))]
            : [];
        Add(new ReceiveOperation(
            queue, reply.InvokedAt, reply.AnsweredAt, reply.Status, visibility, false,
            deliveries) { Attempt = attempt });
        return deliveries;
    }

    /// <summary>A line of a producer.</summary>
    public static string Line(SentItem item) => Message(item).ToJsonString();

    public async Task<DuplexRequest> OpenDuplex(string path) => await DuplexRequest.Open(await server.Address(), path);

    public async Task<EventReader> OpenEvents(string path) => await EventReader.Open(await server.Address(), path);
}
