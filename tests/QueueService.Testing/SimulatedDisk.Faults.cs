using QueueService.Storage.Files;
using QueueService.Testing.Disk;

namespace QueueService.Testing;

/// <content>What tests ask of the disk besides storing: failures, limits, crashes, counts.</content>
public sealed partial class SimulatedDisk
{
    private readonly TraceHash _hash = new();
    private readonly FaultPlan _faults = new();
    private readonly long[] _counts = new long[Enum.GetValues<DiskOperation>().Length];
    private long _capacity;
    private string? _causeOfDeath;

    /// <summary>Bytes in blocks of 4 KiB that may be taken; can be changed at any time, also below what is used.
    /// Writes into blocks that a file has already never need space.</summary>
    public long Capacity
    {
        get => Volatile.Read(ref _capacity);
        set => Volatile.Write(ref _capacity, value);
    }

    /// <summary>Bytes taken by files that have a name or are open; names and folders are free.</summary>
    public long UsedBytes { get; private set; }

    public long BytesRead { get; private set; }

    public long BytesWritten { get; private set; }

    /// <summary>A hash of all operations so far with their paths, positions and written bytes.</summary>
    public ulong TraceHash
    {
        get
        {
            lock (Gate)
                return _hash.Value;
        }
    }

    /// <summary>Called inside the disk's lock before each operation, also before one that fails.</summary>
    public Action<DiskEvent>? Observer { get; set; }

    /// <summary>The one lock of the disk and all its files.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>How often an operation was tried, with the failed ones.</summary>
    public long Count(DiskOperation operation)
    {
        lock (Gate)
            return _counts[(int)operation];
    }

    /// <summary>Lets the <paramref name="nth"/> operation of a kind from now on fail, and the following ones too when
    /// <paramref name="times"/> says so.</summary>
    public void Fail(DiskOperation operation, int nth = 1, int times = 1, DiskFault fault = DiskFault.InputOutputError)
    {
        lock (Gate)
            _faults.Add(operation, nth, times, fault);
    }

    /// <summary>Forgets the failures that have not happened yet.</summary>
    public void StopFailing()
    {
        lock (Gate)
            _faults.Clear();
    }

    /// <summary>Lets the process make only so many more changes; the next one kills it instead of happening. With
    /// <see cref="PowerCut"/> or <see cref="KillProcess"/> afterwards, this is a crash at a chosen step.</summary>
    public void DieAfter(long changes)
    {
        lock (Gate)
            _faults.ChangesLeft = changes;
    }

    /// <summary>Turns one bit over, on the disk and in the page cache.</summary>
    public void FlipBit(string path, long position, int bit)
    {
        lock (Gate)
            _tree.File(path).FlipBit(position, bit);
    }

    /// <summary>Cuts the power and answers the disk as the next process finds it. What was synced is there; each
    /// unsynced write is dropped, kept or torn, as the seed says.</summary>
    /// <remarks>This disk stops with all its handles, but keeps its state, so that the same moment can be cut with many
    /// seeds. Capacity carries over; faults, counts and locks do not.</remarks>
    public SimulatedDisk PowerCut(ulong seed)
    {
        lock (Gate)
        {
            _causeOfDeath ??= "The power was cut.";
            return new(_tree.AfterPowerCut(new SeededRandom(seed)), Capacity);
        }
    }

    /// <summary>Ends the process as kill -9 does and answers the disk as the next process finds it: with everything
    /// that was written, synced or not, and what is pending still pending.</summary>
    public SimulatedDisk KillProcess()
    {
        lock (Gate)
        {
            _causeOfDeath ??= "The process was killed.";
            return new(_tree.Copy(), Capacity);
        }
    }

    internal void Begin(DiskOperation operation, string path, long position = 0, long length = 0)
    {
        if (TryBegin(operation, path, position, length) is { } failure)
            throw failure;
    }

    /// <summary>Counts and traces an operation; answers the failure that was planned for it, if any.</summary>
    internal IOException? TryBegin(DiskOperation operation, string path, long position = 0, long length = 0)
    {
        ThrowIfDead();
        if (operation >= DiskOperation.Create && _faults.ChangesLeft-- == 0)
            _causeOfDeath = "The process was killed at the step that the test chose.";
        ThrowIfDead();
        var happening = new DiskEvent(operation, path, position, length);
        _counts[(int)operation]++;
        _hash.Add((long)operation);
        _hash.Add(path);
        _hash.Add(position);
        _hash.Add(length);
        Observer?.Invoke(happening);
        return _faults.Next(happening);
    }

    internal void ThrowIfDead()
    {
        if (_causeOfDeath is not null)
            throw new IOException($"{_causeOfDeath} This disk and its handles are dead.");
    }

    internal int Read(FileNode file, Span<byte> buffer, long position)
    {
        var count = file.Content.Read(buffer, position);
        BytesRead += count;
        return count;
    }

    /// <summary>Writes as much as there is space for, like the kernel, before it says that the disk is full.</summary>
    internal void Write(FileNode file, ReadOnlySpan<byte> bytes, long position, string path)
    {
        _hash.Add(bytes);
        var before = file.Content.AllocatedBytes;
        var fitting = file.Content.Fitting(position, bytes.Length, Math.Max(0, Capacity - UsedBytes));
        file.Write(bytes[..fitting], position);
        UsedBytes += file.Content.AllocatedBytes - before;
        BytesWritten += fitting;
        if (fitting < bytes.Length)
            throw new DiskFullException($"Write of '{path}' failed with ENOSPC.");
    }

    internal void SetLength(FileNode file, long length)
    {
        var before = file.Content.AllocatedBytes;
        file.SetLength(length);
        UsedBytes += file.Content.AllocatedBytes - before;
    }

    internal void Close(FileNode file)
    {
        file.Handles--;
        if (!file.IsAlive)
            UsedBytes -= file.Content.AllocatedBytes;
    }
}
