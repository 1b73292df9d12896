using System.Runtime.InteropServices;
using QueueService.Broker.Messages;

namespace QueueService.Broker.Topics.Filters;

/// <summary>
/// The filters of a topic, found by what a message has instead of one after the other. A filter waits at one value that
/// it must have (<see cref="FilterAccess"/>), or at its routing key; a message brings up what waits at its values, and each of
/// those is then evaluated in full. For one thread at a time: matching uses memory of the index.
/// </summary>
internal sealed class FilterIndex
{
    private readonly Dictionary<uint, int> _slots = [];
    private readonly List<Entry?> _entries = [];
    private readonly Stack<int> _free = [];
    private readonly PolicyScope _attributes = new(FilterScope.Attributes);
    private readonly PolicyScope _body = new(FilterScope.Body);
    private readonly RoutingTree _routing = new();
    private readonly Candidates _candidates = new();
    private readonly List<AccessTerm> _terms = [];

    /// <summary>Those that nothing brings up: they are always looked at.</summary>
    private readonly SlotList _rest = new();

    public int Count => _slots.Count;

    /// <param name="id">Of the caller's choice; not in the index yet.</param>
    public void Add(uint id, SubscriptionFilter filter)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _entries.Count;
            _entries.Add(null);
        }

        _slots.Add(id, slot);
        PathNode[] paths = filter.Policy is null ? [] : Scope(filter).Acquire(filter.Policy);
        PolicyClause? clause = null;
        int cost = filter.Policy is null
            ? FilterAccess.Impossible
            : new FilterAccess(paths).Choose(filter.Policy.Root, out clause);
        bool byRouting = filter.Pattern is not null && _routing.Cost(filter.Pattern) < cost;
        _terms.Clear();
        if (byRouting) _routing.Add(filter.Pattern!, slot);
        else if (clause is null) _rest.Add(slot);
        else new FilterAccess(paths).AddTerms(clause, _terms);
        foreach (AccessTerm term in _terms) (term.Path.Postings ??= new KeyPostings()).Add(term.Condition, slot);
        _entries[slot] = new Entry(id, filter, paths, [.. _terms]) { IsByRouting = byRouting };
    }

    /// <returns>False when there was none.</returns>
    public bool Remove(uint id)
    {
        if (!_slots.Remove(id, out int slot)) return false;
        Entry entry = _entries[slot]!;
        foreach (AccessTerm term in entry.Terms) term.Path.Postings!.Remove(term.Condition, slot);
        if (entry.IsByRouting) _routing.Remove(entry.Filter.Pattern!, slot);
        else if (entry.Terms.Length == 0) _rest.Remove(slot);
        if (entry.Filter.Policy is not null) Scope(entry.Filter).Release(entry.Paths);
        _entries[slot] = null;
        _free.Push(slot);
        return true;
    }

    /// <summary>Appends the ids of all filters that match, in rising order.</summary>
    /// <param name="message">In the form in which the log keeps it.</param>
    public void Match(ReadOnlySpan<byte> message, List<uint> matching)
    {
        int before = matching.Count;
        ReadOnlySpan<byte> key = MessageFormat.RoutingKey(message);
        _candidates.Clear(_entries.Count);
        _attributes.Read(message);
        _body.Read(message);
        _attributes.Collect(_candidates);
        _body.Collect(_candidates);
        if (_routing.Count > 0) _routing.Collect(key, _candidates);
        _candidates.Add(_rest);
        foreach (int slot in _candidates.Slots)
        {
            Entry entry = _entries[slot]!;
            if (entry.Filter.Pattern is { } pattern && !entry.IsByRouting && !pattern.Matches(key)) continue;
            if (entry.Filter.Policy is { } policy
                && !Scope(entry.Filter).Holds(policy, entry.PathIds, entry.Filter.Numbers))
                continue;
            matching.Add(entry.Id);
        }

        CollectionsMarshal.AsSpan(matching)[before..].Sort();
    }

    private PolicyScope Scope(SubscriptionFilter filter) => filter.Scope == FilterScope.Body ? _body : _attributes;

    private sealed class Entry(
        uint id, SubscriptionFilter filter, PathNode[] paths, AccessTerm[] terms)
    {
        public uint Id { get; } = id;

        public SubscriptionFilter Filter { get; } = filter;

        public PathNode[] Paths { get; } = paths;

        public int[] PathIds { get; } = Array.ConvertAll(paths, path => path.Id);

        /// <summary>Where it waits.</summary>
        public AccessTerm[] Terms { get; } = terms;

        /// <summary>It waits at its routing key, which therefore needs no check.</summary>
        public bool IsByRouting { get; init; }
    }
}
