using System.Buffers;

namespace QueueService.Http;

/// <summary>A growing buffer that an answer is written into. Its owners keep one per thread between requests.</summary>
internal abstract class OutputBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 4_096;

    /// <summary>A larger one goes back to the pool instead of staying with the thread: 256 KiB.</summary>
    private const int KeptSize = 262_144;

    public int Length { get; protected set; }

    public ReadOnlyMemory<byte> Written => Bytes.AsMemory(0, Length);

    protected byte[] Bytes { get; private set; } = ArrayPool<byte>.Shared.Rent(InitialSize);

    public void Clear() => Length = 0;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 256));
        return Bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Makes room for this many bytes after those that are written.</summary>
    protected void Reserve(int count)
    {
        if (Bytes.Length - Length >= count) return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(Bytes.Length * 2, Length + count));
        Written.Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Bytes);
        Bytes = larger;
    }

    /// <summary>Lets go of a large buffer, before this one is kept for the next request.</summary>
    protected void Shrink()
    {
        if (Bytes.Length <= KeptSize) return;
        ArrayPool<byte>.Shared.Return(Bytes);
        Bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
    }
}
