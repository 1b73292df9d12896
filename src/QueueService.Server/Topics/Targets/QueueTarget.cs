using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Targets;

/// <summary>`{"type":"queue","queue":"jobs"}`: the messages are copied to a queue.</summary>
internal static class QueueTarget
{
    private static readonly FieldNames Fields = new("type", "queue");

    public static readonly TargetType Type = new("queue", SubscriptionTarget.Queue, Read, Write)
    {
        Unused = ["visibilityTimeoutSeconds", "receiveWaitSeconds", "retryPolicy", "redrivePolicy"],
    };

    private static Func<SubscriptionConfig, SubscriptionConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        string? queue = null;
        bool given = false;
        PolicyObject fields = new(TargetJson.Pointer, Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (fields.Index == 0 || json.TokenType == JsonTokenType.Null) continue;
            queue = fields.Name(ref json, ref problem);
            given = true;
        }

        if (!given) Problem.Blame(ref problem, TargetJson.Pointer + "/queue", "is required: the name of a queue.");
        return queue is null
            ? null
            : subscription => subscription with { Target = SubscriptionTarget.Queue, Destination = queue };
    }

    private static void Write(JsonOutput output, SubscriptionConfig subscription) =>
        output.Raw(",\"queue\":"u8).Text(subscription.Destination);
}
