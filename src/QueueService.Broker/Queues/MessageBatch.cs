using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Streams;

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
    public void Add(MessageHeaders headers, ReadOnlySpan<byte> body, in SendOptions options = default)
    {
        int bytes = MessageFormat.Measure(headers, body.Length);
        if (Bytes + bytes > _buffer.Length) Grow(Bytes + bytes);
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 4);
        Span<byte> message = _buffer.AsSpan(Bytes, bytes);
        MessageFormat.Write(message, headers, body);
        _entries[Count++] = new Entry(Bytes, bytes, body.Length, options)
        {
            Group = headers.GroupId is null ? null : MessageFormat.GroupHash(message),
            Key = headers.DeduplicationId is { } id ? KeyOf(Encoding.UTF8.GetBytes(id)) : null,
            PartitionHash = headers.Key is null ? null : Partitioner.Hash(MessageFormat.Key(message)),
        };
        Bytes += bytes;
    }

    /// <summary>Copies a message of another queue in.</summary>
    /// <param name="priority">That it had there.</param>
    internal void AddMoved(ReadOnlySpan<byte> message, MessageOrigin origin, int priority)
    {
        var output = new ArrayBufferWriter<byte>(message.Length + 256);
        MessageFormat.Rewrite(output, message, origin);
        ulong group = MessageFormat.GroupHash(message);
        int bytes = output.WrittenCount;
        if (Bytes + bytes > _buffer.Length) Grow(Bytes + bytes);
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 4);
        output.WrittenSpan.CopyTo(_buffer.AsSpan(Bytes));
        _entries[Count++] = new Entry(
            Bytes, bytes, MessageFormat.Body(message).Length,
            new SendOptions { DelayMilliseconds = 0, Priority = priority })
        {
            Group = group == MessageFormat.NoGroupHash ? null : group,
        };
        Bytes += bytes;
    }

    /// <summary>Copies a message of a topic in, unless its form says that there is no copy.</summary>
    /// <param name="form">Null: as it is.</param>
    internal bool TryAddCopy(in MessageView message, CopyForm? form)
    {
        if (form is not null)
        {
            var body = new ArrayBufferWriter<byte>(message.Body.Length + 512);
            MessageHeaders? headers = form(message, body);
            if (headers is not null) Add(headers, body.WrittenSpan);
            return headers is not null;
        }

        ReadOnlySpan<byte> bytes = message.Raw;
        if (Bytes + bytes.Length > _buffer.Length) Grow(Bytes + bytes.Length);
        if (Count == _entries.Length) Array.Resize(ref _entries, Count * 4);
        bytes.CopyTo(_buffer.AsSpan(Bytes));
        ulong group = MessageFormat.GroupHash(bytes);
        _entries[Count++] = new Entry(Bytes, bytes.Length, message.Body.Length, default)
        {
            Group = group == MessageFormat.NoGroupHash ? null : group,
        };
        Bytes += bytes.Length;
        return true;
    }

    /// <summary>Copies one message in that keeps its time of sending and counts its retention from another
    /// one.</summary>
    /// <param name="sentAt">Unix milliseconds, like <paramref name="retentionFrom"/>.</param>
    public void AddImported(
        MessageHeaders headers, ReadOnlySpan<byte> body, long sentAt, long retentionFrom, int priority)
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
        }, priority);
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

    internal SendOptions Options(int index) => _entries[index].Options;

    /// <summary>Of a record's key; null when it has none.</summary>
    internal int? PartitionHash(int index) => _entries[index].PartitionHash;

    /// <summary>After an append: where the n-th record is.</summary>
    public (int Partition, long Offset) PlaceOf(int index) => (_entries[index].Partition, _entries[index].Offset);

    internal void Place(int index, int partition, long offset)
    {
        _entries[index].Partition = partition;
        _entries[index].Offset = offset;
    }

    /// <summary>The hash of the message group; null when the message has none.</summary>
    internal ulong? Group(int index) => _entries[index].Group;

    /// <summary>The deduplication key; null when the message has no id and its body was not hashed.</summary>
    internal UInt128? Key(int index) => _entries[index].Key;

    /// <summary>Gives messages without a deduplication id the SHA-256 of their bodies for one. The slow part of a send
    /// to a queue that deduplicates by content, so it is done before the message gets to the loop.</summary>
    internal void HashBodies()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> id = stackalloc byte[2 * SHA256.HashSizeInBytes];
        for (int i = 0; i < Count; i++)
        {
            if (_entries[i].Key is not null) continue;
            SHA256.HashData(MessageFormat.Body(Message(i)), hash);
            Convert.TryToHexStringLower(hash, id, out _);
            _entries[i].Key = KeyOf(id);
        }
    }

    /// <summary>Of the messages and their options: another content has another one. Not of their traces, which are new
    /// in each attempt of a client that repeats a request.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < Count; i++)
        {
            SendOptions options = _entries[i].Options;
            ReadOnlySpan<byte> message = WithoutTrace(Message(i));
            hash.AppendData(Encoding.ASCII.GetBytes(
                $"{options.DelayMilliseconds}|{options.DeliverAt}|{options.TtlMilliseconds}|{options.Priority}|" +
                $"{options.Partition}|" +
                $"{message.Length}|"));
            hash.AppendData(message);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>128 bits of SHA-256: nobody can make two ids that are taken for one.</summary>
    internal static UInt128 KeyOf(ReadOnlySpan<byte> id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private static ReadOnlySpan<byte> WithoutTrace(ReadOnlySpan<byte> message)
    {
        if (!MessageFormat.HasHeaders(message)) return message;
        MessageHeaders headers = MessageFormat.ReadHeaders(message);
        if (headers.TraceParent is null) return message;
        headers = headers with { TraceParent = null, TraceState = null };
        ReadOnlySpan<byte> body = MessageFormat.Body(message);
        byte[] bytes = new byte[MessageFormat.Measure(headers, body.Length)];
        MessageFormat.Write(bytes, headers, body);
        return bytes;
    }

    private void Grow(int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(_buffer.Length * 2, 1024)));
        _buffer.AsSpan(0, Bytes).CopyTo(larger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private record struct Entry(int Start, int Length, int Body, SendOptions Options)
    {
        public ulong? Group { get; init; }

        public UInt128? Key { get; set; }

        public int? PartitionHash { get; init; }

        public int Partition { get; set; }

        public long Offset { get; set; }
    }
}

/// <summary>When and in which order a message is handed out.</summary>
public readonly record struct SendOptions
{
    /// <summary>0 to a year; null takes the queue's default.</summary>
    public long? DelayMilliseconds { get; init; }

    /// <summary>Instead of a delay: Unix milliseconds, at most a year ahead; a past one is now.</summary>
    public long? DeliverAt { get; init; }

    /// <summary>Null: until the retention ends. Counts from the send, and must be longer than the delay.</summary>
    public long? TtlMilliseconds { get; init; }

    /// <summary>0 to 9; the highest is handed out first. Standard queues only.</summary>
    public int Priority { get; init; }

    /// <summary>Of a record of a stream: 0 to the number of partitions - 1; null when its key decides, or nothing.
    /// </summary>
    public int? Partition { get; init; }

    internal bool IsPlain => DelayMilliseconds is null && DeliverAt is null && TtlMilliseconds is null && Priority == 0;
}
