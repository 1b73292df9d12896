using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Topics.Live;

namespace QueueService.Server.Streams.Live;

/// <summary>The events of a stream's readers.</summary>
internal sealed class StreamEvents : FeedEvents
{
    public static readonly StreamEvents Instance = new();

    private StreamEvents()
    {
    }

    protected override ReadOnlySpan<byte> Name => "record"u8;

    public override byte[] IdOf(TopicCursor place) => OffsetVector.Format(place);

    protected override void WriteBody(JsonOutput output, in MessageView message) =>
        RecordJson.Write(output, in message);

    protected override void WriteGaps(JsonOutput output, TopicCursor before, TopicCursor next)
    {
        output.Raw(",\"partitions\":["u8);
        bool first = true;
        foreach ((int partition, long to) in next.Places)
        {
            long from = before.OffsetIn(partition) ?? 0;
            if (from >= to) continue;
            output.Raw(first ? "{\"partition\":"u8 : ",{\"partition\":"u8).Number(partition)
                .Raw(",\"from\":"u8).Number(from).Raw(",\"to\":"u8).Number(to).Raw("}"u8);
            first = false;
        }

        output.Raw("]"u8);
    }
}
