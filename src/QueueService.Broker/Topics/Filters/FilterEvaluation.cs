namespace QueueService.Broker.Topics.Filters;

/// <summary>One filter alone, for a reader that has its own. For one thread at a time.</summary>
internal sealed class FilterEvaluation(SubscriptionFilter filter)
{
    public bool Matches(ReadOnlySpan<byte> message) =>
        throw new NotSupportedException($"{message.Length} {filter.Scope}");
}
