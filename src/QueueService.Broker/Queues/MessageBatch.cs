using System.Buffers;
using QueueService.Broker.Messages;

namespace QueueService.Broker.Queues;

/// <summary>
/// Messages on their way in, already in the form in which the log keeps them, in one pooled buffer. The broker takes
/// the batch over when it is sent; dispose it only when it never was.
/// </summary>
public sealed class MessageBatch : IDisposable
{
    private const int MaxIdle = 256;

    /// <summary>Larger buffers are not kept: a burst of large messages must not stay in memory.</summary>
    private const int MaxIdleBytes = 256 << 10;

    private static readonly Stack<MessageBatch> Idle = new();
    private static readonly Lock Gate = new();

    private byte[] _buffer = [];
    private Entry[] _entries = new Entry[1];

    private MessageBatch()
    {
    }

    /// <summary>Accept what is acceptable and report the rest per message, instead of all or nothing.</summary>
    public bool Partial { get; set; }

    public int Count { get; private set; }

    /// <summary>Bytes of all bodies and headers so far.</summary>
    public int Bytes { get; private set; }

    /// <summary>Takes a batch from the pool.</summary>
    public static MessageBatch Rent()
    {
        lock (Gate)
        {
            if (Idle.TryPop(out MessageBatch? batch)) return batch;
        }

        return new MessageBatch();
    }

    /// <summary>Copies one message in.</summary>
    /// <param name="delayMilliseconds">0 to a year; null takes the queue's default.</param>
    /// <param name="deliverAt">Instead of a delay: Unix milliseconds, at most a year ahead; a past one is now.</param>
    public void Add(
        MessageHeaders headers, ReadOnlySpan<byte> body, long? delayMilliseconds = null, long? deliverAt = null)
    {
        int bytes = MessageFormat.Measure(headers, body.Length);
        if (Bytes + bytes > _buffer.Length) Grow(Bytes + bytes);
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 4);
        MessageFormat.Write(_buffer.AsSpan(Bytes, bytes), headers, body);
        _entries[Count++] = new Entry(Bytes, bytes, body.Length, delayMilliseconds ?? -1, deliverAt);
        Bytes += bytes;
    }

    /// <summary>Copies a message of another queue in.</summary>
    internal void AddMoved(ReadOnlySpan<byte> message, MessageOrigin origin)
    {
        var output = new ArrayBufferWriter<byte>(message.Length + 256);
        MessageFormat.Rewrite(output, message, origin);
        int bytes = output.WrittenCount;
        if (Bytes + bytes > _buffer.Length) Grow(Bytes + bytes);
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 4);
        output.WrittenSpan.CopyTo(_buffer.AsSpan(Bytes));
        _entries[Count++] = new Entry(Bytes, bytes, MessageFormat.Body(message).Length, 0, null);
        Bytes += bytes;
    }

    /// <summary>Copies one message in that keeps its time of sending and counts its retention from another
    /// one.</summary>
    /// <param name="sentAt">Unix milliseconds, like <paramref name="retentionFrom"/>.</param>
    public void AddImported(MessageHeaders headers, ReadOnlySpan<byte> body, long sentAt, long retentionFrom)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(MessageFormat.Measure(headers, body.Length));
        Span<byte> bytes = message.AsSpan(0, MessageFormat.Measure(headers, body.Length));
        MessageFormat.Write(bytes, headers, body);
        AddMoved(bytes, new MessageOrigin
        {
            Id = default,
            SentAt = sentAt,
            RetentionFrom = retentionFrom,
            SourceQueue = "",
            Reason = "",
            ReceiveCount = 0,
            FirstFailedAt = 0,
            LastFailedAt = 0,
        });
        ArrayPool<byte>.Shared.Return(message);
    }

    public void Dispose()
    {
        Count = 0;
        Bytes = 0;
        Partial = false;
        if (_buffer.Length > MaxIdleBytes)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }

        lock (Gate)
        {
            if (Idle.Count < MaxIdle) Idle.Push(this);
        }
    }

    internal ReadOnlySpan<byte> Message(int index) =>
        _buffer.AsSpan(_entries[index].Start, _entries[index].Length);

    internal int BodyBytes(int index) => _entries[index].Body;

    /// <summary>Negative when the queue's default applies.</summary>
    internal long Delay(int index) => _entries[index].Delay;

    internal long? DeliverAt(int index) => _entries[index].DeliverAt;

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(_buffer.Length * 2, 1024)));
        _buffer.AsSpan(0, Bytes).CopyTo(larger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private readonly record struct Entry(int Start, int Length, int Body, long Delay, long? DeliverAt);
}
