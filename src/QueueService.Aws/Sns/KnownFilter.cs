using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Aws.Sns;

/// <summary>The filter of a subscription as SNS says it: the policy as it was given, as long as it is the one that the
/// broker has; else, after a change over `/v1`, the broker's in SNS's words. What a routing key asks SNS cannot say.
/// </summary>
internal static class KnownFilter
{
    public const string OfBody = "MessageBody";
    public const string OfAttributes = "MessageAttributes";

    /// <summary>Letters stay as they are: nobody puts them into a page.</summary>
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The subscription with the policy and the scope that hold.</summary>
    /// <param name="filter">Of its definition.</param>
    public static SnsSubscription In(SnsSubscription known, string filter)
    {
        if (filter.Length == 0) return known with { FilterPolicy = null };
        if (known.FilterPolicy is { } given && ToBroker(given, known.FilterPolicyScope, out _) == filter) return known;
        using var document = JsonDocument.Parse(filter);
        bool isPolicy = document.RootElement.TryGetProperty("policy"u8, out JsonElement policy);
        if (!isPolicy || document.RootElement.TryGetProperty("routingKey"u8, out _))
            return known with { FilterPolicy = null, FilterPolicyScope = null, HasOtherFilter = true };
        bool ofBody = document.RootElement.GetProperty("scope"u8).ValueEquals("body"u8);
        return known with { FilterPolicy = Text(policy), FilterPolicyScope = ofBody ? OfBody : OfAttributes };
    }

    /// <summary>A policy as the broker keeps it: empty when it asks nothing, null when it is refused.</summary>
    /// <param name="scope">Null: the attributes.</param>
    public static string? ToBroker(string policy, string? scope, out IReadOnlyList<FilterProblem> problems)
    {
        string place = scope == OfBody ? "body" : "attributes";
        SubscriptionFilter? filter = SubscriptionFilter.Parse(
            Encoding.UTF8.GetBytes($$"""{"scope":"{{place}}","policy":{{policy}}}"""), NumberMatching.NumbersOnly,
            out problems);
        if (filter is null) return null;
        return filter.MatchesAll ? "" : Encoding.UTF8.GetString(filter.Json.Span);
    }

    private static string Text(JsonElement policy)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, Plain)) policy.WriteTo(writer);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
