using System.Security.Cryptography;
using System.Text;

namespace QueueService.Server.Webhooks;

/// <summary>The headers of the Standard Webhooks specification, 1.0: HMAC-SHA-256 over `id.timestamp.body`.</summary>
internal static class WebhookSignature
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";

    /// <summary>The three headers. While secrets rotate, each signs: a receiver that knows either accepts.</summary>
    /// <param name="id">The same for every attempt, so that receivers can tell repetitions; no dots.</param>
    /// <param name="unixSeconds">When this attempt is sent: receivers refuse what is minutes old.</param>
    public static WebhookHeader[] Sign(
        IReadOnlyList<WebhookSecret> secrets, string id, long unixSeconds, ReadOnlyMemory<byte> body)
    {
        byte[] head = Encoding.UTF8.GetBytes($"{id}.{unixSeconds}.");
        StringBuilder signatures = new();
        foreach (WebhookSecret secret in secrets)
        {
            if (signatures.Length > 0) signatures.Append(' ');
            signatures.Append("v1,").Append(Convert.ToBase64String(Compute(secret, head, body.Span)));
        }

        return
        [
            new(IdHeader, id), new(TimestampHeader, unixSeconds.ToString()),
            new(SignatureHeader, signatures.ToString()),
        ];
    }

    private static byte[] Compute(WebhookSecret secret, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Key);
        hash.AppendData(head);
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
