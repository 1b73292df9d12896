using System.Security.Cryptography;

namespace QueueService.Server.Webhooks;

/// <summary>A signing key of the Standard Webhooks specification: `whsec_` and the base64 of 24 to 64 bytes.</summary>
internal sealed class WebhookSecret
{
    public const string Prefix = "whsec_";

    private const int MinBytes = 24;
    private const int MaxBytes = 64;
    private const int GeneratedBytes = 32;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    public ReadOnlySpan<byte> Key => _key;

    public static WebhookSecret Generate() => new(RandomNumberGenerator.GetBytes(GeneratedBytes));

    /// <summary>Null when it is not a secret.</summary>
    public static WebhookSecret? Parse(string text)
    {
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > Prefix.Length + (MaxBytes * 2))
            return null;
        Span<byte> key = stackalloc byte[MaxBytes * 2];
        return Convert.TryFromBase64String(text[Prefix.Length..], key, out int length) &&
            length is >= MinBytes and <= MaxBytes
            ? new WebhookSecret(key[..length].ToArray())
            : null;
    }

    /// <param name="key">24 to 64 bytes, as they were sealed.</param>
    public static WebhookSecret FromBytes(ReadOnlySpan<byte> key) => key.Length is >= MinBytes and <= MaxBytes
        ? new WebhookSecret(key.ToArray())
        : throw new ArgumentException("A signing key has 24 to 64 bytes.", nameof(key));

    /// <summary>The text that its owner is shown, once.</summary>
    public string Reveal() => Prefix + Convert.ToBase64String(_key);

    /// <summary>Its last four characters, of 32 or more: enough to know it again, and no help to guess it.</summary>
    public string Hint => Reveal().TrimEnd('=')[^4..];

    /// <summary>Nothing that could get into a log.</summary>
    public override string ToString() => Prefix + "***";
}
