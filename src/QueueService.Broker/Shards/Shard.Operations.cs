using QueueService.Broker.Operations;

namespace QueueService.Broker.Shards;

/// <summary>What the shard writes about operations and jobs.</summary>
internal sealed partial class Shard
{
    public OperationTable Operations { get; } = new();

    /// <summary>Imports whose request is still there; one that is not among them was interrupted.</summary>
    public HashSet<OperationId> LiveImports { get; } = [];

    /// <summary>Writes an operation as it is from now on into the open frame.</summary>
    public void Write(Operation operation)
    {
        _scratch.ResetWrittenCount();
        OperationFormat.Write(_scratch, operation);
        Apply(OperationTable.Resource, (byte)OperationRecord.Stored, _scratch.WrittenSpan);
    }

    /// <summary>Forgets an operation, in the open frame.</summary>
    public void Remove(OperationId id)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteVarint((ulong)id.Number);
        Apply(OperationTable.Resource, (byte)OperationRecord.Removed, _scratch.WrittenSpan);
    }

    public void WriteJob(string name, bool paused)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteText(name);
        Apply(
            OperationTable.Resource, (byte)(paused ? OperationRecord.JobPaused : OperationRecord.JobResumed),
            _scratch.WrittenSpan);
    }
}
