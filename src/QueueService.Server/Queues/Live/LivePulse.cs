using QueueService.Server.Http;

namespace QueueService.Server.Queues.Live;

/// <summary>Ends the waits of a stream: when it is time for a heartbeat, when the client or the server goes, and when
/// somebody calls.</summary>
internal sealed class LivePulse : IDisposable
{
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _draining;
    private readonly CancellationTokenRegistration _gone;
    private readonly Lock _gate = new();
    private readonly Action _woken;
    private CancellationTokenSource _wake = new();
    private bool _beat;
    private bool _disposed;

    /// <param name="woken">Called with each wake-up, from any thread.</param>
    public LivePulse(LiveStreams live, CancellationToken gone, Action? woken = null)
    {
        _woken = woken ?? (static () => { });
        _timer = live.Time.CreateTimer(
            static pulse => ((LivePulse)pulse!).Beat(), this, Limits.Heartbeat, Limits.Heartbeat);
        _draining = live.Draining.UnsafeRegister(static pulse => ((LivePulse)pulse!).Wake(), this);
        _gone = gone.UnsafeRegister(static pulse => ((LivePulse)pulse!).Wake(), this);
    }

    /// <summary>A token for the next wait. What is looked at after this call is not missed by it.</summary>
    public CancellationToken Arm()
    {
        lock (_gate)
        {
            if (!_wake.IsCancellationRequested) return _wake.Token;
            _wake.Dispose();
            _wake = new CancellationTokenSource();
            return _wake.Token;
        }
    }

    /// <summary>Whether a heartbeat is due.</summary>
    public bool TakeBeat()
    {
        lock (_gate)
        {
            bool due = _beat;
            _beat = false;
            return due;
        }
    }

    public void Wake()
    {
        _woken();
        lock (_gate)
        {
            if (!_disposed) _wake.Cancel();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _draining.Dispose();
        _gone.Dispose();
        lock (_gate)
        {
            _disposed = true;
            _wake.Dispose();
        }
    }

    private void Beat()
    {
        lock (_gate) _beat = true;
        Wake();
    }
}
