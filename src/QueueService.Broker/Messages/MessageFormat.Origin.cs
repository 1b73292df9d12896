using System.Buffers;
using System.Buffers.Binary;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Messages;

/// <summary>The header of a message that came from another queue.</summary>
internal static partial class MessageFormat
{
    /// <summary>Version 1 had no redrive count, version 2 no earlier receives.</summary>
    private const ulong OriginVersion = 3;

    public static bool HasOrigin(ReadOnlySpan<byte> message) => (message[1] & OriginFlag) != 0;

    /// <summary>Null for a message that was sent to the queue in which it is.</summary>
    public static MessageOrigin? ReadOrigin(ReadOnlySpan<byte> message)
    {
        if (!HasOrigin(message)) return null;
        ReadOnlySpan<byte> field = message[(MinHeaderBytes + sizeof(uint))..];
        var reader = new SpanReader(field.Slice(FieldHeaderBytes, BinaryPrimitives.ReadInt32LittleEndian(field[4..])));
        ulong version = reader.ReadVarint();
        return new MessageOrigin
        {
            Id = new MessageId((uint)reader.ReadVarint(), (long)reader.ReadVarint()),
            SentAt = (long)reader.ReadVarint(),
            RetentionFrom = (long)reader.ReadVarint(),
            SourceQueue = reader.ReadText(),
            Reason = reader.ReadText(),
            ReceiveCount = (int)reader.ReadVarint(),
            FirstFailedAt = (long)reader.ReadVarint(),
            LastFailedAt = (long)reader.ReadVarint(),
            RedriveCount = version > 1 ? (int)reader.ReadVarint() : 0,
            EarlierReceives = version > 2 ? (int)reader.ReadVarint() : 0,
        };
    }

    /// <summary>The message with this origin, in place of the one that it may have.</summary>
    public static void Rewrite(IBufferWriter<byte> output, ReadOnlySpan<byte> message, MessageOrigin origin)
    {
        var value = new ArrayBufferWriter<byte>(128);
        value.WriteVarint(OriginVersion);
        value.WriteVarint(origin.Id.Queue);
        value.WriteVarint((ulong)origin.Id.SequenceNumber);
        value.WriteVarint((ulong)origin.SentAt);
        value.WriteVarint((ulong)origin.RetentionFrom);
        value.WriteText(origin.SourceQueue);
        value.WriteText(origin.Reason);
        value.WriteVarint((ulong)origin.ReceiveCount);
        value.WriteVarint((ulong)origin.FirstFailedAt);
        value.WriteVarint((ulong)origin.LastFailedAt);
        value.WriteVarint((ulong)origin.RedriveCount);
        value.WriteVarint((ulong)origin.EarlierReceives);

        ReadOnlySpan<byte> fields = OtherFields(message);
        Span<byte> head = output.GetSpan(MinHeaderBytes + sizeof(uint) + FieldHeaderBytes);
        head[0] = Version;
        head[1] = (byte)(message[1] | HeadersFlag | OriginFlag);
        BinaryPrimitives.WriteInt32LittleEndian(
            head[MinHeaderBytes..], FieldHeaderBytes + value.WrittenCount + fields.Length);
        Span<byte> field = head.Slice(MinHeaderBytes + sizeof(uint), FieldHeaderBytes);
        field.Clear();
        field[0] = (byte)Field.Origin;
        BinaryPrimitives.WriteInt32LittleEndian(field[4..], value.WrittenCount);
        output.Advance(MinHeaderBytes + sizeof(uint) + FieldHeaderBytes);
        output.Write(value.WrittenSpan);
        output.Write(fields);
        output.Write(Body(message));
    }

    private static ReadOnlySpan<byte> OtherFields(ReadOnlySpan<byte> message)
    {
        if (!HasHeaders(message)) return [];
        ReadOnlySpan<byte> fields = message.Slice(
            MinHeaderBytes + sizeof(uint), BinaryPrimitives.ReadInt32LittleEndian(message[MinHeaderBytes..]));
        return HasOrigin(message)
            ? fields[(FieldHeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(fields[4..]))..]
            : fields;
    }
}
