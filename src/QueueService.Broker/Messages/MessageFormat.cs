using System.Buffers.Binary;
using System.Text;

namespace QueueService.Broker.Messages;

/// <summary>
/// The bytes of a message in the journal and in the log; no other file knows them. Written once, when the request is
/// parsed, and copied as they are from then on.
/// <code>
///   0  u8 version (1)    1  u8 flags: bit 0 body is UTF-8 text, bits 1-3 content type, bit 4 headers follow, bit 5 the
///                           first header is the origin of a message that was moved, bit 6 it has no value: a tombstone
/// [ 2  u32 bytes of headers   6  headers: { u8 kind, u8 attribute kind, u16 name bytes, u32 value bytes, name, value }
/// ]
///   …  body, to the end
/// </code>
/// A message without headers costs two bytes.
/// </summary>
internal static partial class MessageFormat
{
    /// <summary>The hash of no group at all.</summary>
    public static readonly ulong NoGroupHash = HashGroup([]);

    public const int MinHeaderBytes = 2;

    private const byte Version = 1;
    private const byte TextFlag = 1;
    private const byte HeadersFlag = 16;
    private const byte OriginFlag = 32;
    private const byte TombstoneFlag = 64;
    internal const int FieldHeaderBytes = 8;
    private const string TextPlain = "text/plain";
    private const string OctetStream = "application/octet-stream";

    /// <summary>Content types that cost no bytes. The place is the code: append only.</summary>
    private static readonly string?[] KnownTypes =
        [null, TextPlain, OctetStream, "application/json", "text/plain; charset=utf-8", null, null, null];

    private enum Field : byte
    {
        ContentType = 1,
        CorrelationId = 2,
        ReplyTo = 3,
        TraceParent = 4,
        TraceState = 5,
        Attribute = 6,
        Origin = 7,
        GroupId = 8,
        DeduplicationId = 9,
        RoutingKey = 10,
        Key = 11,

        /// <summary>Of the attribute before it.</summary>
        AttributeLabel = 12,
        TraceHeader = 13,
        SenderId = 14,
    }

    public static int Measure(MessageHeaders headers, int body)
    {
        int fields = FieldBytes(headers, CodeOf(headers.ContentType));
        return MinHeaderBytes + (fields > 0 ? sizeof(uint) + fields : 0) + body;
    }

    public static void Write(Span<byte> bytes, MessageHeaders headers, ReadOnlySpan<byte> body)
    {
        int code = CodeOf(headers.ContentType);
        int fields = FieldBytes(headers, code);
        bytes[0] = Version;
        bytes[1] = (byte)((System.Text.Unicode.Utf8.IsValid(body) ? TextFlag : 0) | (code << 1)
            | (fields > 0 ? HeadersFlag : 0) | (headers.IsTombstone ? TombstoneFlag : 0));
        bytes = bytes[MinHeaderBytes..];
        if (fields > 0)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, fields);
            bytes = bytes[sizeof(uint)..];
            if (code == 0) bytes = WriteField(bytes, Field.ContentType, headers.ContentType);
            bytes = WriteField(bytes, Field.Key, headers.Key);
            bytes = WriteField(bytes, Field.GroupId, headers.GroupId);
            bytes = WriteField(bytes, Field.DeduplicationId, headers.DeduplicationId);
            bytes = WriteField(bytes, Field.RoutingKey, headers.RoutingKey);
            bytes = WriteField(bytes, Field.CorrelationId, headers.CorrelationId);
            bytes = WriteField(bytes, Field.ReplyTo, headers.ReplyTo);
            bytes = WriteField(bytes, Field.TraceParent, headers.TraceParent);
            bytes = WriteField(bytes, Field.TraceState, headers.TraceState);
            bytes = WriteField(bytes, Field.TraceHeader, headers.TraceHeader);
            bytes = WriteField(bytes, Field.SenderId, headers.SenderId);
            for (int i = 0; i < headers.Attributes.Count; i++)
            {
                MessageAttribute attribute = headers.Attributes[i];
                bytes = WriteField(bytes, Field.Attribute, attribute.Text, attribute.Name, attribute.Kind);
                bytes = WriteField(bytes, Field.AttributeLabel, attribute.Label);
            }
        }

        body.CopyTo(bytes);
    }

    public static bool IsText(ReadOnlySpan<byte> message) => (message[1] & TextFlag) != 0;

    public static bool IsTombstone(ReadOnlySpan<byte> message) => (message[1] & TombstoneFlag) != 0;

    public static bool HasHeaders(ReadOnlySpan<byte> message) => (message[1] & HeadersFlag) != 0;

    public static ReadOnlySpan<byte> Body(ReadOnlySpan<byte> message) => HasHeaders(message)
        ? message[(MinHeaderBytes + sizeof(uint) + BinaryPrimitives.ReadInt32LittleEndian(message[MinHeaderBytes..]))..]
        : message[MinHeaderBytes..];

    public static string ContentType(ReadOnlySpan<byte> message)
    {
        if (KnownTypes[(message[1] >> 1) & 7] is { } known) return known;
        return HasHeaders(message) && ReadHeaders(message).ContentType is { } given ? given : DefaultType(message);
    }

    private static string DefaultType(ReadOnlySpan<byte> message) => IsText(message) ? TextPlain : OctetStream;

    private static int CodeOf(string? contentType)
    {
        if (contentType is null) return 0;
        for (int code = 1; code < KnownTypes.Length; code++)
            if (contentType == KnownTypes[code]) return code;
        return 0;
    }

    private static int FieldBytes(MessageHeaders headers, int code)
    {
        if (ReferenceEquals(headers, MessageHeaders.None)) return 0;
        int bytes = (code == 0 ? FieldBytes(headers.ContentType) : 0) + FieldBytes(headers.CorrelationId)
            + FieldBytes(headers.Key) + FieldBytes(headers.GroupId) + FieldBytes(headers.DeduplicationId)
            + FieldBytes(headers.RoutingKey) + FieldBytes(headers.ReplyTo)
            + FieldBytes(headers.TraceParent) + FieldBytes(headers.TraceState)
            + FieldBytes(headers.TraceHeader) + FieldBytes(headers.SenderId);
        for (int i = 0; i < headers.Attributes.Count; i++)
        {
            MessageAttribute attribute = headers.Attributes[i];
            bytes += FieldBytes(attribute.Text) + Encoding.UTF8.GetByteCount(attribute.Name)
                + FieldBytes(attribute.Label);
        }

        return bytes;
    }

    private static int FieldBytes(string? value) =>
        value is null ? 0 : FieldHeaderBytes + Encoding.UTF8.GetByteCount(value);

    private static Span<byte> WriteField(
        Span<byte> bytes, Field field, string? value, string name = "", AttributeKind kind = AttributeKind.String)
    {
        if (value is null) return bytes;
        int nameBytes = Encoding.UTF8.GetBytes(name, bytes[FieldHeaderBytes..]);
        int valueBytes = Encoding.UTF8.GetBytes(value, bytes[(FieldHeaderBytes + nameBytes)..]);
        bytes[0] = (byte)field;
        bytes[1] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)nameBytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], valueBytes);
        return bytes[(FieldHeaderBytes + nameBytes + valueBytes)..];
    }
}
