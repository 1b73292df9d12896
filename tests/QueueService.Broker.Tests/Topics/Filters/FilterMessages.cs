using System.Text;
using System.Text.Json;
using QueueService.Broker.Messages;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>Messages and filters for tests, from JSON.</summary>
internal static class FilterMessages
{
    /// <param name="json">An object: what its values are, the attributes are; an object is a binary one.</param>
    public static byte[] WithAttributes(string json)
    {
        using var document = JsonDocument.Parse(json);
        List<MessageAttribute> attributes = [];
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
            attributes.Add(Attribute(field.Name, field.Value));
        return Written(new MessageHeaders { Attributes = attributes }, []);
    }

    public static byte[] WithBody(string body) => Written(MessageHeaders.None, Encoding.UTF8.GetBytes(body));

    public static byte[] WithKey(string? key) => Written(new MessageHeaders { RoutingKey = key }, []);

    public static byte[] Written(MessageHeaders headers, byte[] body)
    {
        byte[] message = new byte[MessageFormat.Measure(headers, body.Length)];
        MessageFormat.Write(message, headers, body);
        return message;
    }

    public static SubscriptionFilter Filter(string json, NumberMatching numbers = NumberMatching.NumbersInStrings)
    {
        SubscriptionFilter? filter =
            SubscriptionFilter.Parse(Encoding.UTF8.GetBytes(json), numbers, out IReadOnlyList<FilterProblem> problems);
        return filter ?? throw new ArgumentException(json + ": " + string.Join("; ", problems));
    }

    public static SubscriptionFilter OfPolicy(string policy, string scope = "attributes") =>
        Filter($$"""{"scope":"{{scope}}","policy":{{policy}}}""");

    /// <summary>By the filter alone and by an index that has only this one, which must agree.</summary>
    public static bool Matches(SubscriptionFilter filter, byte[] message)
    {
        FilterIndex index = new();
        index.Add(7, filter);
        List<uint> ids = [];
        index.Match(message, ids);
        bool alone = new FilterEvaluation(filter).Matches(message);
        Assert.Equal(alone ? [7] : [], ids);
        return alone;
    }

    private static MessageAttribute Attribute(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => new(name, AttributeKind.String, value.GetString()!),
        JsonValueKind.Number => new(name, AttributeKind.Number, value.GetRawText()),
        JsonValueKind.True or JsonValueKind.False => new(name, AttributeKind.Boolean, value.GetRawText()),
        JsonValueKind.Array => new(name, AttributeKind.StringArray, value.GetRawText()),
        _ => new(name, AttributeKind.Binary, "AAAA"),
    };
}
