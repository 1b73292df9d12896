namespace QueueService.Broker.Queues;

/// <summary>
/// Offsets by deadline, earliest first; equal deadlines by offset. Entries are not removed when their message moves on:
/// the queue recognises a stale one, and rebuilds the heap when most are stale.
/// </summary>
internal sealed class DeadlineHeap
{
    private (long Deadline, long Offset)[] _items = new (long, long)[16];

    public int Count { get; private set; }

    public (long Deadline, long Offset) First => _items[0];

    public void Clear()
    {
        Count = 0;
        if (_items.Length > 4096) _items = new (long, long)[16];
    }

    public void Push(long deadline, long offset)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 2);
        int at = Count++;
        (long, long) item = (deadline, offset);
        while (at > 0)
        {
            int parent = (at - 1) >> 2;
            if (_items[parent].CompareTo(item) <= 0) break;
            _items[at] = _items[parent];
            at = parent;
        }

        _items[at] = item;
    }

    public void Pop()
    {
        (long, long) item = _items[--Count];
        int at = 0;
        while (true)
        {
            int first = (at << 2) + 1;
            if (first >= Count) break;
            int least = first;
            int end = Math.Min(first + 4, Count);
            for (int child = first + 1; child < end; child++)
                if (_items[child].CompareTo(_items[least]) < 0) least = child;
            if (_items[least].CompareTo(item) >= 0) break;
            _items[at] = _items[least];
            at = least;
        }

        _items[at] = item;
    }
}
