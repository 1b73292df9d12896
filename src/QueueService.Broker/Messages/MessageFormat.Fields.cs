using System.Buffers.Binary;

namespace QueueService.Broker.Messages;

/// <summary>Headers as they lie in the bytes, for those who must not allocate.</summary>
internal static partial class MessageFormat
{
    public static MessageFieldList Fields(ReadOnlySpan<byte> message) => new(
        HasHeaders(message)
            ? message.Slice(
                MinHeaderBytes + sizeof(uint), BinaryPrimitives.ReadInt32LittleEndian(message[MinHeaderBytes..]))
            : []);

    /// <summary>Empty when the message has none.</summary>
    public static ReadOnlySpan<byte> RoutingKey(ReadOnlySpan<byte> message)
    {
        foreach (MessageField field in Fields(message))
            if (field.Kind == (byte)Field.RoutingKey) return field.Value;
        return [];
    }

    /// <summary>Empty when the record has none.</summary>
    public static ReadOnlySpan<byte> Key(ReadOnlySpan<byte> message)
    {
        // It is written first, after a content type that is not known.
        foreach (MessageField field in Fields(message))
            if (field.Kind == (byte)Field.Key) return field.Value;
        return [];
    }

    public static bool HasOnlyKey(ReadOnlySpan<byte> message)
    {
        foreach (MessageField field in Fields(message))
            if (field.Kind is not ((byte)Field.Key or (byte)Field.ContentType)) return false;
        return true;
    }

    internal static bool IsAttribute(byte kind) => (Field)kind == Field.Attribute;
}

/// <summary>The headers of one message; to be enumerated.</summary>
internal ref struct MessageFieldList(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _bytes = bytes;

    public MessageField Current { get; private set; }

    public readonly MessageFieldList GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_bytes.IsEmpty) return false;
        Current = new MessageField(_bytes);
        _bytes = _bytes[(MessageFormat.FieldHeaderBytes + Current.Name.Length + Current.Value.Length)..];
        return true;
    }
}

/// <summary>One header of a message.</summary>
internal readonly ref struct MessageField
{
    private readonly byte _attributeKind;

    public MessageField(ReadOnlySpan<byte> bytes)
    {
        int name = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        int value = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        Kind = bytes[0];
        _attributeKind = bytes[1];
        Name = bytes.Slice(MessageFormat.FieldHeaderBytes, name);
        Value = bytes.Slice(MessageFormat.FieldHeaderBytes + name, value);
    }

    public byte Kind { get; }

    public bool IsAttribute => MessageFormat.IsAttribute(Kind);

    public AttributeKind AttributeKind => (AttributeKind)_attributeKind;

    public ReadOnlySpan<byte> Name { get; }

    public ReadOnlySpan<byte> Value { get; }
}
