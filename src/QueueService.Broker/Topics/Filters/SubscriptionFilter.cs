using System.Buffers;
using System.Text.Json;

namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// Which messages of a topic a subscription wants: `{"scope": "attributes" | "body", "policy": {…}, "routingKey":
/// "order.*.created"}`. The policy is in the language of SNS's filter policies, the routing key an AMQP topic pattern;
/// a message must match both where both are given. Immutable.
/// </summary>
public sealed class SubscriptionFilter
{
    private SubscriptionFilter()
    {
    }

    /// <summary>What <see cref="Policy"/> is about.</summary>
    public FilterScope Scope { get; private init; }

    public NumberMatching Numbers { get; private init; }

    /// <summary>The pattern as it was given; null when every routing key will do.</summary>
    public string? RoutingKey { get; private init; }

    /// <summary>The filter as JSON without white space, its fields in one order: the same filter given twice is the
    /// same bytes, and reading them gives the same filter.</summary>
    public ReadOnlyMemory<byte> Json { get; private init; }

    /// <summary>Nothing is asked: it matches every message.</summary>
    public bool MatchesAll => Policy is null && Pattern is null;

    internal Policy? Policy { get; private init; }

    internal RoutingPattern? Pattern { get; private init; }

    /// <summary>Reads a filter.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="problems">All that is wrong with it; empty when it is read.</param>
    /// <returns>Null when something is wrong.</returns>
    public static SubscriptionFilter? Parse(
        ReadOnlyMemory<byte> json, NumberMatching numbers, out IReadOnlyList<FilterProblem> problems)
    {
        if (json.Length > FilterLimits.FilterBytes)
        {
            problems = [new FilterProblem("", $"must be at most {FilterLimits.FilterBytes} bytes of JSON.")];
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            return Parse(document.RootElement, numbers, out problems);
        }
        catch (JsonException)
        {
            problems = [new FilterProblem("", "is not valid JSON.")];
            return null;
        }
    }

    /// <summary>As <see cref="Parse(ReadOnlyMemory{byte}, NumberMatching, out IReadOnlyList{FilterProblem})"/>, of JSON
    /// that was read already.</summary>
    public static SubscriptionFilter? Parse(
        JsonElement json, NumberMatching numbers, out IReadOnlyList<FilterProblem> problems)
    {
        FilterReader reader = new();
        try
        {
            reader.Read(json);
        }
        catch (InvalidOperationException)
        {
            reader.Problems.Add(new FilterProblem("", "has a string that is not valid Unicode."));
        }

        problems = reader.Problems;
        if (reader.Problems.Count > 0) return null;
        return new SubscriptionFilter
        {
            Scope = reader.Scope,
            Numbers = numbers,
            RoutingKey = reader.RoutingKey,
            Policy = reader.Policy,
            Pattern = reader.RoutingKey is null ? null : new RoutingPattern(reader.RoutingKey),
            Json = Canonical(json, reader),
        };
    }

    private static ReadOnlyMemory<byte> Canonical(JsonElement json, FilterReader reader)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter writer = new(bytes);
        writer.WriteStartObject();
        if (reader.Policy is not null)
        {
            writer.WriteString("scope"u8, reader.Scope == FilterScope.Body ? "body"u8 : "attributes"u8);
            writer.WritePropertyName("policy"u8);
            json.GetProperty("policy"u8).WriteTo(writer);
        }

        if (reader.RoutingKey is not null) writer.WriteString("routingKey"u8, reader.RoutingKey);
        writer.WriteEndObject();
        writer.Flush();
        return bytes.WrittenMemory;
    }
}
