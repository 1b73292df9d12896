using System.ComponentModel;
using System.Runtime.InteropServices;

namespace QueueService.Benchmarks.Load;

/// <summary>
/// Linux epoll, level-triggered. One thread waits for many sockets with one system call per batch of events; the
/// runtime's own socket engine would cost a thread hop for every reply, on the cores that the server needs.
/// </summary>
internal sealed unsafe partial class EventPoll : IDisposable
{
    private const int AddControl = 1;
    private const int ModifyControl = 3;
    private const uint Readable = 1;
    private const uint Writable = 4;
    private const int Interrupted = 4;
    private const int Capacity = 256;

    // struct epoll_event { u32 events; u64 data } is packed on x64 only.
    private static readonly int _dataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int _eventSize = _dataOffset + sizeof(long);

    private readonly byte[] _events = new byte[Capacity * 16];
    private readonly int _descriptor = Check(EpollCreate(0));

    public void Add(nint descriptor, int key) => Control(AddControl, descriptor, key, Readable);

    /// <summary>Readable is always watched; writable only while a request could not be handed over whole.</summary>
    public void Change(nint descriptor, int key, bool writable) =>
        Control(ModifyControl, descriptor, key, writable ? Readable | Writable : Readable);

    /// <summary>Fills in the keys of ready descriptors; 0 when the time passed without one.</summary>
    public int Wait(Span<int> keys, int milliseconds)
    {
        fixed (byte* events = _events)
        {
            int ready = EpollWait(_descriptor, events, Math.Min(keys.Length, Capacity), milliseconds);
            if (ready < 0 && Marshal.GetLastPInvokeError() == Interrupted) return 0;
            Check(ready);
            for (int i = 0; i < ready; i++) keys[i] = *(int*)(events + (i * _eventSize) + _dataOffset);
            return ready;
        }
    }

    public void Dispose() => _ = Close(_descriptor);

    private void Control(int operation, nint descriptor, int key, uint interest)
    {
        byte* change = stackalloc byte[16];
        *(uint*)change = interest;
        *(long*)(change + _dataOffset) = key;
        Check(EpollControl(_descriptor, operation, (int)descriptor, change));
    }

    private static int Check(int result) =>
        result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int poll, int operation, int descriptor, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(int poll, byte* events, int capacity, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
