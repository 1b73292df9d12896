using System.Buffers.Binary;

namespace QueueService.Broker.Queues;

/// <summary>
/// The payload of <see cref="QueueRecord.SentTo"/>: a message with its lane and what else had to be decided about it.
/// <code>
///   0  u8 lane   1  u8 flags: 1 delayed, 2 deduplicated, 4 moved from another queue,
///      8 with a time to live
/// [ …  i64 visible at, when delayed ]
/// [ …  i64 expires at, with a time to live ]
/// [ …  16 bytes of deduplication key ]
///   …  message, to the end
/// </code>
/// </summary>
internal readonly ref struct SentTo
{
    private const int DelayedFlag = 1;
    private const int KeyFlag = 2;
    private const int MovedFlag = 4;
    private const int ExpiryFlag = 8;
    private const int HeadBytes = 2;
    private const int KeyBytes = 16;

    public SentTo(ReadOnlySpan<byte> payload)
    {
        Lane = payload[0];
        byte flags = payload[1];
        payload = payload[HeadBytes..];
        IsMoved = (flags & MovedFlag) != 0;
        HasKey = (flags & KeyFlag) != 0;
        if ((flags & DelayedFlag) != 0)
        {
            VisibleAt = BinaryPrimitives.ReadInt64LittleEndian(payload);
            payload = payload[sizeof(long)..];
        }

        if ((flags & ExpiryFlag) != 0)
        {
            ExpiresAt = BinaryPrimitives.ReadInt64LittleEndian(payload);
            payload = payload[sizeof(long)..];
        }

        if (HasKey)
        {
            Key = BinaryPrimitives.ReadUInt128LittleEndian(payload);
            payload = payload[KeyBytes..];
        }

        Message = payload;
    }

    public int Lane { get; init; }

    /// <summary>0 when it is not delayed.</summary>
    public long VisibleAt { get; init; }

    /// <summary>0 when it has no time to live.</summary>
    public long ExpiresAt { get; init; }

    public bool HasKey { get; init; }

    public UInt128 Key { get; init; }

    public bool IsMoved { get; init; }

    public ReadOnlySpan<byte> Message { get; init; }

    public int Bytes =>
        HeadBytes + (VisibleAt > 0 ? sizeof(long) : 0) + (ExpiresAt > 0 ? sizeof(long) : 0)
        + (HasKey ? KeyBytes : 0) + Message.Length;

    public void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)Lane;
        bytes[1] = (byte)((VisibleAt > 0 ? DelayedFlag : 0) | (HasKey ? KeyFlag : 0) | (IsMoved ? MovedFlag : 0)
            | (ExpiresAt > 0 ? ExpiryFlag : 0));
        bytes = bytes[HeadBytes..];
        if (VisibleAt > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, VisibleAt);
            bytes = bytes[sizeof(long)..];
        }

        if (ExpiresAt > 0)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, ExpiresAt);
            bytes = bytes[sizeof(long)..];
        }

        if (HasKey)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, Key);
            bytes = bytes[KeyBytes..];
        }

        Message.CopyTo(bytes);
    }
}
