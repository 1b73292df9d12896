using QueueService.Broker.Streams;
using QueueService.Server.Hosting;

namespace QueueService.Server.Streams.Tables;

/// <summary>The tables that somebody asked for lately.</summary>
internal sealed class TableHost(BrokerHost host, int maxKeys) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamName, StreamTable> _tables = [];
    private ITimer? _timer;

    /// <summary>All tables together have more keys than they may: whoever finds that gives its own away.</summary>
    public bool HasTooManyKeys
    {
        get
        {
            lock (_gate) return _tables.Values.Sum(static table => (long)table.Count) > maxKeys;
        }
    }

    public void Start() =>
        _timer = host.Time.CreateTimer(_ => ForgetIdle(), null, TableLimits.SweepInterval, TableLimits.SweepInterval);

    public StreamTable Of(StreamName stream)
    {
        lock (_gate)
        {
            if (!_tables.TryGetValue(stream, out StreamTable? table))
                _tables.Add(stream, table = new StreamTable(host, this, stream));
            table.UsedAt = host.Time.GetTimestamp();
            return table;
        }
    }

    public void Dispose() => _timer?.Dispose();

    public void Forget(StreamName stream)
    {
        lock (_gate) _tables.Remove(stream);
    }

    private void ForgetIdle()
    {
        lock (_gate)
        {
            foreach ((StreamName stream, StreamTable table) in _tables)
                if (host.Time.GetElapsedTime(table.UsedAt) >= TableLimits.IdleTime) _tables.Remove(stream);
        }
    }
}

/// <summary>Bounds of tables.</summary>
internal static class TableLimits
{
    /// <summary>Keys of all tables together: some 100 bytes each, and the key.</summary>
    public const int Keys = 2_000_000;

    /// <summary>Scans of one table that wait for their next page: 16 bytes of each key at most.</summary>
    public const int Scans = 16;

    /// <summary>From the first page of a scan on. Compaction leaves what was superseded for longer than that, so every
    /// page finds the values of the first page's moment.</summary>
    public static readonly TimeSpan ScanLife = TimeSpan.FromMinutes(5);

    /// <summary>A table that nobody asked for in this time is forgotten.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    /// <summary>What retention took stays counted, but is not shown, for so long.</summary>
    public static readonly TimeSpan PruneInterval = TimeSpan.FromMinutes(1);

    /// <summary>One request reads the stream for so long; the next one goes on.</summary>
    public static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(10);
}
