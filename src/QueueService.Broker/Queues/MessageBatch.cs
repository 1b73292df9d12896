using QueueService.Broker.Messages;

namespace QueueService.Broker.Queues;

/// <summary>
/// Messages on their way in, already in the form in which the log keeps them, in one pooled buffer. The broker takes
/// the batch over when it is sent; dispose it only when it never was.
/// </summary>
public sealed class MessageBatch : IDisposable
{
    /// <summary>Accept what is acceptable and report the rest per message, instead of all or nothing.</summary>
    public bool Partial { get; set; }

    public int Count => throw new NotSupportedException();

    /// <summary>Bytes of all bodies and headers so far.</summary>
    public int Bytes => throw new NotSupportedException();

    /// <summary>Takes a batch from the pool.</summary>
    public static MessageBatch Rent() => throw new NotSupportedException();

    /// <summary>Copies one message in.</summary>
    /// <param name="delayMilliseconds">0 to a year; null takes the queue's default.</param>
    public void Add(MessageHeaders headers, ReadOnlySpan<byte> body, long? delayMilliseconds = null) =>
        throw new NotSupportedException();

    public void Dispose()
    {
    }
}
