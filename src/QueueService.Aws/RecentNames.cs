namespace QueueService.Aws;

/// <summary>The queues to which something happened in the last 60 s, for the rules of AWS that make clients wait. Not
/// kept over a restart: nothing here needs the time.</summary>
/// <param name="isStrict">Whether anybody has to wait.</param>
internal sealed class RecentNames(bool isStrict, TimeProvider time)
{
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _at = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, long At)> _order = new();

    /// <summary>Notes that it happens now; false, and not noted, when it happened in the last 60 s.</summary>
    public bool TryNote(string name)
    {
        if (!isStrict) return true;
        lock (_gate)
        {
            ForgetOld();
            long now = time.GetTimestamp();
            if (!_at.TryAdd(name, now)) return false;
            _order.Enqueue((name, now));
            return true;
        }
    }

    public bool Contains(string name)
    {
        if (!isStrict) return false;
        lock (_gate)
        {
            ForgetOld();
            return _at.ContainsKey(name);
        }
    }

    /// <summary>It did not happen after all.</summary>
    public void Forget(string name)
    {
        lock (_gate) _at.Remove(name);
    }

    private void ForgetOld()
    {
        while (_order.TryPeek(out (string Name, long At) oldest) && time.GetElapsedTime(oldest.At) >= Wait)
        {
            _order.Dequeue();
            if (_at.GetValueOrDefault(oldest.Name) == oldest.At) _at.Remove(oldest.Name);
        }
    }
}
