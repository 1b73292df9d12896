using QueueService.Storage.Files;

namespace QueueService.Testing.Disk;

/// <summary>Which of the coming operations fail, and when the process dies.</summary>
internal sealed class FaultPlan
{
    private readonly List<Fault> _faults = [];

    /// <summary>How many more changes the process lives to make; null: no limit.</summary>
    public long? ChangesLeft { get; set; }

    public void Add(DiskOperation operation, int nth, int times, DiskFault kind) =>
        _faults.Add(new() { Operation = operation, Before = nth - 1, Times = times, Kind = kind });

    public void Clear() => _faults.Clear();

    /// <summary>Counts the operation against the plan; answers the exception that it has to throw, if any.</summary>
    public IOException? Next(in DiskEvent operation)
    {
        IOException? failure = null;
        foreach (var fault in _faults)
        {
            if (fault.Operation != operation.Operation || fault.Times == 0)
                continue;
            if (fault.Before-- > 0)
                continue;
            fault.Times--;
            failure ??= fault.Kind == DiskFault.DiskFull
                ? new DiskFullException($"{operation.Operation} of '{operation.Path}' failed with ENOSPC (injected).")
                : new IOException($"{operation.Operation} of '{operation.Path}' failed with EIO (injected).");
        }

        return failure;
    }

    private sealed class Fault
    {
        public DiskOperation Operation { get; init; }

        public DiskFault Kind { get; init; }

        public int Before { get; set; }

        public int Times { get; set; }
    }
}
