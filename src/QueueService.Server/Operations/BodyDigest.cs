using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace QueueService.Server.Operations;

/// <summary>SHA-256 of a body that is too large to be held.</summary>
internal sealed class BodyDigest : IDisposable
{
    public const int Bytes = SHA256.HashSizeInBytes;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Of all that a request still sends.</summary>
    public static async ValueTask<byte[]> Read(PipeReader reader)
    {
        using BodyDigest digest = new();
        while (true)
        {
            ReadResult result = await reader.ReadAsync(CancellationToken.None);
            digest.Add(result.Buffer);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) return digest.End();
        }
    }

    public void Add(in ReadOnlySequence<byte> piece)
    {
        foreach (ReadOnlyMemory<byte> part in piece) _hash.AppendData(part.Span);
    }

    public byte[] End() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();
}
