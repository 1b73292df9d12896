namespace QueueService.Testing.Disk;

/// <summary>What a power cut leaves of the unsynced changes of one file.</summary>
/// <remarks>
/// A disk writes whole sectors (512 bytes) and a page cache hands it whole pages (4 KiB); one of the two is the unit
/// of this crash. A unit that was rewritten several times may hold any of its versions, but never a later write without
/// the earlier ones to the same unit: the cache had merged them. Different units are independent, which is what
/// reordering and tearing look like afterwards.
/// </remarks>
internal sealed class TornWrites
{
    private const int Sector = 512;
    private const int CachePage = 4096;

    private readonly PagedBytes _durable;
    private readonly List<FileChange> _pending;
    private readonly SeededRandom _random;
    private readonly int _unit;

    // The last change that reached each unit.
    private readonly Dictionary<long, int> _reached = [];

    private TornWrites(PagedBytes durable, List<FileChange> pending, SeededRandom random)
    {
        _durable = durable;
        _pending = pending;
        _random = random;
        _unit = random.Chance(1, 2) ? Sector : CachePage;
    }

    private enum Fate
    {
        Dropped,
        Kept,
        Torn,
    }

    public static PagedBytes Survive(PagedBytes durable, List<FileChange> pending, SeededRandom random) =>
        pending.Count == 0 ? durable.Clone() : new TornWrites(durable, pending, random).Survive();

    private PagedBytes Survive()
    {
        // The length is metadata and has its own fate: it may be durable without the data, and the other way round.
        var lengthsKept = _random.Next(_pending.Count + 1);
        switch (_random.Next(6))
        {
            case 0:
                lengthsKept = _random.Chance(1, 2) ? 0 : lengthsKept;
                break;
            case 1:
                lengthsKept = _pending.Count;
                DrawFates(static (_, _) => Fate.Kept);
                break;
            case 2:
                var cut = lengthsKept;
                DrawFates((change, _) => change < cut ? Fate.Kept : change == cut ? Fate.Torn : Fate.Dropped);
                lengthsKept = Math.Min(_pending.Count, cut + _random.Next(2));
                break;
            case 3:
                lengthsKept = _pending.Count;
                goto default;
            default:
                DrawFates(static (_, random) => (Fate)random.Next(3));
                break;
        }

        return Build(lengthsKept);
    }

    private void DrawFates(Func<int, SeededRandom, Fate> draw)
    {
        for (var change = 0; change < _pending.Count; change++)
        {
            var fate = draw(change, _random);
            foreach (var (unit, _, _) in Units(_pending[change]))
                if (fate == Fate.Kept || (fate == Fate.Torn && _random.Chance(1, 2)))
                    _reached[unit] = change;
        }
    }

    private PagedBytes Build(int lengthsKept)
    {
        var result = _durable.Clone();
        var length = _durable.Length;
        // Most file systems show zeros where the data of a durable length is missing; some show what was there before.
        var showsGarbage = _random.Chance(1, 4);
        for (var index = 0; index < _pending.Count; index++)
        {
            var change = _pending[index];
            var lengthKept = index < lengthsKept;
            foreach (var (unit, offset, count) in Units(change))
                if (_reached.TryGetValue(unit, out var last))
                {
                    if (index <= last)
                        change.ApplyTo(result, offset, count);
                }
                else if (showsGarbage && lengthKept && unit * _unit >= _durable.Length)
                {
                    WriteGarbage(result, change.Position + offset, count);
                }

            if (!lengthKept)
                continue;
            if (change.NewLength is { } newLength)
                result.SetLength(newLength);
            length = change.NewLength ?? Math.Max(length, change.Position + change.Count);
        }

        result.SetLength(length);
        return result;
    }

    private void WriteGarbage(PagedBytes result, long position, int count)
    {
        Span<byte> garbage = stackalloc byte[CachePage];
        _random.Fill(garbage[..count]);
        result.Write(garbage[..count], position);
    }

    /// <summary>The parts of a write by unit: which unit, and from where in the write how many bytes.</summary>
    private IEnumerable<(long Unit, int Offset, int Count)> Units(FileChange change)
    {
        for (var offset = 0; offset < change.Count;)
        {
            var position = change.Position + offset;
            var count = (int)Math.Min(change.Count - offset, _unit - (position % _unit));
            yield return (position / _unit, offset, count);
            offset += count;
        }
    }
}
