namespace QueueService.Broker.Queues;

/// <summary>Positions in order, cheap to add and to take at both ends.</summary>
internal sealed class PositionRing
{
    private long[] _items = new long[2];
    private int _first;

    public int Count { get; private set; }

    public long this[int index]
    {
        get => _items[(_first + index) & (_items.Length - 1)];
        private set => _items[(_first + index) & (_items.Length - 1)] = value;
    }

    public void AddLast(long position)
    {
        if (Count == _items.Length) Grow();
        this[Count++] = position;
    }

    public void AddFirst(long position)
    {
        if (Count == _items.Length) Grow();
        _first = (_first - 1) & (_items.Length - 1);
        Count++;
        this[0] = position;
    }

    /// <summary>Nearly always the first: what is handed out together usually ends in the same order.</summary>
    public void Remove(long position)
    {
        int at = 0;
        while (at < Count && this[at] != position) at++;
        if (at == Count) return;
        for (; at > 0; at--) this[at] = this[at - 1];
        _first = (_first + 1) & (_items.Length - 1);
        Count--;
    }

    private void Grow()
    {
        var larger = new long[_items.Length * 2];
        for (int i = 0; i < Count; i++) larger[i] = this[i];
        _items = larger;
        _first = 0;
    }
}
