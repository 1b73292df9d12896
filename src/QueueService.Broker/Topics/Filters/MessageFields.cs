namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// What a message has at the keys that filters name, extracted once. A list of nodes in the order of the message: an
/// object or an array is followed by what is in it, up to its end; lists within lists are one list. The memory is kept
/// for the next message.
/// </summary>
internal sealed partial class MessageFields
{
    public const int Root = 0;

    /// <summary>Larger memory is not kept: a huge message must not stay in it.</summary>
    private const int MaxIdleNodes = 16_384;

    private const int MaxIdleBytes = 256 << 10;

    private FieldNode[] _nodes = new FieldNode[16];
    private byte[] _text = new byte[256];
    private Head[] _heads = [];
    private int _count;
    private int _used;
    private int _round;

    public ReadOnlySpan<FieldNode> Nodes => _nodes.AsSpan(0, _count);

    /// <summary>The node of a key in an object; −1 when it has none. Of a key that is there twice, the last.</summary>
    public int Find(int parent, int path)
    {
        if (parent == Root) return _heads[path].Round == _round ? _heads[path].Node : -1;
        int found = -1;
        for (int node = parent + 1; node < _nodes[parent].End; node = _nodes[node].End)
            if (_nodes[node].Path == path) found = node;
        return found;
    }

    public FieldValue Value(in FieldNode node) => new()
    {
        Kind = node.Kind,
        Text = node.Kind == FieldKind.String ? _text.AsSpan(node.Start, node.Length) : default,
        Number = node.Number,
    };

    private void Clear(PathTree paths)
    {
        if (_nodes.Length > MaxIdleNodes) _nodes = new FieldNode[16];
        if (_text.Length > MaxIdleBytes) _text = new byte[256];
        if (_heads.Length < paths.IdLimit || _round == int.MaxValue)
        {
            _heads = new Head[paths.IdLimit * 2];
            _round = 0;
        }

        _round++;
        (_count, _used) = (0, 0);
        Begin(new FieldNode { Kind = FieldKind.Object });
    }

    private int Begin(FieldNode node)
    {
        if (_count == _nodes.Length) Array.Resize(ref _nodes, _count * 2);
        _nodes[_count] = node with { End = _count + 1 };
        return _count++;
    }

    private void End(int node) => _nodes[node].End = _count;

    /// <summary>Remembers where a key of the root is.</summary>
    private void NoteHead(int path, int node) => _heads[path] = new Head(_round, node);

    private Span<byte> Reserve(int bytes)
    {
        if (_used + bytes > _text.Length) Array.Resize(ref _text, Math.Max(_used + bytes, _text.Length * 2));
        return _text.AsSpan(_used, bytes);
    }

    private void AddText(int path, ReadOnlySpan<byte> text, double? number = null)
    {
        text.CopyTo(Reserve(text.Length));
        Begin(new FieldNode { Path = path, Kind = FieldKind.String, Start = _used, Length = text.Length, Number = number });
        _used += text.Length;
    }

    private readonly record struct Head(int Round, int Node);
}

/// <summary>One value at a key.</summary>
internal record struct FieldNode
{
    public int Path { get; init; }

    public FieldKind Kind { get; init; }

    /// <summary>The node after this one and all in it.</summary>
    public int End { get; set; }

    public int Start { get; init; }

    public int Length { get; init; }

    public double? Number { get; init; }
}
