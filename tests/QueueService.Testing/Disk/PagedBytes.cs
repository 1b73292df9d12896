namespace QueueService.Testing.Disk;

/// <summary>
/// A sparse file content in pages that are shared between copies until one of them writes. Zeros written into an empty
/// page take space on the simulated disk, but no memory: preallocated journals are large.
/// </summary>
internal sealed class PagedBytes
{
    /// <summary>The unit in which the disk hands out space.</summary>
    public const int BlockSize = 4096;

    private const int PageSize = 4 * BlockSize;

    private Page[] _pages = [];

    public long Length { get; private set; }

    /// <summary>Space taken on the disk; holes take none.</summary>
    public long AllocatedBytes { get; private set; }

    public int Read(Span<byte> buffer, long position)
    {
        var count = (int)Math.Clamp(Length - position, 0, buffer.Length);
        for (var done = 0; done < count;)
        {
            var (page, offset, take) = Slice(position + done, count - done);
            var target = buffer.Slice(done, take);
            if (page < _pages.Length && _pages[page].Data is { } data)
                data.AsSpan(offset, take).CopyTo(target);
            else
                target.Clear();
            done += take;
        }

        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        Length = bytes.IsEmpty ? Length : Math.Max(Length, position + bytes.Length);
        while (!bytes.IsEmpty)
        {
            var (page, offset, take) = Slice(position, bytes.Length);
            Allocate(page, offset, take);
            if (_pages[page].Data is not null || bytes[..take].ContainsAnyExcept((byte)0))
                bytes[..take].CopyTo(Own(page).AsSpan(offset));
            bytes = bytes[take..];
            position += take;
        }
    }

    public void SetLength(long length)
    {
        if (length < Length)
            CutPages(length);
        Length = length;
    }

    /// <summary>How many of the bytes can be written when only so much more space may be taken.</summary>
    public int Fitting(long position, int length, long space)
    {
        for (var done = 0; done < length;)
        {
            var at = position + done;
            if (!IsAllocated(at) && (space -= BlockSize) < 0)
                return done;
            done += (int)Math.Min(length - done, BlockSize - (at % BlockSize));
        }

        return length;
    }

    public PagedBytes Clone()
    {
        for (var page = 0; page < _pages.Length; page++)
            _pages[page].Owned = false;
        return new() { _pages = [.. _pages], Length = Length, AllocatedBytes = AllocatedBytes };
    }

    /// <summary>Takes over the pages of a range, so that both contents are the same there.</summary>
    public void ShareFrom(PagedBytes other, long position, long length)
    {
        var last = (int)((position + length - 1) / PageSize);
        Reserve(last);
        for (var page = (int)(position / PageSize); page <= last; page++)
        {
            other._pages[page].Owned = false;
            AllocatedBytes += other._pages[page].AllocatedBytes - _pages[page].AllocatedBytes;
            _pages[page] = other._pages[page];
        }

        Length = Math.Max(Length, other.Length);
    }

    public void FlipBit(long position, int bit)
    {
        if (position < Length)
            Own((int)(position / PageSize))[position % PageSize] ^= (byte)(1 << bit);
    }

    private static (int Page, int Offset, int Count) Slice(long position, int length)
    {
        var offset = (int)(position % PageSize);
        return ((int)(position / PageSize), offset, Math.Min(length, PageSize - offset));
    }

    private void CutPages(long length)
    {
        var (page, offset, _) = Slice(length, 0);
        if (offset > 0 && page < _pages.Length)
        {
            if (_pages[page].Data is not null)
                Own(page).AsSpan(offset).Clear();
            var keptBlocks = (offset + BlockSize - 1) / BlockSize;
            Free(ref _pages[page], (byte)((1 << keptBlocks) - 1));
            page++;
        }

        for (; page < _pages.Length; page++)
        {
            Free(ref _pages[page], keep: 0);
            _pages[page].Data = null;
        }
    }

    private void Free(ref Page page, byte keep)
    {
        AllocatedBytes -= page.AllocatedBytes;
        page.Allocated &= keep;
        AllocatedBytes += page.AllocatedBytes;
    }

    private bool IsAllocated(long position)
    {
        var (page, offset, _) = Slice(position, 0);
        return page < _pages.Length && (_pages[page].Allocated & (1 << (offset / BlockSize))) != 0;
    }

    private void Allocate(int page, int offset, int count)
    {
        Reserve(page);
        AllocatedBytes -= _pages[page].AllocatedBytes;
        for (var block = offset / BlockSize; block <= (offset + count - 1) / BlockSize; block++)
            _pages[page].Allocated |= (byte)(1 << block);
        AllocatedBytes += _pages[page].AllocatedBytes;
    }

    private void Reserve(int page)
    {
        if (page >= _pages.Length)
            Array.Resize(ref _pages, Math.Max(page + 1, _pages.Length * 2));
    }

    private byte[] Own(int page)
    {
        Reserve(page);
        if (!_pages[page].Owned || _pages[page].Data is null)
        {
            _pages[page].Data = _pages[page].Data?.AsSpan().ToArray() ?? new byte[PageSize];
            _pages[page].Owned = true;
        }

        return _pages[page].Data!;
    }

    private struct Page
    {
        public byte[]? Data;
        public bool Owned;

        /// <summary>One bit per block.</summary>
        public byte Allocated;

        public readonly long AllocatedBytes => byte.PopCount(Allocated) * (long)BlockSize;
    }
}
