namespace QueueService.Benchmarks.Load;

/// <summary>A request that is put together anew for every round; grows to its largest size and stays there.</summary>
internal sealed class RequestBuffer
{
    private byte[] _bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public RequestBuffer Clear()
    {
        Length = 0;
        return this;
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
