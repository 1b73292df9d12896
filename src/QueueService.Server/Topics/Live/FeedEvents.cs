using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Streams.Live;

namespace QueueService.Server.Topics.Live;

/// <summary>The events of readers as bytes: those of a topic or of a stream. The id of each says how far its reader has
/// read.</summary>
internal abstract class FeedEvents
{
    /// <summary>Later than the server listens after its farewell: a browser gives up on a refusal, but not on silence.
    /// </summary>
    public const int RetryMilliseconds = 2_000;

    public static readonly ReadOnlyMemory<byte> Heartbeat = ": heartbeat\n\n"u8.ToArray();

    public static readonly ReadOnlyMemory<byte> Drain = "event: drain\ndata: {}\n\n"u8.ToArray();

    /// <summary>What an event is called.</summary>
    protected abstract ReadOnlySpan<byte> Name { get; }

    public static FeedEvents Of(TopicName topic) =>
        topic.Address.Kind == QueueKind.Stream ? StreamEvents.Instance : TopicEvents.Instance;

    public abstract byte[] IdOf(TopicCursor place);

    /// <summary>Messages are missing here: the topic or stream did not keep them until they were asked for.</summary>
    /// <param name="before">How far the reader has read.</param>
    /// <param name="next">Where it goes on.</param>
    /// <param name="lost">How many; null when nobody knows.</param>
    public void WriteGap(JsonOutput output, TopicCursor before, TopicCursor next, long? lost)
    {
        output.BeginEvent("gap"u8, IdOf(next)).Raw("{"u8);
        if (lost is { } count)
        {
            output.Raw("\"lost\":"u8).Number(count);
            WriteGaps(output, before, next);
        }

        output.Raw("}"u8).EndEvent();
    }

    /// <summary>Comes first: a reader that loses its connection before the first event goes on here, too.</summary>
    public void WriteHello(JsonOutput output, TopicCursor place)
    {
        output.Retry(RetryMilliseconds);
        output.Truncate(output.Length - 1);
        output.Raw(Id(place).Span);
    }

    /// <summary>A block with nothing but an id: no event, but the reader's last id moves.</summary>
    public ReadOnlyMemory<byte> Id(TopicCursor place) =>
        Encoding.ASCII.GetBytes($"id: {Encoding.ASCII.GetString(IdOf(place))}\n\n");

    /// <param name="after">How far the reader has read with this message.</param>
    public void WriteMessage(JsonOutput output, TopicCursor after, in MessageView message)
    {
        output.BeginEvent(Name, IdOf(after));
        WriteBody(output, in message);
        output.EndEvent();
    }

    public static void WriteProblem(JsonOutput output, Problem problem)
    {
        output.BeginEvent("problem"u8, default);
        problem.WriteJson(output);
        output.EndEvent();
    }

    /// <summary>The same event for a reader who has read other messages before it than the feed, or for one of the few
    /// readers of a message that was not encoded for all.</summary>
    public byte[] WithId(FeedEvent message, TopicCursor place)
    {
        if (message.Frame is null)
        {
            JsonOutput output = JsonOutput.Rent();
            WriteMessage(output, place, message.Message!.View);
            byte[] frame = output.Written.ToArray();
            output.Return();
            return frame;
        }

        ReadOnlySpan<byte> rest = message.Frame.AsSpan();
        rest = rest[rest.IndexOf("\ndata: "u8)..];
        return [.. "event: "u8, .. Name, .. "\nid: "u8, .. IdOf(place), .. rest];
    }

    protected abstract void WriteBody(JsonOutput output, in MessageView message);

    /// <summary>Says more about what is missing, with a comma in front.</summary>
    protected virtual void WriteGaps(JsonOutput output, TopicCursor before, TopicCursor next)
    {
    }
}
