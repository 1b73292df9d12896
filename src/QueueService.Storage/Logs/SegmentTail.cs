using QueueService.Storage.Files;

namespace QueueService.Storage.Logs;

/// <summary>The writer's end of the newest segment of one log.</summary>
internal sealed class SegmentTail(Segment segment)
{
    private int _nextIndexed;
    private int _end = SegmentFormat.HeaderBytes;
    private long _lastOffset = segment.BaseOffset - 1;
    private long _maxTime = long.MinValue;

    public Segment Segment => segment;

    /// <summary>Null while the file is not open.</summary>
    public IFile? File { get; set; }

    /// <summary>Something was written that no sync covers yet. Such a file stays open: a failure of its writeback is
    /// reported to those who have it open.</summary>
    public bool IsDirty { get; set; }

    /// <summary>Where the next write goes.</summary>
    public int Position { get; set; }

    public int Records { get; private set; }

    public SegmentExtent Extent => new(_end, segment.BaseOffset, _lastOffset, _maxTime, Records);

    public void Note(long offset, long time, int position, int end)
    {
        _end = end;
        _lastOffset = offset;
        _maxTime = Math.Max(_maxTime, time);
        Records++;
        if (position < _nextIndexed) return;
        segment.NewIndex.Add(offset, _maxTime, position);
        _nextIndexed = position + SparseIndex.Spacing;
    }
}
