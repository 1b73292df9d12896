using System.Text.Json;
using QueueService.Broker.Topics;
using QueueService.Server.Http;

namespace QueueService.Server.Topics.Targets;

/// <summary>A kind of target of a subscription.</summary>
/// <param name="Read">Reads the object from its beginning; answers what it changes, or null when it is not valid.
/// </param>
/// <param name="Write">Writes the fields beside `type`, each with a comma in front.</param>
internal sealed record TargetType(
    string Name, SubscriptionTarget Target, TargetReader Read, Action<JsonOutput, SubscriptionConfig> Write)
{
    /// <summary>Fields of a subscription that have no effect with this target, and are refused.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];
}

internal delegate Func<SubscriptionConfig, SubscriptionConfig>? TargetReader(
    ref Utf8JsonReader json, ref Problem? problem);
