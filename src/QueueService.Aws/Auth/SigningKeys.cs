using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace QueueService.Aws.Auth;

/// <summary>The keys that are derived from secrets, one for each day, region and service.</summary>
internal sealed class SigningKeys
{
    /// <summary>A hundred access keys, two services, and some days of presigned requests: past it all are derived
    /// anew.</summary>
    public const int MaxKept = 1_024;

    private readonly ConcurrentDictionary<(string KeyId, string Scope), byte[]> _derived = new();

    public byte[] Get(AccessKey key, CredentialScope scope)
    {
        (string, string) name = (key.Id, scope.ToString());
        if (_derived.TryGetValue(name, out byte[]? kept)) return kept;
        if (_derived.Count >= MaxKept) _derived.Clear();
        return _derived[name] = Derive(key.Secret, scope);
    }

    public static byte[] Derive(string secret, CredentialScope scope)
    {
        byte[] key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (string part in (ReadOnlySpan<string>)[scope.Date, scope.Region, scope.Service, scope.Terminator])
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return key;
    }
}
