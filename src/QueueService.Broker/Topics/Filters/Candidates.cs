namespace QueueService.Broker.Topics.Filters;

/// <summary>The filters that may match a message, each once.</summary>
internal sealed class Candidates
{
    private int[] _slots = [];
    private int[] _seen = [];
    private int _round;
    private int _count;

    public ReadOnlySpan<int> Slots => _slots.AsSpan(0, _count);

    /// <param name="slots">Places that there are.</param>
    public void Clear(int slots)
    {
        _count = 0;
        if (_slots.Length < slots)
        {
            _slots = new int[slots * 2];
            _seen = new int[slots * 2];
            _round = 0;
        }

        if (++_round != int.MaxValue) return;
        Array.Clear(_seen);
        _round = 1;
    }

    public void Add(SlotList? list)
    {
        if (list is null) return;
        foreach (int slot in list.Slots) Add(slot);
    }

    public void Add(int slot)
    {
        if (_seen[slot] == _round) return;
        _seen[slot] = _round;
        _slots[_count++] = slot;
    }
}
