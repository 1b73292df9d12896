using QueueService.Broker.Messages;

namespace QueueService.Broker.Topics.Filters;

/// <summary>The keys of the filters of one scope, and what a message has at them.</summary>
internal sealed class PolicyScope(FilterScope scope)
{
    private bool _isRead;

    public PathTree Paths { get; } = new();

    public MessageFields Fields { get; } = new();

    public PathNode[] Acquire(Policy policy)
    {
        var nodes = new PathNode[policy.Paths.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            PolicyPath path = policy.Paths[i];
            nodes[i] = Paths.Acquire(path.Parent < 0 ? Paths.Root : nodes[path.Parent], path.Key);
        }

        return nodes;
    }

    public void Release(PathNode[] nodes)
    {
        for (int i = nodes.Length - 1; i >= 0; i--) Paths.Release(nodes[i]);
    }

    /// <summary>Reads a message's fields, if anything is to be held against them.</summary>
    public void Read(ReadOnlySpan<byte> message)
    {
        _isRead = !Paths.IsEmpty;
        if (!_isRead) return;
        if (scope == FilterScope.Body) _isRead = Fields.TryReadBody(message, Paths);
        else Fields.ReadAttributes(message, Paths);
    }

    public void Collect(Candidates candidates)
    {
        if (!_isRead) return;
        foreach (ref readonly FieldNode node in Fields.Nodes)
            if (node.Kind < FieldKind.Object) Paths[node.Path].Postings?.Collect(Fields.Value(node), candidates);
    }

    /// <summary>False for a message that has no such fields at all: a body that is not a JSON object.</summary>
    public bool Holds(Policy policy, ReadOnlySpan<int> paths, NumberMatching numbers) =>
        _isRead && new PolicyEvaluation(Fields, paths, numbers).Holds(policy);
}
