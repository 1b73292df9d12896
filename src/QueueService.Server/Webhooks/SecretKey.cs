using System.Security.Cryptography;

namespace QueueService.Server.Webhooks;

/// <summary>The key of the secrets at rest cannot be used; the message says why, and what to do.</summary>
internal sealed class SecretKeyException(string message) : IOException(message);

/// <summary>A key of AES-256, and a name for it that gives nothing away.</summary>
internal sealed class SecretKey
{
    public const int Bytes = 32;

    private readonly byte[] _key;

    private SecretKey(byte[] key)
    {
        _key = key;
        Check = HMACSHA256.HashData(key, "queueservice secret key 1"u8);
        Id = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Check);
    }

    public ReadOnlySpan<byte> Key => _key;

    /// <summary>Part of everything that is sealed with the key.</summary>
    public uint Id { get; }

    /// <summary>32 bytes by which the key is known again.</summary>
    public byte[] Check { get; }

    public static SecretKey Generate() => new(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Reads the base64 of 32 bytes; null when it is something else.</summary>
    public static SecretKey? Parse(string text)
    {
        Span<byte> key = stackalloc byte[Bytes + 3];
        return Convert.TryFromBase64String(text.Trim(), key, out int length) && length == Bytes
            ? new SecretKey(key[..length].ToArray())
            : null;
    }

    public string ToBase64() => Convert.ToBase64String(_key);

    /// <summary>Nothing that could get into a log.</summary>
    public override string ToString() => $"key {Id:x8}";
}
