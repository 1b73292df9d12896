namespace QueueService.Broker.Topics.Filters;

/// <summary>The filters that can only match when one key has a value of theirs, found by the value. A list may hold
/// more than match: the filters themselves decide.</summary>
internal sealed class KeyPostings
{
    private SlotTable? _equal;
    private SlotTable? _folded;
    private SlotTable? _prefixes;
    private SlotTable? _suffixes;
    private AddressTable? _blocks;
    private Dictionary<double, SlotList>? _numbers;
    private RangeTable? _ranges;
    private ExclusionTable? _exclusions;
    private SlotList? _true;
    private SlotList? _false;
    private SlotList? _null;

    /// <summary>Those that want any value at all.</summary>
    private SlotList? _present;

    public void Add(Condition condition, int slot)
    {
        switch (Strategy(condition, out byte[] text))
        {
            case Operator.Equal: (_equal ??= new SlotTable()).Add(text, slot); break;
            case Operator.EqualIgnoringCase: (_folded ??= new SlotTable()).Add(text, slot); break;
            case Operator.Prefix: (_prefixes ??= new SlotTable()).Add(text, slot); break;
            case Operator.Suffix: (_suffixes ??= new SlotTable()).Add(text, slot); break;
            case Operator.Address: (_blocks ??= new AddressTable()).Add(condition.Block, slot); break;
            case Operator.Range: (_ranges ??= new RangeTable()).Add(condition, slot); break;
            case Operator.AnythingBut: (_exclusions ??= new ExclusionTable()).Add(condition, slot); break;
            case Operator.True: (_true ??= new SlotList()).Add(slot); break;
            case Operator.False: (_false ??= new SlotList()).Add(slot); break;
            case Operator.Null: (_null ??= new SlotList()).Add(slot); break;
            case Operator.EqualNumber:
                _numbers ??= [];
                if (!_numbers.TryGetValue(condition.Low, out SlotList? list))
                    _numbers.Add(condition.Low, list = new SlotList());
                list.Add(slot);
                break;
            default: (_present ??= new SlotList()).Add(slot); break;
        }
    }

    public void Remove(Condition condition, int slot)
    {
        switch (Strategy(condition, out byte[] text))
        {
            case Operator.Equal: _equal?.Remove(text, slot); break;
            case Operator.EqualIgnoringCase: _folded?.Remove(text, slot); break;
            case Operator.Prefix: _prefixes?.Remove(text, slot); break;
            case Operator.Suffix: _suffixes?.Remove(text, slot); break;
            case Operator.Address: _blocks?.Remove(condition.Block, slot); break;
            case Operator.Range: _ranges?.Remove(condition, slot); break;
            case Operator.AnythingBut: _exclusions?.Remove(condition, slot); break;
            case Operator.True: _true?.Remove(slot); break;
            case Operator.False: _false?.Remove(slot); break;
            case Operator.Null: _null?.Remove(slot); break;
            case Operator.EqualNumber:
                if (_numbers is null || !_numbers.TryGetValue(condition.Low, out SlotList? list)) break;
                list.Remove(slot);
                if (list.Count == 0) _numbers.Remove(condition.Low);
                break;
            default: _present?.Remove(slot); break;
        }
    }

    /// <summary>About how many filters a message that has the key makes one look at, when one more waits here: what
    /// waits for the same value, and a guess for how often the value is met.</summary>
    public int Cost(Condition condition) => Strategy(condition, out byte[] text) switch
    {
        Operator.Equal => 1 + (_equal?.CountOf(text) ?? 0),
        Operator.EqualIgnoringCase => 1 + (_folded?.CountOf(text) ?? 0),
        Operator.EqualNumber =>
            1 + (_numbers is not null && _numbers.TryGetValue(condition.Low, out SlotList? list) ? list.Count : 0),
        Operator.Prefix => 2 + (_prefixes?.CountOf(text) ?? 0),
        Operator.Suffix => 2 + (_suffixes?.CountOf(text) ?? 0),
        Operator.Address => 4 + (_blocks?.CountOf(condition.Block) ?? 0),
        Operator.Range => 16 + ((_ranges?.Count ?? 0) / 64),
        Operator.True => 8 + (_true?.Count ?? 0),
        Operator.False => 8 + (_false?.Count ?? 0),
        Operator.Null => 8 + (_null?.Count ?? 0),
        Operator.AnythingBut => 64 + (_exclusions?.Count ?? 0),
        _ => 64 + (_present?.Count ?? 0),
    };

    public void Collect(in FieldValue value, Candidates candidates)
    {
        candidates.Add(_present);
        _exclusions?.Collect(value, candidates);
        switch (value.Kind)
        {
            case FieldKind.String: CollectText(value.Text, candidates); break;
            case FieldKind.True: candidates.Add(_true); break;
            case FieldKind.False: candidates.Add(_false); break;
            case FieldKind.Null: candidates.Add(_null); break;
            default: break;
        }

        if (value.Number is not { } number) return;
        if (_numbers is not null && _numbers.TryGetValue(number, out SlotList? list)) candidates.Add(list);
        _ranges?.Collect(number, candidates);
    }

    /// <summary>How a condition is found. A pattern by what it begins or else ends with.</summary>
    private static Operator Strategy(Condition condition, out byte[] text)
    {
        text = condition.Text;
        if (condition.Operator != Operator.Wildcard) return condition.Operator;
        WildcardPattern pattern = condition.Pattern!;
        text = pattern.Prefix.Length > 0 ? pattern.Prefix : pattern.Suffix;
        if (pattern.Wildcards == 0) return Operator.Equal;
        return text.Length == 0 ? Operator.Exists : pattern.Prefix.Length > 0 ? Operator.Prefix : Operator.Suffix;
    }

    private void CollectText(ReadOnlySpan<byte> text, Candidates candidates)
    {
        _equal?.CollectEqual(text, candidates);
        _prefixes?.CollectPrefixes(text, candidates);
        _suffixes?.CollectSuffixes(text, candidates);
        _blocks?.Collect(text, candidates);
        if (_folded is null) return;
        Span<byte> folded = stackalloc byte[CaseFolding.MaxBytes + 4];
        int length = CaseFolding.Fold(text, folded);
        if (length >= 0) _folded.CollectEqual(folded[..length], candidates);
    }
}
