using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Compaction;

/// <summary>
/// One pass over the sealed segments of a log, in steps of the background writer. First it learns the last offset of
/// each key in the dirty segments, then it writes clean and dirty ones anew, oldest first, without the records that are
/// superseded. A group of neighbours is replaced at once; so whenever a tombstone is gone, the older records of its key
/// went before it or with it, and no crash brings them back alone.
/// </summary>
/// <remarks>
/// A pass ends before the first dirty segment with a record that may not supersede others yet, or whose keys do not
/// fit. A rewritten segment is clean: no two records in the clean ones have the same key.
/// </remarks>
internal sealed class Compactor(
    IFileSystem files, SegmentFiles handles, StorageOptions options, CompactionSources sources) : IDisposable
{
    /// <summary>Read per step: less than a millisecond, in which no spill begins.</summary>
    private const int StepBytes = 256 << 10;

    private readonly CompactionRequest _request = sources.Request;
    private readonly KeyMap _map = new(sources.DirtyRecords, sources.LargestDirty);
    private readonly List<RewrittenSegment> _outputs = [];
    private readonly byte[] _run = new byte[options.RunBytes + (64 << 10)];
    private bool _isMapped;
    private int _mapped;
    private int _group;
    private int _source;
    private int _position = SegmentFormat.HeaderBytes;
    private int _seen;
    private List<CompactionGroup> _groups = [];

    /// <summary>A group that is written and synced, after a step: to be shown to readers before the next one.</summary>
    public CompactionGroup? Finished { get; private set; }

    public bool IsDone { get; private set; }

    public long Dropped { get; private set; }

    /// <summary>Where the dirty segments that take part end for that reason; null when none is damaged.</summary>
    public DamagedSegmentException? Damage { get; private set; }

    /// <summary>On the background thread.</summary>
    /// <exception cref="IOException">The disk failed, or a source is damaged: nothing of the group is left.</exception>
    public void Step()
    {
        Finished = null;
        try
        {
            if (!_isMapped) Map();
            else if (_group < _groups.Count) Rewrite(_groups[_group]);
            if (_isMapped && _group == _groups.Count) IsDone = true;
        }
        catch
        {
            Discard();
            throw;
        }
    }

    /// <summary>Lets go of what is not finished.</summary>
    public void Discard()
    {
        foreach (RewrittenSegment output in _outputs) output.Discard();
        _outputs.Clear();
    }

    public void Dispose()
    {
        foreach (RewrittenSegment output in _outputs) output.Dispose();
        _map.Dispose();
    }

    private void Map()
    {
        if (_mapped == sources.Dirty.Count)
        {
            EndMapping();
            return;
        }

        bool fits = true;
        try
        {
            bool ended = Visit(sources.Dirty[_mapped], (offset, time, payload) =>
            {
                if (time > _request.Horizon) return fits = false;
                return _request.KeyOf(payload) is not { } key || (fits = _map.TryAdd(key.Hash, offset));
            });
            if (!fits) EndMapping();
            else if (ended) _mapped++;
        }
        catch (DamagedSegmentException damage)
        {
            // What lies before it can be compacted all the same. It stays dirty, and so does what lies behind it.
            Damage = damage;
            EndMapping();
        }
    }

    private void EndMapping()
    {
        _isMapped = true;
        (_position, _seen) = (SegmentFormat.HeaderBytes, 0);
        _groups = sources.Group(_mapped);
    }

    private void Rewrite(CompactionGroup group)
    {
        Segment source = group.Sources[_source];
        bool mayDropTombstones = source.Generation > 0 && source.CleanedAt <= _request.TombstoneHorizon;
        bool ended = Visit(source, (offset, time, payload) =>
        {
            RecordKey? key = _request.KeyOf(payload);
            bool isDead = key is { } known && (_map.LastOf(known.Hash) > offset
                || (known.IsTombstone && mayDropTombstones && offset != sources.Newest));
            if (isDead) Dropped++;
            else Keep(group, offset, time, payload);
            if (!isDead && key is { IsTombstone: true } && !mayDropTombstones) _outputs[^1].Segment.Tombstones++;
            return true;
        });
        if (!ended || ++_source < group.Sources.Count) return;
        foreach (RewrittenSegment output in _outputs)
        {
            output.Finish();
            group.Outputs.Add(output.Segment);
        }

        _outputs.Clear();
        _source = 0;
        _group++;
        Finished = group;
    }

    private void Keep(CompactionGroup group, long offset, long time, ReadOnlySpan<byte> payload)
    {
        RewrittenSegment? output = _outputs.Count > 0 ? _outputs[^1] : null;
        if (output is null
            || output.Length + SegmentFormat.RecordHeaderBytes + payload.Length > options.SegmentBytes)
        {
            output?.Flush();
            long first = output is null ? group.Sources[0].BaseOffset : offset;
            output = new RewrittenSegment(files, sources.NewSegment(handles, group, first), _run);
            _outputs.Add(output);
        }

        output.Append(offset, time, payload);
    }

    /// <summary>Visits some records from the current place on; answers true at the end of the segment.</summary>
    private bool Visit(Segment source, RecordStep step)
    {
        SegmentExtent extent = source.Extent;
        int stop = (int)Math.Min((long)_position + StepBytes, extent.Length);
        int next = _position;
        int damaged;
        using (SegmentLease lease = source.Acquire())
        {
            damaged = SegmentScan.Visit(lease.File, extent, source.Salt, _position, (position, offset, time, payload) =>
            {
                next = position + SegmentFormat.RecordHeaderBytes + payload.Length;
                _seen++;
                return step(offset, time, payload) && next < stop;
            });
        }

        // What comes after damage cannot be trusted to be all that there was.
        bool ended = next >= extent.Length;
        if (damaged > 0 || (ended && _seen != extent.Records)) throw new DamagedSegmentException(source.Path);
        if (next == _position) throw new DamagedSegmentException(source.Path);
        (_position, _seen) = ended ? (SegmentFormat.HeaderBytes, 0) : (next, _seen);
        return ended;
    }

    /// <summary>Answers false to stop.</summary>
    private delegate bool RecordStep(long offset, long time, ReadOnlySpan<byte> payload);
}
