namespace QueueService.Benchmarks.Load;

/// <summary>A request that is put together anew for every round; grows to its largest size and stays there.</summary>
internal sealed class RequestBuffer
{
    private byte[] _bytes = new byte[1024];
    private int _taken;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public RequestBuffer Clear()
    {
        Length = 0;
        return this;
    }

    /// <summary>Hands out the first bytes, which stay where they are until <see cref="Keep"/>.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        _taken = count;
        return _bytes.AsSpan(0, count);
    }

    /// <summary>Forgets what was taken.</summary>
    public void Keep()
    {
        _bytes.AsSpan(_taken, Length - _taken).CopyTo(_bytes);
        Length -= _taken;
        _taken = 0;
    }

    public RequestBuffer Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
        return this;
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length < count) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
    }
}
