using System.Runtime.InteropServices;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Patterns for routing keys as a tree of words. A key walks it word by word, in all places at once: what that
/// costs is bounded by the words times the nodes, also with several # in a row.</summary>
internal sealed class RoutingTree
{
    private readonly Node _root = new(parent: null, []);
    private List<Node> _places = [];
    private List<Node> _next = [];
    private long _step;

    public int Count { get; private set; }

    /// <summary>About how many filters a message makes one look at, when one more waits at this pattern.</summary>
    public int Cost(RoutingPattern pattern)
    {
        Node? node = _root;
        foreach (byte[] word in pattern.Words) node = node?.Child(word);
        return (node?.Slots.Count ?? 0) + (pattern.Literals == 0 && pattern.Words.Length > 0 ? 64 : 2);
    }

    public void Add(RoutingPattern pattern, int slot)
    {
        Node node = _root;
        foreach (byte[] word in pattern.Words) node = node.Child(word) ?? node.AddChild(word);
        node.Slots.Add(slot);
        Count++;
    }

    public void Remove(RoutingPattern pattern, int slot)
    {
        Node node = _root;
        foreach (byte[] word in pattern.Words) node = node.Child(word)!;
        node.Slots.Remove(slot);
        Count--;
        while (node.IsUnused && node.Parent is { } parent)
        {
            parent.RemoveChild(node.Word);
            node = parent;
        }
    }

    public void Collect(ReadOnlySpan<byte> key, Candidates candidates)
    {
        _places.Clear();
        _step++;
        Enter(_root, _places);
        for (int start = key.IsEmpty ? 1 : 0; start <= key.Length && _places.Count > 0;)
        {
            int end = RoutingPattern.EndOfWord(key, start);
            Step(key[start..end]);
            start = end + 1;
        }

        foreach (Node node in CollectionsMarshal.AsSpan(_places)) candidates.Add(node.Slots);
    }

    private void Step(ReadOnlySpan<byte> word)
    {
        _step++;
        _next.Clear();
        foreach (Node node in CollectionsMarshal.AsSpan(_places))
        {
            if (node.IsMany) Enter(node, _next);
            if (node.One is not null) Enter(node.One, _next);
            if (node.Words is not null && node.Words.TryGet(word, out Node? child)) Enter(child, _next);
        }

        (_places, _next) = (_next, _places);
    }

    private void Enter(Node node, List<Node> places)
    {
        if (node.Step == _step) return;
        node.Step = _step;
        places.Add(node);
        if (node.Many is not null) Enter(node.Many, places);
    }

    private sealed class Node(Node? parent, byte[] word)
    {
        public Node? Parent { get; } = parent;

        public byte[] Word { get; } = word;

        public bool IsMany { get; } = RoutingPattern.IsMany(word);

        public SlotList Slots { get; } = new();

        public BytesTable<Node>? Words { get; private set; }

        public Node? One { get; private set; }

        public Node? Many { get; private set; }

        /// <summary>The last step that came here.</summary>
        public long Step { get; set; }

        public bool IsUnused =>
            Slots.Count == 0 && One is null && Many is null && (Words is null || Words.Count == 0);

        public Node? Child(byte[] word)
        {
            if (RoutingPattern.IsOne(word)) return One;
            if (RoutingPattern.IsMany(word)) return Many;
            return Words is not null && Words.TryGet(word, out Node? child) ? child : null;
        }

        public Node AddChild(byte[] word)
        {
            Node child = new(this, word);
            if (RoutingPattern.IsOne(word)) One = child;
            else if (child.IsMany) Many = child;
            else (Words ??= new BytesTable<Node>()).Add(word, child);
            return child;
        }

        public void RemoveChild(byte[] word)
        {
            if (RoutingPattern.IsOne(word)) One = null;
            else if (RoutingPattern.IsMany(word)) Many = null;
            else Words!.Remove(word);
        }
    }
}
