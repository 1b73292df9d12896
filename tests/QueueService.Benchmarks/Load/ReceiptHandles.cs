namespace QueueService.Benchmarks.Load;

/// <summary>Finds the receipt handles in a receive's JSON by searching its bytes: parsing it would cost the generator
/// more than the server spends on writing it. The bodies sent by the scenarios cannot look like a handle's field.
/// </summary>
internal ref struct ReceiptHandles(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public bool TryNext(out ReadOnlySpan<byte> handle)
    {
        handle = default;
        ReadOnlySpan<byte> field = "\"receiptHandle\":\""u8;
        int at = _rest.IndexOf(field);
        if (at < 0) return false;
        _rest = _rest[(at + field.Length)..];
        int end = _rest.IndexOf((byte)'"');
        if (end < 0) return false;
        handle = _rest[..end];
        _rest = _rest[end..];
        return true;
    }
}
