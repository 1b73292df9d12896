namespace QueueService.Broker.Topics.Filters;

/// <summary>One of the values by which a filter is found.</summary>
internal readonly record struct AccessTerm(PathNode Path, Condition Condition);

/// <summary>
/// Chooses by which values a filter is found: those of one clause that must hold, the clause that makes the index look at
/// the fewest filters in vain. Because lists that are long already cost more, filters that have one value in common spread
/// over what they differ in.
/// </summary>
internal readonly ref struct FilterAccess(ReadOnlySpan<PathNode> paths)
{
    /// <summary>Nothing of the filter can be looked up: it is always looked at.</summary>
    public const int Impossible = int.MaxValue;

    private readonly ReadOnlySpan<PathNode> _paths = paths;

    /// <summary>The cheapest clause of an object, and what it costs.</summary>
    public int Choose(PolicyObject policy, out PolicyClause? best)
    {
        best = null;
        int least = Impossible;
        foreach (PolicyClause clause in policy.Clauses)
        {
            int cost = Cost(clause);
            if (cost >= least) continue;
            least = cost;
            best = clause;
        }

        return least;
    }

    /// <summary>What a message must have one of for the clause to hold.</summary>
    public void AddTerms(PolicyClause clause, List<AccessTerm> terms)
    {
        if (clause.Conditions is not null)
        {
            foreach (Condition condition in clause.Conditions) terms.Add(new AccessTerm(_paths[clause.Path], condition));
            return;
        }

        foreach (PolicyObject inner in clause.Branches ?? [clause.Nested!])
        {
            Choose(inner, out PolicyClause? best);
            AddTerms(best!, terms);
        }
    }

    private int Cost(PolicyClause clause)
    {
        if (clause.MayBeAbsent) return Impossible;
        long cost = 0;
        foreach (Condition condition in clause.Conditions ?? [])
            cost += (_paths[clause.Path].Postings ??= new KeyPostings()).Cost(condition);
        if (clause.Nested is not null) cost += Choose(clause.Nested, out _);
        foreach (PolicyObject branch in clause.Branches ?? []) cost += Choose(branch, out _);
        return (int)Math.Min(cost, Impossible);
    }
}
