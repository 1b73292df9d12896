namespace QueueService.Server.Webhooks;

/// <summary>An attempt that a circuit let through; report its end exactly once.</summary>
internal readonly record struct CircuitPermit(string Authority, long Number);

/// <summary>The circuits of all authorities. Thread-safe. Holds at most so many: the one used longest ago is forgotten,
/// which closes it.</summary>
internal sealed class Circuits(
    TimeProvider time, CircuitOptions? options = null, int capacity = WebhookLimits.Circuits)
{
    private readonly CircuitOptions _options = options ?? new CircuitOptions();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Authority, Circuit Circuit)>> _byAuthority = [];
    private readonly LinkedList<(string Authority, Circuit Circuit)> _byUse = [];
    private long _permits;

    /// <summary>How many are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _byAuthority.Count;
        }
    }

    /// <summary>Lets an attempt through; else answers how long to wait, or null while a probe runs: ask again when it
    /// has ended. No attempt is spent by waiting.</summary>
    public bool TryEnter(string authority, out CircuitPermit permit, out TimeSpan? wait)
    {
        lock (_gate)
        {
            permit = new CircuitPermit(authority, ++_permits);
            return Touch(authority).TryEnter(permit.Number, out wait);
        }
    }

    /// <param name="failed"><see cref="WebhookAttempt.IsHostFailing"/>; null when no attempt was made.</param>
    public void Report(CircuitPermit permit, bool? failed)
    {
        lock (_gate)
        {
            if (_byAuthority.TryGetValue(permit.Authority, out var node))
                node.Value.Circuit.Report(permit.Number, failed);
        }
    }

    public CircuitStatus Status(string authority)
    {
        lock (_gate)
        {
            return _byAuthority.TryGetValue(authority, out var node)
                ? node.Value.Circuit.Status
                : new CircuitStatus(CircuitState.Closed, 0, null);
        }
    }

    private Circuit Touch(string authority)
    {
        if (_byAuthority.TryGetValue(authority, out LinkedListNode<(string Authority, Circuit Circuit)>? node))
        {
            _byUse.Remove(node);
        }
        else
        {
            if (_byAuthority.Count >= capacity)
            {
                _byAuthority.Remove(_byUse.Last!.Value.Authority);
                _byUse.RemoveLast();
            }

            node = new((authority, new Circuit(_options, time)));
            _byAuthority.Add(authority, node);
        }

        _byUse.AddFirst(node);
        return node.Value.Circuit;
    }
}
