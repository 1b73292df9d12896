namespace QueueService.Broker.Topics.Filters;

/// <summary>Places of filters in their index.</summary>
internal sealed class SlotList
{
    private int[] _slots = new int[1];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Slots => _slots.AsSpan(0, Count);

    public void Add(int slot)
    {
        if (Count == _slots.Length) Array.Resize(ref _slots, Count * 2);
        _slots[Count++] = slot;
    }

    public void Remove(int slot)
    {
        int place = Slots.IndexOf(slot);
        if (place >= 0) _slots[place] = _slots[--Count];
    }
}
