using System.Buffers;

namespace QueueService.Storage.Logs;

/// <summary>
/// A growing buffer in pages of its own, which go back to the system when it is disposed. For what is large, rare and
/// short-lived: as managed arrays the ten megabytes of a large resource's snapshot, and all that they grew from, would
/// stay until the next full collection, and an idle process has none. One thread at a time.
/// </summary>
public sealed unsafe class PageBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 64 << 10;

    private byte* _memory;
    private int _capacity;

    public int Length { get; private set; }

    /// <summary>Valid until something is added.</summary>
    public Span<byte> Written => new(_memory, Length);

    public void Advance(int count) => Length += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        int needed = checked(Length + Math.Max(sizeHint, 1));
        if (needed > _capacity) Grow(needed);
        return new Span<byte>(_memory + Length, _capacity - Length);
    }

    /// <summary>The pages are nobody's objects: there is only <see cref="GetSpan"/>.</summary>
    public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException("Use GetSpan.");

    /// <summary>Keeps the pages.</summary>
    public void Clear() => Length = 0;

    public void Dispose()
    {
        if (_memory != null) PageMemory.Unmap(_memory, _capacity);
        _memory = null;
        _capacity = Length = 0;
    }

    private void Grow(int needed)
    {
        int capacity = Math.Max(FirstBytes, _capacity);
        while (capacity < needed) capacity = checked(capacity * 2);
        byte* larger = (byte*)PageMemory.Map(capacity);
        Written.CopyTo(new Span<byte>(larger, Length));
        if (_memory != null) PageMemory.Unmap(_memory, _capacity);
        _memory = larger;
        _capacity = capacity;
    }
}
