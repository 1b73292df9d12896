using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace QueueService.Aws.Sqs;

/// <summary>The checksums that SQS answers and that SDKs compare.</summary>
[SuppressMessage("Security", "CA5351", Justification = "Compared by clients against accidents, not attacks.")]
internal static class MessageDigest
{
    private const byte TextValue = 1;
    private const byte BinaryValue = 2;

    public static string OfBody(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
        if (body.Length <= ShortMd5.Longest) ShortMd5.Hash(body, hash);
        else MD5.HashData(body, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>
    /// By name, in the order of bytes:
    /// <code>
    ///   u32 length, name    u32 length, type    u8 1 for text, 2 for bytes    u32 length, value
    /// </code>
    /// with big-endian lengths. Null without attributes.
    /// </summary>
    public static string? OfAttributes(Dictionary<string, MessageAttributeValue>? attributes)
    {
        if (attributes is null or { Count: 0 }) return null;
        ArrayBufferWriter<byte> bytes = new(256);
        foreach (string name in attributes.Keys.Order(StringComparer.Ordinal))
        {
            MessageAttributeValue value = attributes[name];
            Append(bytes, name);
            Append(bytes, value.DataType ?? "");
            bytes.Write([value.BinaryValue is null ? TextValue : BinaryValue]);
            if (value.BinaryValue is { } binary) Append(bytes, binary);
            else Append(bytes, value.StringValue ?? "");
        }

        return OfBody(bytes.WrittenSpan);
    }

    private static void Append(ArrayBufferWriter<byte> bytes, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        BinaryPrimitives.WriteInt32BigEndian(bytes.GetSpan(sizeof(int)), length);
        bytes.Advance(sizeof(int));
        Encoding.UTF8.GetBytes(text, bytes.GetSpan(length));
        bytes.Advance(length);
    }

    private static void Append(ArrayBufferWriter<byte> bytes, byte[] value)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes.GetSpan(sizeof(int)), value.Length);
        bytes.Advance(sizeof(int));
        bytes.Write(value);
    }
}
