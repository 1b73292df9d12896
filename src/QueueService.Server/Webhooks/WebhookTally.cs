namespace QueueService.Server.Webhooks;

/// <summary>Counts the attempts of one subscription. Thread-safe; some bytes until the first attempt, 2 KB then.
/// </summary>
internal sealed class WebhookTally
{
    private readonly Lock _gate = new();
    private float[]? _latencies;
    private long _attempts;
    private long _successes;
    private int _inFlight;

    public void Begin() => Interlocked.Increment(ref _inFlight);

    public void End() => Interlocked.Decrement(ref _inFlight);

    public void Add(WebhookAttempt attempt)
    {
        lock (_gate)
        {
            _latencies ??= new float[WebhookLimits.LatenciesKept];
            _latencies[_attempts % _latencies.Length] = (float)attempt.Timings.Total.TotalMilliseconds;
            _attempts++;
            if (attempt.Succeeded) _successes++;
        }
    }

    public WebhookStats Read(CircuitStatus circuit)
    {
        lock (_gate)
        {
            return new WebhookStats
            {
                Attempts = _attempts,
                Successes = _successes,
                Latency = Percentiles(),
                Circuit = circuit,
                InFlight = Volatile.Read(ref _inFlight),
            };
        }
    }

    private LatencyPercentiles? Percentiles()
    {
        if (_latencies is null) return null;
        float[] sorted = _latencies[..(int)Math.Min(_attempts, _latencies.Length)];
        Array.Sort(sorted);
        return new LatencyPercentiles(At(sorted, 0.50), At(sorted, 0.95), At(sorted, 0.99));
    }

    /// <summary>The smallest one that is at least as large as this share of all.</summary>
    private static double At(float[] sorted, double share) =>
        Math.Round(sorted[(int)Math.Ceiling(share * sorted.Length) - 1], 3);
}
