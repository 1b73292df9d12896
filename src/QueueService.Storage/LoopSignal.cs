using System.Runtime.InteropServices;

namespace QueueService.Storage;

/// <summary>
/// Wakes one waiting thread, with waits in microseconds: the commit window is shorter than the millisecond that the
/// runtime's own primitives can wait. An eventfd and ppoll.
/// </summary>
public sealed partial class LoopSignal : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const short PollIn = 1;

    private int _descriptor;

    public LoopSignal()
    {
        _descriptor = EventFd(0, CloseOnExec | NonBlocking);
        if (_descriptor < 0) throw new IOException($"eventfd failed: error {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Ends the current wait, or the next one.</summary>
    public void Set()
    {
        ulong one = 1;
        _ = Write(_descriptor, in one, sizeof(ulong));
    }

    /// <summary>Waits until set, at most this long; answers whether it was set. Spurious wake-ups are possible.
    /// </summary>
    public bool Wait(TimeSpan timeout)
    {
        var poll = new PollDescriptor { Descriptor = _descriptor, Events = PollIn };
        long nanoseconds = Math.Max(0, (long)timeout.TotalNanoseconds);
        var time = new TimeSpec { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        if (PPoll(ref poll, 1, in time, 0) <= 0) return false;
        _ = Read(_descriptor, out ulong _, sizeof(ulong));
        return true;
    }

    /// <summary>A second call must not close what has been opened under the same number meanwhile.</summary>
    public void Dispose()
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0) _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int PPoll(ref PollDescriptor descriptors, nuint count, in TimeSpec timeout, nint mask);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, out ulong value, nuint bytes);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int descriptor, in ulong value, nuint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
