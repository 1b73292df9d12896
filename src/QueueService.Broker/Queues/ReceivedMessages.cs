using QueueService.Broker.Messages;

namespace QueueService.Broker.Queues;

/// <summary>
/// Messages on their way out: leased by a receive, or seen by a browse. Bodies stay in the log's memory, or on disk,
/// until they are read, so dispose it when the reply is written.
/// </summary>
public sealed class ReceivedMessages : IDisposable
{
    public int Count => throw new NotSupportedException();

    public Durability Durability => throw new NotSupportedException();

    /// <summary>Outcomes of <see cref="ReceiveRequest.Acknowledge"/>, in order; null when none were given.</summary>
    public BrokerError[]? Acknowledged => throw new NotSupportedException();

    /// <summary>Browse only: where the next page starts; null at the end of the queue.</summary>
    public long? Next => throw new NotSupportedException();

    /// <summary>Reads the n-th message. The view is valid until the next call. Answers false when the message is no
    /// longer there (purged meanwhile) or damaged on disk: leave it out.</summary>
    public bool TryRead(int n, out MessageView message) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}

/// <summary>One message, as it lies in memory. Instants are Unix milliseconds.</summary>
public readonly ref struct MessageView
{
    public MessageId Id { get; init; }

    /// <summary>Default for a browsed message and for one acknowledged on receipt.</summary>
    public ReceiptHandle Receipt { get; init; }

    public MessageState State { get; init; }

    public int ReceiveCount { get; init; }

    public long SentAt { get; init; }

    /// <summary>0 when never received.</summary>
    public long FirstReceivedAt { get; init; }

    /// <summary>When the lease or the delay ends; 0 when it is available.</summary>
    public long VisibleAt { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>The body is valid UTF-8 (checked when it was sent).</summary>
    public bool BodyIsText { get; init; }

    /// <summary>True when <see cref="ReadHeaders"/> has more to say than the content type.</summary>
    public bool HasHeaders { get; init; }

    /// <summary>Never null: the given one, or text/plain or application/octet-stream. No allocation for usual types.
    /// </summary>
    public string ContentType => throw new NotSupportedException();

    /// <summary>Decodes the headers; allocates.</summary>
    public MessageHeaders ReadHeaders() => throw new NotSupportedException();
}
