namespace QueueService.Broker.Topics.Filters;

/// <summary>The keys that any filter of an index names, as a tree: what of a message is looked at at all.</summary>
internal sealed class PathTree
{
    private readonly List<PathNode?> _nodes = [];
    private readonly Stack<int> _free = [];

    public PathTree() => _nodes.Add(Root = new PathNode(0, parent: null, []));

    public PathNode Root { get; }

    /// <summary>Above all ids.</summary>
    public int IdLimit => _nodes.Count;

    public bool IsEmpty => Root.Children is null || Root.Children.Count == 0;

    public PathNode this[int id] => _nodes[id]!;

    /// <summary>The node of a key, for one more user.</summary>
    public PathNode Acquire(PathNode parent, byte[] key)
    {
        parent.Children ??= new BytesTable<PathNode>();
        if (!parent.Children.TryGet(key, out PathNode? node))
        {
            if (!_free.TryPop(out int id))
            {
                id = _nodes.Count;
                _nodes.Add(null);
            }

            _nodes[id] = node = new PathNode(id, parent, key);
            parent.Children.Add(key, node);
        }

        node.Users++;
        return node;
    }

    /// <summary>Children before their parents.</summary>
    public void Release(PathNode node)
    {
        if (--node.Users > 0) return;
        node.Parent!.Children!.Remove(node.Key);
        _nodes[node.Id] = null;
        _free.Push(node.Id);
    }
}

internal sealed class PathNode(int id, PathNode? parent, byte[] key)
{
    public int Id { get; } = id;

    public PathNode? Parent { get; } = parent;

    public byte[] Key { get; } = key;

    /// <summary>Filters that name it, or a key below it.</summary>
    public int Users { get; set; }

    public BytesTable<PathNode>? Children { get; set; }

    public KeyPostings? Postings { get; set; }
}
