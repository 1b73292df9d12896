using QueueService.Storage.Files;

namespace QueueService.Storage.Logs;

/// <summary>The open files of all segments: at most a fixed number, the least recently used one closes first, and one
/// that is being read never does.</summary>
internal sealed class SegmentFiles(IFileSystem files, int maxOpen) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Segment> _recent = new();

    public SegmentLease Acquire(Segment segment)
    {
        lock (_gate)
        {
            if (segment.OpenFile is null)
            {
                segment.OpenFile = files.Open(segment.Path, FileOpening.Read);
                segment.Place = _recent.AddFirst(segment);
                CloseSurplus();
            }
            else if (segment.Place != _recent.First)
            {
                _recent.Remove(segment.Place!);
                _recent.AddFirst(segment.Place!);
            }

            segment.Users++;
            return new SegmentLease(this, segment, segment.OpenFile);
        }
    }

    public void Release(Segment segment)
    {
        lock (_gate)
        {
            segment.Users--;
            if (segment.Retired && segment.Users == 0) Close(segment);
        }
    }

    /// <summary>Closes the file as soon as nobody reads it: the name is about to go.</summary>
    public void Retire(Segment segment)
    {
        lock (_gate)
        {
            segment.Retired = true;
            if (segment.Users == 0) Close(segment);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            while (_recent.First is { } first) Close(first.Value);
        }
    }

    private void CloseSurplus()
    {
        LinkedListNode<Segment>? node = _recent.Last;
        while (_recent.Count > maxOpen && node is not null)
        {
            LinkedListNode<Segment>? previous = node.Previous;
            if (node.Value.Users == 0 && node != _recent.First) Close(node.Value);
            node = previous;
        }
    }

    private void Close(Segment segment)
    {
        segment.OpenFile?.Dispose();
        segment.OpenFile = null;
        if (segment.Place is { } place) _recent.Remove(place);
        segment.Place = null;
    }
}

/// <summary>An open segment that stays open until it is disposed.</summary>
internal readonly struct SegmentLease(SegmentFiles files, Segment segment, IFile file) : IDisposable
{
    public IFile File => file;

    public void Dispose() => files.Release(segment);
}
