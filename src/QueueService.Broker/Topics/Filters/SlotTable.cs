using System.Runtime.InteropServices;

namespace QueueService.Broker.Topics.Filters;

/// <summary>The filters that want an exact string, found by it; and those that want a beginning or an end, found by the
/// lengths that there are.</summary>
internal sealed class SlotTable
{
    private readonly BytesTable<SlotList> _lists = new();

    /// <summary>How many keys there are of each length, in rising order.</summary>
    private readonly List<(int Length, int Keys)> _lengths = [];

    public int CountOf(byte[] key) => _lists.TryGet(key, out SlotList? list) ? list.Count : 0;

    public void Add(byte[] key, int slot)
    {
        if (!_lists.TryGet(key, out SlotList? list))
        {
            _lists.Add(key, list = new SlotList());
            CountKey(key.Length, 1);
        }

        list.Add(slot);
    }

    public void Remove(byte[] key, int slot)
    {
        if (!_lists.TryGet(key, out SlotList? list)) return;
        list.Remove(slot);
        if (list.Count > 0) return;
        _lists.Remove(key);
        CountKey(key.Length, -1);
    }

    public void CollectEqual(ReadOnlySpan<byte> text, Candidates candidates)
    {
        if (_lists.TryGet(text, out SlotList? list)) candidates.Add(list);
    }

    public void CollectPrefixes(ReadOnlySpan<byte> text, Candidates candidates)
    {
        foreach ((int length, _) in CollectionsMarshal.AsSpan(_lengths))
        {
            if (length > text.Length) return;
            CollectEqual(text[..length], candidates);
        }
    }

    public void CollectSuffixes(ReadOnlySpan<byte> text, Candidates candidates)
    {
        foreach ((int length, _) in CollectionsMarshal.AsSpan(_lengths))
        {
            if (length > text.Length) return;
            CollectEqual(text[^length..], candidates);
        }
    }

    private void CountKey(int length, int change)
    {
        int place = 0;
        while (place < _lengths.Count && _lengths[place].Length < length) place++;
        if (place == _lengths.Count || _lengths[place].Length != length) _lengths.Insert(place, (length, 0));
        _lengths[place] = (length, _lengths[place].Keys + change);
        if (_lengths[place].Keys == 0) _lengths.RemoveAt(place);
    }
}
