namespace QueueService.Broker.Topics.Filters;

/// <summary>The filters of a topic, found by what a message has instead of one after the other. For one thread at a time:
/// matching uses memory of the index.</summary>
internal sealed class FilterIndex
{
    /// <summary>Filters in it.</summary>
    public int Count { get; private set; }

    /// <param name="id">Of the caller's choice; not in the index yet.</param>
    public void Add(uint id, SubscriptionFilter filter) => throw new NotSupportedException($"{id} {filter.Scope} {Count++}");

    /// <returns>False when there was none.</returns>
    public bool Remove(uint id) => throw new NotSupportedException($"{id} {Count--}");

    /// <summary>Appends the ids of all filters that match, in rising order.</summary>
    /// <param name="message">In the form in which the log keeps it.</param>
    public void Match(ReadOnlySpan<byte> message, List<uint> matching) =>
        throw new NotSupportedException($"{message.Length} {matching.Count} {Count}");
}
