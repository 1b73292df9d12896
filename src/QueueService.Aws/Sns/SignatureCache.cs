using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace QueueService.Aws.Sns;

/// <summary>The signatures of the last messages. What is signed does not depend on the subscription, a signature costs
/// about a millisecond, and a topic may have thousands of subscriptions. Thread-safe.</summary>
internal sealed class SignatureCache
{
    /// <summary>Some 500 bytes each. All are forgotten when it is full: the messages that follow fill it
    /// again.</summary>
    private const int MaxEntries = 4_096;

    private readonly ConcurrentDictionary<string, string> _signatures = new(StringComparer.Ordinal);

    public string Sign(SigningCertificate certificate, int version, string text)
    {
        string key = $"{version} {Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
        if (_signatures.TryGetValue(key, out string? known)) return known;
        string signature = certificate.Sign(version, text);
        if (_signatures.Count >= MaxEntries) _signatures.Clear();
        return _signatures[key] = signature;
    }
}
