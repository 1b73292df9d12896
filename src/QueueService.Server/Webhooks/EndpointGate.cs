namespace QueueService.Server.Webhooks;

/// <summary>How much of one endpoint's deliveries may go on: at most eight attempts at once, and no more than so many
/// within any second. Thread-safe.</summary>
/// <param name="ratePerSecond">Null when there is no limit.</param>
internal sealed class EndpointGate(
    TimeProvider time, int? ratePerSecond = null, int concurrency = WebhookLimits.EndpointConcurrency)
{
    private readonly Lock _gate = new();
    private readonly AttemptWindow? _window = ratePerSecond is { } rate ? new AttemptWindow(rate) : null;
    private int _busy;

    public int Busy
    {
        get
        {
            lock (_gate) return _busy;
        }
    }

    /// <summary>Enters, to be followed by <see cref="Leave"/>. When the endpoint has had its share, answers how long to
    /// wait; null when the next one that leaves makes room.</summary>
    public bool TryEnter(out TimeSpan? wait)
    {
        lock (_gate)
        {
            wait = null;
            if (_busy >= concurrency) return false;
            if (_window is not null && !_window.TryTake(time, out TimeSpan rest))
            {
                wait = rest;
                return false;
            }

            _busy++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (_busy == 0) throw new InvalidOperationException("Nobody is inside.");
            _busy--;
        }
    }
}
