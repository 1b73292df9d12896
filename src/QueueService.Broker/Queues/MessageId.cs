using System.Buffers.Binary;
using System.Buffers.Text;

namespace QueueService.Broker.Queues;

/// <summary>
/// Names a message for ever: the number of its queue (never used again after the queue is deleted) and its offset in
/// the queue's log. Written as 16 characters of base64url; ids of one queue sort in the order of sending.
/// </summary>
public readonly record struct MessageId(uint Queue, long SequenceNumber)
{
    public const int TextLength = 16;

    private const int Bytes = 12;

    /// <summary>Writes the 16 ASCII characters.</summary>
    public void Format(Span<byte> utf8)
    {
        Span<byte> raw = stackalloc byte[Bytes];
        BinaryPrimitives.WriteUInt32BigEndian(raw, Queue);
        BinaryPrimitives.WriteInt64BigEndian(raw[4..], SequenceNumber);
        Base64Url.EncodeToUtf8(raw, utf8);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        Span<byte> raw = stackalloc byte[Bytes];
        id = default;
        if (text.Length != TextLength || !Base64Url.IsValid(text) || Base64Url.DecodeFromChars(text, raw) != Bytes)
            return false;
        id = new MessageId(BinaryPrimitives.ReadUInt32BigEndian(raw), BinaryPrimitives.ReadInt64BigEndian(raw[4..]));
        return id.SequenceNumber >= 0;
    }

    public override string ToString() => string.Create(TextLength, this, static (chars, id) =>
    {
        Span<byte> raw = stackalloc byte[Bytes];
        BinaryPrimitives.WriteUInt32BigEndian(raw, id.Queue);
        BinaryPrimitives.WriteInt64BigEndian(raw[4..], id.SequenceNumber);
        Base64Url.EncodeToChars(raw, chars);
    });
}
