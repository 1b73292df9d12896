using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Targets;

/// <summary>`{"type":"stream","stream":"clicks"}`: the messages are copied to a stream.</summary>
internal static class StreamTarget
{
    private static readonly FieldNames Fields = new("type", "stream");

    public static readonly TargetType Type = new("stream", SubscriptionTarget.Stream, Read, Write)
    {
        Unused = ["visibilityTimeoutSeconds", "receiveWaitSeconds", "retryPolicy", "redrivePolicy"],
    };

    private static Func<SubscriptionConfig, SubscriptionConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        string? stream = null;
        bool given = false;
        PolicyObject fields = new(TargetJson.Pointer, Fields);
        while (fields.Next(ref json, ref problem))
        {
            if (fields.Index == 0 || json.TokenType == JsonTokenType.Null) continue;
            stream = fields.Name(ref json, ref problem);
            given = true;
        }

        if (!given) Problem.Blame(ref problem, TargetJson.Pointer + "/stream", "is required: the name of a stream.");
        return stream is null
            ? null
            : subscription => subscription with { Target = SubscriptionTarget.Stream, Destination = stream };
    }

    private static void Write(JsonOutput output, SubscriptionConfig subscription) =>
        output.Raw(",\"stream\":"u8).Text(subscription.Destination);
}
