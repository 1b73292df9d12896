using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Targets;

/// <summary>`{"type":"pull"}`: consumers receive and acknowledge the messages.</summary>
internal static class PullTarget
{
    private static readonly FieldNames Fields = new("type");

    public static readonly TargetType Type = new("pull", SubscriptionTarget.Pull, Read, static (_, _) => { })
    {
        Unused = ["format"],
    };

    private static Func<SubscriptionConfig, SubscriptionConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        PolicyObject fields = new(TargetJson.Pointer, Fields);
        while (fields.Next(ref json, ref problem)) json.TrySkip();
        return static subscription => subscription with { Target = SubscriptionTarget.Pull, Destination = "" };
    }
}
