using System.Text;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Live;

/// <summary>The events of a topic's readers.</summary>
internal sealed class TopicEvents : FeedEvents
{
    public static readonly TopicEvents Instance = new();

    private TopicEvents()
    {
    }

    protected override ReadOnlySpan<byte> Name => "message"u8;

    public override byte[] IdOf(TopicCursor place) => Encoding.ASCII.GetBytes(place.ToString());

    protected override void WriteBody(JsonOutput output, in MessageView message) =>
        MessageJson.WriteReceived(output, in message);
}
