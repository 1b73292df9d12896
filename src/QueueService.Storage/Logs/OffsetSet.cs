namespace QueueService.Storage.Logs;

/// <summary>
/// The offsets of a rewritten segment's records, in rising order: about two bytes each, so that a reader on the loop
/// passes holes without reading a file. Filled by one thread, then shared and never changed.
/// </summary>
internal sealed class OffsetSet
{
    /// <summary>Offsets between two that are stored whole; the others are differences of 7 bits a byte.</summary>
    private const int BlockOffsets = 64;

    private readonly List<long> _firsts = [];
    private readonly List<int> _starts = [];
    private byte[] _differences = new byte[64];
    private int _used;

    public int Count { get; private set; }

    /// <summary>The highest; -1 when it is empty.</summary>
    public long Last { get; private set; } = -1;

    /// <param name="offset">Above all before.</param>
    public void Add(long offset)
    {
        if (Count % BlockOffsets == 0)
        {
            _firsts.Add(offset);
            _starts.Add(_used);
        }
        else
        {
            if (_used + 10 > _differences.Length) Array.Resize(ref _differences, _differences.Length * 2);
            ulong difference = (ulong)(offset - Last);
            for (; difference >= 0x80; difference >>= 7) _differences[_used++] = (byte)(difference | 0x80);
            _differences[_used++] = (byte)difference;
        }

        Last = offset;
        Count++;
    }

    /// <summary>The lowest at or above this one; long.MaxValue when there is none.</summary>
    public long NextFrom(long offset)
    {
        if (offset > Last) return long.MaxValue;
        int block = _firsts.BinarySearch(offset);
        if (block >= 0) return offset;
        block = ~block - 1;
        if (block < 0) return _firsts[0];
        long here = _firsts[block];
        int end = block + 1 < _starts.Count ? _starts[block + 1] : _used;
        for (int at = _starts[block]; at < end;)
        {
            int shift = 0;
            byte part;
            do
            {
                part = _differences[at++];
                here += (long)(part & 0x7F) << shift;
                shift += 7;
            }
            while (part >= 0x80);
            if (here >= offset) return here;
        }

        return _firsts[block + 1];
    }
}
