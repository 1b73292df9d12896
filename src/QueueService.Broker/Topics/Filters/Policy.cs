namespace QueueService.Broker.Topics.Filters;

/// <summary>A filter policy: the conditions, and the paths of the keys that they name.</summary>
/// <param name="Paths">Parents before their children.</param>
internal sealed record Policy(PolicyObject Root, IReadOnlyList<PolicyPath> Paths);

/// <summary>A key below another one.</summary>
/// <param name="Parent">Place in <see cref="Policy.Paths"/>; −1 at the top.</param>
internal sealed record PolicyPath(int Parent, byte[] Key);

/// <summary>An object of a policy: all its clauses must hold.</summary>
internal sealed record PolicyObject(PolicyClause[] Clauses);

/// <summary>A key with its conditions, a key with an object, or `$or`.</summary>
internal sealed class PolicyClause
{
    /// <summary>Place in <see cref="Policy.Paths"/>; −1 for `$or`.</summary>
    public int Path { get; init; } = -1;

    /// <summary>Of which one must hold.</summary>
    public Condition[]? Conditions { get; init; }

    /// <summary>What the object at the key, or an element of a list of objects, must be.</summary>
    public PolicyObject? Nested { get; init; }

    /// <summary>Of which one must hold.</summary>
    public PolicyObject[]? Branches { get; init; }

    /// <summary>One of the conditions is that the key is absent.</summary>
    public bool MayBeAbsent { get; init; }
}
