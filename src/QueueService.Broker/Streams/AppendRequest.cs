using QueueService.Broker.Queues;

namespace QueueService.Broker.Streams;

/// <summary>Who appends, when retries are to be recognised.</summary>
/// <param name="Id">1 to 128 printable characters.</param>
/// <param name="Epoch">Raised by a producer that takes over from an older process of the same id.</param>
/// <param name="Sequence">0 for the first request of an epoch, and one more for each further one.</param>
public sealed record ProducerState(string Id, long Epoch, long Sequence);

/// <summary>What an append did.</summary>
/// <param name="Timestamp">Of all its records, Unix milliseconds.</param>
public readonly record struct AppendOutcome(long Timestamp, Durability Durability)
{
    /// <summary>The producer had sent this request before: nothing was appended now.</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>Of a partial batch: one for each record, None for those that were appended; null when all
    /// were.</summary>
    public IReadOnlyList<BrokerError>? Errors { get; init; }

    /// <summary>With ProducerFenced: the epoch that is valid. With ProducerSequenceGap: the sequence that is expected.
    /// With KeyRequired: the place of the record in the batch.</summary>
    public long Expected { get; init; }

    /// <summary>Why nothing was appended, when more is to be said about it than the error.</summary>
    public BrokerError Refused { get; init; }
}
