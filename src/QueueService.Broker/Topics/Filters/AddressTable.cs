using System.Runtime.InteropServices;

namespace QueueService.Broker.Topics.Filters;

/// <summary>The filters that want an address of a block, found by the lengths that there are.</summary>
internal sealed class AddressTable
{
    private readonly Dictionary<AddressBlock, SlotList> _lists = [];
    private readonly List<(byte Bits, bool IsV6, int Blocks)> _lengths = [];

    public int CountOf(AddressBlock block) => _lists.TryGetValue(block, out SlotList? list) ? list.Count : 0;

    public void Add(AddressBlock block, int slot)
    {
        if (!_lists.TryGetValue(block, out SlotList? list))
        {
            _lists.Add(block, list = new SlotList());
            CountBlock(block, 1);
        }

        list.Add(slot);
    }

    public void Remove(AddressBlock block, int slot)
    {
        if (!_lists.TryGetValue(block, out SlotList? list)) return;
        list.Remove(slot);
        if (list.Count > 0) return;
        _lists.Remove(block);
        CountBlock(block, -1);
    }

    public void Collect(ReadOnlySpan<byte> text, Candidates candidates)
    {
        if (_lengths.Count == 0 || !IpAddressText.TryParse(text, out UInt128 address, out bool isV6)) return;
        foreach ((byte bits, bool v6, _) in CollectionsMarshal.AsSpan(_lengths))
            if (v6 == isV6 && _lists.TryGetValue(AddressBlock.Of(address, bits, isV6), out SlotList? list))
                candidates.Add(list);
    }

    private void CountBlock(AddressBlock block, int change)
    {
        int place = _lengths.FindIndex(length => length.Bits == block.Bits && length.IsV6 == block.IsV6);
        if (place < 0)
        {
            place = _lengths.Count;
            _lengths.Add((block.Bits, block.IsV6, 0));
        }

        _lengths[place] = (block.Bits, block.IsV6, _lengths[place].Blocks + change);
        if (_lengths[place].Blocks == 0) _lengths.RemoveAt(place);
    }
}
