using System.Buffers;
using System.Runtime.InteropServices;

namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// The filters that want anything but some values, in groups that exclude the same. A value tells which groups may
/// exclude it; all others want it. So what that costs is the groups and what matches, not the filters that do not.
/// </summary>
internal sealed class ExclusionTable
{
    private readonly BytesTable<Group> _groups = new();
    private readonly List<Group?> _places = [];
    private readonly Stack<int> _free = [];

    /// <summary>Groups by the values that they exclude.</summary>
    private readonly KeyPostings _excluded = new();
    private readonly Candidates _excluding = new();

    /// <summary>Filters in it.</summary>
    public int Count { get; private set; }

    public void Add(Condition condition, int slot)
    {
        byte[] signature = Signature(condition);
        if (!_groups.TryGet(signature, out Group? group))
        {
            if (!_free.TryPop(out int place))
            {
                place = _places.Count;
                _places.Add(null);
            }

            _places[place] = group = new Group(place, condition);
            _groups.Add(signature, group);
            foreach (Condition excluded in condition.Excluded) _excluded.Add(excluded, place);
        }

        group.Slots.Add(slot);
        Count++;
    }

    public void Remove(Condition condition, int slot)
    {
        byte[] signature = Signature(condition);
        if (!_groups.TryGet(signature, out Group? group)) return;
        group.Slots.Remove(slot);
        Count--;
        if (group.Slots.Count > 0) return;
        foreach (Condition excluded in condition.Excluded) _excluded.Remove(excluded, group.Place);
        _groups.Remove(signature);
        _places[group.Place] = null;
        _free.Push(group.Place);
    }

    public void Collect(in FieldValue value, Candidates candidates)
    {
        _excluding.Clear(_places.Count);
        _excluded.Collect(value, _excluding);
        foreach (Group? group in CollectionsMarshal.AsSpan(_places))
        {
            if (group is null || (_excluding.Contains(group.Place) && group.Excludes(value))) continue;
            candidates.Add(group.Slots);
        }
    }

    private static byte[] Signature(Condition condition)
    {
        ArrayBufferWriter<byte> bytes = new();
        foreach (Condition excluded in condition.Excluded)
        {
            bytes.Write([(byte)excluded.Operator]);
            bytes.Write(BitConverter.GetBytes(excluded.Low));
            bytes.Write(BitConverter.GetBytes(excluded.Text.Length));
            bytes.Write(excluded.Text);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private sealed class Group(int place, Condition condition)
    {
        private readonly bool _isExact = Array.TrueForAll(
            condition.Excluded, excluded => excluded.Operator is Operator.Equal or Operator.EqualNumber);

        public int Place { get; } = place;

        public SlotList Slots { get; } = new();

        /// <summary>Whether a value that was found among the excluded ones is excluded, whichever strings are taken for
        /// numbers.</summary>
        public bool Excludes(in FieldValue value)
        {
            bool isCertain = _isExact && (value.Kind == FieldKind.Number || value.Number is null);
            return isCertain || (!condition.Holds(value, NumberMatching.NumbersOnly)
                && !condition.Holds(value, NumberMatching.NumbersInStrings));
        }
    }
}
