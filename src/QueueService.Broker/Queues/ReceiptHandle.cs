using System.Buffers.Binary;
using System.Buffers.Text;

namespace QueueService.Broker.Queues;

/// <summary>
/// Proof of one lease: which message of which queue, handed out for the how-many-th time, in which epoch of the queue
/// (a purge starts a new one), sealed with the store's secret. Opaque to clients: 43 characters of base64url.
/// </summary>
public readonly record struct ReceiptHandle(uint Queue, uint ReceiveCount, long Epoch, long SequenceNumber, ulong Seal)
{
    public const int TextLength = 43;

    private const int Bytes = 32;

    /// <summary>Writes the 43 ASCII characters.</summary>
    public void Format(Span<byte> utf8)
    {
        Span<byte> raw = stackalloc byte[Bytes];
        WriteRaw(raw);
        Base64Url.EncodeToUtf8(raw, utf8);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ReceiptHandle handle)
    {
        handle = default;
        if (text.Length != TextLength) return false;
        Span<byte> utf8 = stackalloc byte[TextLength];
        for (int i = 0; i < text.Length; i++) utf8[i] = text[i] < 128 ? (byte)text[i] : (byte)0;
        return TryParse(utf8, out handle);
    }

    public static bool TryParse(ReadOnlySpan<byte> utf8, out ReceiptHandle handle)
    {
        Span<byte> raw = stackalloc byte[Bytes];
        handle = default;
        if (utf8.Length != TextLength || !Base64Url.IsValid(utf8)) return false;
        if (Base64Url.DecodeFromUtf8(utf8, raw) != Bytes) return false;
        handle = new ReceiptHandle(
            BinaryPrimitives.ReadUInt32LittleEndian(raw),
            BinaryPrimitives.ReadUInt32LittleEndian(raw[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(raw[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(raw[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(raw[24..]));
        return true;
    }

    public override string ToString() => string.Create(TextLength, this, static (chars, handle) =>
    {
        Span<byte> raw = stackalloc byte[Bytes];
        handle.WriteRaw(raw);
        Base64Url.EncodeToChars(raw, chars);
    });

    private void WriteRaw(Span<byte> raw)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(raw, Queue);
        BinaryPrimitives.WriteUInt32LittleEndian(raw[4..], ReceiveCount);
        BinaryPrimitives.WriteInt64LittleEndian(raw[8..], Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(raw[16..], SequenceNumber);
        BinaryPrimitives.WriteUInt64LittleEndian(raw[24..], Seal);
    }
}
