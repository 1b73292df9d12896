using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace QueueService.Broker.Messages;

/// <summary>From the bytes back to headers.</summary>
internal static partial class MessageFormat
{
    private const int FieldKinds = (int)Field.SenderId + 1;

    public static MessageHeaders ReadHeaders(ReadOnlySpan<byte> message)
    {
        string type = KnownTypes[(message[1] >> 1) & 7] ?? DefaultType(message);
        bool isTombstone = IsTombstone(message);
        if (!HasHeaders(message)) return new MessageHeaders { ContentType = type, IsTombstone = isTombstone };
        var texts = default(FieldTexts);
        List<MessageAttribute>? attributes = null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(message[MinHeaderBytes..]);
        ReadOnlySpan<byte> bytes = message.Slice(MinHeaderBytes + sizeof(uint), length);
        while (!bytes.IsEmpty)
        {
            var field = new MessageField(bytes);
            bytes = bytes[(FieldHeaderBytes + field.Name.Length + field.Value.Length)..];

            // An origin is read by itself, and what a later version wrote is not for this one.
            if ((Field)field.Kind == Field.Origin || field.Kind >= FieldKinds) continue;
            string text = Encoding.UTF8.GetString(field.Value);
            if (field.IsAttribute)
                (attributes ??= []).Add(
                    new MessageAttribute(Encoding.UTF8.GetString(field.Name), field.AttributeKind, text));
            else if ((Field)field.Kind == Field.AttributeLabel)
                attributes![^1] = attributes[^1] with { Label = text };
            else
                texts[field.Kind] = text;
        }

        return new MessageHeaders
        {
            ContentType = texts[(int)Field.ContentType] ?? type,
            Key = texts[(int)Field.Key],
            GroupId = texts[(int)Field.GroupId],
            DeduplicationId = texts[(int)Field.DeduplicationId],
            RoutingKey = texts[(int)Field.RoutingKey],
            CorrelationId = texts[(int)Field.CorrelationId],
            ReplyTo = texts[(int)Field.ReplyTo],
            TraceParent = texts[(int)Field.TraceParent],
            TraceState = texts[(int)Field.TraceState],
            TraceHeader = texts[(int)Field.TraceHeader],
            SenderId = texts[(int)Field.SenderId],
            Attributes = attributes ?? [],
            IsTombstone = isTombstone,
        };
    }

    /// <summary>By the kind of field.</summary>
    [InlineArray(FieldKinds)]
    private struct FieldTexts
    {
        private string? _first;
    }
}
