using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;

namespace QueueService.Server.Http;

/// <summary>The Idempotency-Key header: 1 to 255 printable characters, quoted or bare.</summary>
internal readonly struct IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    public const string ReplayedHeader = "Idempotent-Replayed";

    private readonly string? _value;

    private IdempotencyKey(string value) => _value = value;

    public static IdempotencyKey Read(HttpContext http, ref Problem? problem)
    {
        if (!http.Request.Headers.TryGetValue(Header, out var values)) return default;
        string value = values.ToString();
        if (value.Length > 2 && value[0] == '"' && value[^1] == '"') value = value[1..^1];
        if (values.Count == 1 && value.Length is > 0 and <= Limits.IdempotencyKeyLength
            && !value.AsSpan().ContainsAnyExceptInRange(' ', '~') && !value.Contains('"', StringComparison.Ordinal))
            return new IdempotencyKey(value);
        Problem.Blame(
            ref problem, Header,
            $"must be 1 to {Limits.IdempotencyKeyLength} printable ASCII characters, quoted or bare.");
        return default;
    }

    /// <summary>What the broker remembers the request by; null when no key was given.</summary>
    /// <param name="content">All that matters of the request beside its address.</param>
    public IdempotencyToken? ToToken(HttpContext http, ReadOnlySpan<byte> content)
    {
        if (_value is null) return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(http.Request.Path.Value + "\n"));
        hash.AppendData(content);
        return new IdempotencyToken(
            Shorten(SHA256.HashData(Encoding.UTF8.GetBytes(_value))), Shorten(hash.GetHashAndReset()));
    }

    public IdempotencyToken? ToToken(HttpContext http, MessageBatch batch) =>
        _value is null ? null : ToToken(http, batch.Fingerprint());

    public IdempotencyToken? ToToken(HttpContext http, string content) =>
        _value is null ? null : ToToken(http, Encoding.UTF8.GetBytes(content));

    /// <summary>The name of a receive: with the key, who asks again gets what it still leases.</summary>
    public string? AttemptId => _value is null
        ? null
        : "key:" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(_value)));

    /// <summary>By what the answer to a request is recognised, also when it is asked for again.</summary>
    public string? Correlation => _value is null
        ? null
        : "key-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_value)).AsSpan(0, 16));

    /// <summary>Says that the outcome is that of an earlier request.</summary>
    public static void Tell(HttpContext http, IdempotencyToken? token)
    {
        if (token is { IsReplayed: true }) http.Response.Headers[ReplayedHeader] = "true";
    }

    private static UInt128 Shorten(byte[] hash) => BinaryPrimitives.ReadUInt128LittleEndian(hash);
}
