using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace QueueService.Benchmarks.Load;

/// <summary>
/// An open loop's clock: a timerfd that becomes readable at a fixed rate, because epoll's own timeout is coarse (1 ms).
/// A round whose turn comes while all connections are busy waits here, and that wait is part of its latency.
/// </summary>
internal sealed unsafe partial class Pacer : IDisposable
{
    private const int MonotonicClock = 1;
    private const int NonBlocking = 0x800;

    private readonly Queue<long> _due = new();
    private readonly long _interval;
    private readonly int _descriptor;

    public Pacer(double perSecond)
    {
        _interval = (long)(Stopwatch.Frequency / perSecond);
        _descriptor = TimerCreate(MonotonicClock, NonBlocking);
        // struct itimerspec: seconds and nanoseconds of the interval, then of the first expiry.
        long* times = stackalloc long[4];
        times[0] = times[2] = _interval / 1_000_000_000;
        times[1] = times[3] = _interval % 1_000_000_000;
        if (_descriptor < 0 || TimerSet(_descriptor, 0, times, null) < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public nint Descriptor => _descriptor;

    /// <summary>Notes the rounds that have become due since the last call.</summary>
    public void Tick()
    {
        long expired;
        if (Read(_descriptor, &expired, sizeof(long)) != sizeof(long)) return;
        long now = Stopwatch.GetTimestamp();
        while (expired-- > 0) _due.Enqueue(now - (expired * _interval));
    }

    public bool TryTake(out long due) => _due.TryDequeue(out due);

    public void Dispose() => _ = Close(_descriptor);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int TimerCreate(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    private static partial int TimerSet(int descriptor, int flags, long* times, long* former);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, long* buffer, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
