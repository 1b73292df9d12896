using System.Text;
using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics.Filters;
using QueueService.Server.Http;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

/// <summary>The filter of a subscription as JSON.</summary>
internal static class FilterJson
{
    private const string Pointer = "/filter";

    /// <summary>The filter as a field of the definition: replaced as a whole.</summary>
    public static readonly QueuePolicy Field =
        new("filter", "Filter", Read, Write, static config => Filtered(config, ""))
        {
            IsOptional = true,
            Description =
                "Which messages of the topic it gets: those whose attributes or body match the `policy`, which " +
                "is in the language of SNS's filter policies, and whose routing key matches `routingKey`, an AMQP " +
                "pattern. Default: all.",
        };

    private static Func<QueueConfig, QueueConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        using JsonDocument document = JsonDocument.ParseValue(ref json);
        SubscriptionFilter? filter = SubscriptionFilter.Parse(
            document.RootElement, NumberMatching.NumbersInStrings, out IReadOnlyList<FilterProblem> wrong);
        if (filter?.Json.Length > FilterLimits.FilterBytes)
            Problem.Blame(ref problem, Pointer, $"must be at most {FilterLimits.FilterBytes} bytes of JSON.");
        foreach (FilterProblem part in wrong) Problem.Blame(ref problem, Pointer + part.Pointer, part.Message);
        if (filter is null || problem is not null) return null;
        string text = filter.MatchesAll ? "" : Encoding.UTF8.GetString(filter.Json.Span);
        return config => Filtered(config, text);
    }

    private static QueueConfig Filtered(QueueConfig config, string filter) =>
        config with { Subscription = config.Subscription! with { Filter = filter } };

    private static bool Write(JsonOutput output, QueueConfig config)
    {
        if (config.Subscription!.Filter.Length == 0) return false;
        output.Raw(Encoding.UTF8.GetBytes(config.Subscription.Filter));
        return true;
    }
}
