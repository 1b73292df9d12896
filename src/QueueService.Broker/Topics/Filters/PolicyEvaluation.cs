namespace QueueService.Broker.Topics.Filters;

/// <summary>Holds a policy against the fields of a message.</summary>
/// <param name="paths">For each path of the policy its id in the tree with which the fields were read.</param>
internal readonly ref struct PolicyEvaluation(MessageFields fields, ReadOnlySpan<int> paths, NumberMatching numbers)
{
    private const int Nothing = -1;

    private readonly ReadOnlySpan<int> _paths = paths;

    public bool Holds(Policy policy) => Holds(policy.Root, MessageFields.Root);

    /// <param name="parent">The object; −1 when there is none, so that every key is absent.</param>
    private bool Holds(PolicyObject policy, int parent)
    {
        foreach (PolicyClause clause in policy.Clauses)
            if (!Holds(clause, parent)) return false;
        return true;
    }

    private bool Holds(PolicyClause clause, int parent)
    {
        if (clause.Branches is not null)
        {
            foreach (PolicyObject branch in clause.Branches)
                if (Holds(branch, parent)) return true;
            return false;
        }

        int node = parent == Nothing ? Nothing : fields.Find(parent, _paths[clause.Path]);
        return clause.Nested is not null ? HoldsNested(clause.Nested, node) : HoldsAny(clause, node);
    }

    private bool HoldsNested(PolicyObject policy, int node)
    {
        if (node == Nothing) return Holds(policy, Nothing);
        FieldNode value = fields.Nodes[node];
        if (value.Kind == FieldKind.Object) return Holds(policy, node);
        bool objects = false;
        if (value.Kind == FieldKind.Array)
        {
            for (int element = node + 1; element < value.End; element = fields.Nodes[element].End)
            {
                if (fields.Nodes[element].Kind != FieldKind.Object) continue;
                objects = true;
                if (Holds(policy, element)) return true;
            }
        }

        return !objects && Holds(policy, Nothing);
    }

    private bool HoldsAny(PolicyClause clause, int node)
    {
        bool leaf = false;
        if (node != Nothing && fields.Nodes[node].Kind != FieldKind.Array)
            return HoldsOne(clause, node, ref leaf) || (!leaf && clause.MayBeAbsent);
        if (node != Nothing)
        {
            int end = fields.Nodes[node].End;
            for (int element = node + 1; element < end; element = fields.Nodes[element].End)
                if (HoldsOne(clause, element, ref leaf)) return true;
        }

        return !leaf && clause.MayBeAbsent;
    }

    private bool HoldsOne(PolicyClause clause, int node, ref bool leaf)
    {
        ref readonly FieldNode field = ref fields.Nodes[node];
        if (field.Kind == FieldKind.Object) return false;
        leaf = true;
        FieldValue value = fields.Value(field);
        foreach (Condition condition in clause.Conditions!)
            if (condition.Holds(value, numbers)) return true;
        return false;
    }
}
