using System.Buffers;
using QueueService.Storage;

namespace QueueService.Broker.Operations;

/// <summary>The records of the operations' resource.</summary>
internal enum OperationRecord : byte
{
    /// <summary>An operation as it is from now on: see <see cref="OperationFormat"/>.</summary>
    Stored = 1,

    /// <summary>varint number: it was kept long enough.</summary>
    Removed = 2,

    /// <summary>text name of a job.</summary>
    JobPaused = 3,

    /// <summary>text name of a job.</summary>
    JobResumed = 4,
}

/// <summary>
/// All operations that are known, and which periodic jobs are paused: the fold of a resource that has no log. What an
/// operation moved and that it did so are in one frame, so after a crash it goes on behind the last page that happened.
/// </summary>
internal sealed class OperationTable
{
    /// <summary>Far from the numbers of queues, which count up from 1.</summary>
    public const uint Resource = uint.MaxValue - 1;

    private const ulong SnapshotVersion = 1;

    private readonly SortedDictionary<long, Operation> _operations = [];
    private readonly SortedSet<string> _pausedJobs = new(StringComparer.Ordinal);

    public long NextNumber { get; private set; } = 1;

    public int Count => _operations.Count;

    public IReadOnlyCollection<string> PausedJobs => _pausedJobs;

    /// <summary>The oldest first.</summary>
    public IEnumerable<Operation> All => _operations.Values;

    public Operation? Find(OperationId id) => _operations.GetValueOrDefault(id.Number);

    public void Apply(in JournalRecord record)
    {
        var reader = new SpanReader(record.Payload);
        switch ((OperationRecord)record.Type)
        {
            case OperationRecord.Stored:
                Operation operation = OperationFormat.Read(ref reader);
                _operations[operation.Id.Number] = operation;
                NextNumber = Math.Max(NextNumber, operation.Id.Number + 1);
                break;
            case OperationRecord.Removed:
                _operations.Remove((long)reader.ReadVarint());
                break;
            case OperationRecord.JobPaused:
                _pausedJobs.Add(reader.ReadText());
                break;
            case OperationRecord.JobResumed:
                _pausedJobs.Remove(reader.ReadText());
                break;
            default:
                throw new InvalidOperationException(
                    $"Operation record type {record.Type} is not known to this version.");
        }
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint(SnapshotVersion);
        output.WriteVarint((ulong)NextNumber);
        output.WriteVarint((ulong)_operations.Count);
        foreach (Operation operation in _operations.Values) OperationFormat.Write(output, operation);
        output.WriteVarint((ulong)_pausedJobs.Count);
        foreach (string job in _pausedJobs) output.WriteText(job);
    }

    public void Restore(ref SpanReader input)
    {
        input.ReadVarint();
        NextNumber = (long)input.ReadVarint();
        for (ulong count = input.ReadVarint(); count > 0; count--)
        {
            Operation operation = OperationFormat.Read(ref input);
            _operations.Add(operation.Id.Number, operation);
        }

        for (ulong count = input.ReadVarint(); count > 0; count--) _pausedJobs.Add(input.ReadText());
    }
}
