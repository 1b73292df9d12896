using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace QueueService.Server.Webhooks;

/// <summary>
/// Seals what is kept of a target that nobody may read: signing secrets and credentials. AES-256-GCM; a sealed secret
/// opens only for the subscription that it was sealed for.
/// <code>
///   0  u8 version (1)   1  u32 key id   5  nonce, 12   17  tag, 16   33  ciphertext, to the end
/// </code>
/// Authenticated beside it: the first 5 bytes, topic and subscription. Integers are big-endian.
/// </summary>
internal sealed class SecretBox(SecretKey key)
{
    /// <summary>What sealing adds.</summary>
    public const int Overhead = PrefixBytes + NonceBytes + TagBytes;

    /// <summary>A secret, some keys and a credential; what is longer is no secret.</summary>
    public const int MaxPlainBytes = 16_384;

    private const byte Version = 1;
    private const int PrefixBytes = 5;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>A nonce is random: 2³² of them under one key are safe (NIST SP 800-38D, 8.3), far more than secrets are
    /// made.</summary>
    public byte[] Seal(ReadOnlySpan<byte> secret, string topic, string subscription)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(secret.Length, MaxPlainBytes);
        byte[] box = new byte[Overhead + secret.Length];
        box[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(box.AsSpan(1), key.Id);
        Span<byte> nonce = box.AsSpan(PrefixBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using AesGcm cipher = new(key.Key, TagBytes);
        cipher.Encrypt(
            nonce, secret, box.AsSpan(Overhead), box.AsSpan(PrefixBytes + NonceBytes, TagBytes),
            Beside(box, topic, subscription));
        return box;
    }

    /// <summary>Null when it was not sealed for this subscription, with this key, or was changed since.</summary>
    public byte[]? Open(ReadOnlySpan<byte> box, string topic, string subscription)
    {
        if (box.Length < Overhead || box[0] != Version || BinaryPrimitives.ReadUInt32BigEndian(box[1..]) != key.Id)
            return null;
        byte[] secret = new byte[box.Length - Overhead];
        using AesGcm cipher = new(key.Key, TagBytes);
        try
        {
            cipher.Decrypt(
                box.Slice(PrefixBytes, NonceBytes), box[Overhead..], box.Slice(PrefixBytes + NonceBytes, TagBytes),
                secret, Beside(box, topic, subscription));
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>Names cannot contain the separator, so no two pairs give the same bytes.</summary>
    private static byte[] Beside(ReadOnlySpan<byte> box, string topic, string subscription) =>
        [.. box[..PrefixBytes], .. Encoding.UTF8.GetBytes($"{topic}\0{subscription}")];
}
