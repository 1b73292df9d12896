using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Live;

/// <summary>The events of a topic's readers as bytes. The id of each says how far its reader has read.</summary>
internal static class TopicEvents
{
    /// <summary>Later than the server listens after its farewell: a browser gives up on a refusal, but not on silence.
    /// </summary>
    private const int RetryMilliseconds = 2_000;

    public static readonly ReadOnlyMemory<byte> Heartbeat = ": heartbeat\n\n"u8.ToArray();

    public static readonly ReadOnlyMemory<byte> Drain = "event: drain\ndata: {}\n\n"u8.ToArray();

    private static readonly ReadOnlyMemory<byte> MessageHead = "event: message\n"u8.ToArray();

    /// <summary>Comes first: a reader that loses its connection before the first event goes on here, too.</summary>
    public static void WriteHello(JsonOutput output, TopicCursor place)
    {
        output.Retry(RetryMilliseconds);
        output.Truncate(output.Length - 1);
        output.Raw(Id(place).Span);
    }

    /// <summary>A block with nothing but an id: no event, but the reader's last id moves.</summary>
    public static ReadOnlyMemory<byte> Id(TopicCursor place) => Encoding.ASCII.GetBytes($"id: {place}\n\n");

    /// <param name="after">How far the reader has read with this message.</param>
    public static void WriteMessage(JsonOutput output, TopicCursor after, in MessageView message)
    {
        output.BeginEvent("message"u8, IdOf(after));
        MessageJson.WriteReceived(output, in message);
        output.EndEvent();
    }

    /// <summary>Messages are missing here: the topic did not keep them until they were asked for.</summary>
    /// <param name="lost">How many; null when nobody knows.</param>
    public static void WriteGap(JsonOutput output, TopicCursor next, long? lost)
    {
        output.BeginEvent("gap"u8, IdOf(next)).Raw("{"u8);
        if (lost is { } count) output.Raw("\"lost\":"u8).Number(count);
        output.Raw("}"u8).EndEvent();
    }

    public static void WriteProblem(JsonOutput output, Problem problem)
    {
        output.BeginEvent("problem"u8, default);
        problem.WriteJson(output);
        output.EndEvent();
    }

    /// <summary>The same message for a reader who has read other messages before it than the feed.</summary>
    public static byte[] WithId(FeedEvent message, TopicCursor place)
    {
        ReadOnlySpan<byte> rest = message.Frame.AsSpan();
        rest = rest[rest.IndexOf("\ndata: "u8)..];
        return [.. MessageHead.Span, .. "id: "u8, .. IdOf(place), .. rest];
    }

    private static byte[] IdOf(TopicCursor place) => Encoding.ASCII.GetBytes(place.ToString());
}
