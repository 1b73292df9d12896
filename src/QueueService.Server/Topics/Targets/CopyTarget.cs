using System.Text;
using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics.Targets;

/// <summary>`{"type":"queue","queue":"jobs"}` and `{"type":"stream","stream":"clicks"}`: the messages are copied there.
/// </summary>
internal static class CopyTarget
{
    public static readonly TargetType Queue = Create("queue", SubscriptionTarget.Queue);

    public static readonly TargetType Stream = Create("stream", SubscriptionTarget.Stream);

    /// <param name="name">Of the type, and of the field that names the destination.</param>
    private static TargetType Create(string name, SubscriptionTarget target)
    {
        FieldNames fields = new("type", name);
        byte[] field = Encoding.ASCII.GetBytes($",\"{name}\":");
        return new TargetType(
            name, target,
            (ref Utf8JsonReader json, ref Problem? problem) =>
                Read(ref json, fields, name, ref problem) is { } destination
                ? subscription => subscription with { Target = target, Destination = destination }
                : null,
            (output, subscription) => output.Raw(field).Text(subscription.Destination))
        {
            Unused = ["visibilityTimeoutSeconds", "receiveWaitSeconds", "retryPolicy", "redrivePolicy"],
        };
    }

    private static string? Read(ref Utf8JsonReader json, FieldNames names, string name, ref Problem? problem)
    {
        string? destination = null;
        bool given = false;
        PolicyObject fields = new(TargetJson.Pointer, names);
        while (fields.Next(ref json, ref problem))
        {
            if (fields.Index == 0 || json.TokenType == JsonTokenType.Null) continue;
            destination = fields.Name(ref json, ref problem);
            given = true;
        }

        if (!given) Problem.Blame(ref problem, $"{TargetJson.Pointer}/{name}", $"is required: the name of a {name}.");
        return destination;
    }
}
