using System.Collections.Immutable;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Operations;

public enum OperationKind : byte
{
    /// <summary>Moves dead letters back to where they came from, or to a named queue.</summary>
    Redrive = 0,

    /// <summary>Removed all messages of a queue, at once.</summary>
    Purge = 1,

    /// <summary>Adds the lines of a request to a queue while they arrive.</summary>
    Import = 2,
}

public enum OperationStatus : byte
{
    Queued = 0,
    Running = 1,
    Succeeded = 2,
    Failed = 3,
    Cancelled = 4,
}

/// <summary>Why one message stayed where it was, or a line was not taken.</summary>
public enum MessageFailure : byte
{
    /// <summary>It is no dead letter, so there is no queue that it came from.</summary>
    NoSource = 0,

    /// <summary>The queue that it came from does not exist any more.</summary>
    TargetNotFound = 1,

    /// <summary>It is larger than the target allows.</summary>
    TooLarge = 2,

    /// <summary>Its bytes are damaged on disk.</summary>
    Damaged = 3,

    /// <summary>A line of an import that is not a message.</summary>
    InvalidLine = 4,

    /// <summary>The limits of the target leave no room; nothing is dropped for it.</summary>
    QueueFull = 5,
}

/// <summary>Why an operation as a whole failed. Kept in the log: a value never changes its meaning.</summary>
public enum OperationProblem : byte
{
    None = 0,

    /// <summary>The queue that it worked on was deleted.</summary>
    QueueNotFound = 1,

    /// <summary>The queue to which it moved messages was deleted.</summary>
    TargetNotFound = 2,

    /// <summary>The request of an import ended before its body did, or the server was stopped.</summary>
    Interrupted = 3,
}

/// <summary>Names an operation for ever; numbers rise and are never given twice.</summary>
public readonly record struct OperationId(long Number)
{
    private const string Prefix = "op-";

    public static bool TryParse(ReadOnlySpan<char> text, out OperationId id)
    {
        long number = 0;
        bool valid = text.StartsWith(Prefix, StringComparison.Ordinal)
            && long.TryParse(text[Prefix.Length..], System.Globalization.NumberStyles.None, null, out number)
            && text[Prefix.Length..] is not ['0', ..];
        id = new OperationId(number);
        return valid;
    }

    public override string ToString() => Prefix + Number.ToString();
}

/// <summary>Long work on a queue: what it is to do, how far it is, and how it ended. A value of one moment; every
/// change of it is a record of the log. Instants are Unix milliseconds, 0 when they did not come yet.</summary>
public sealed record Operation
{
    public required OperationId Id { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>The queue that it works on.</summary>
    public required QueueName Queue { get; init; }

    public OperationStatus Status { get; init; }

    /// <summary>Messages or lines that it has dealt with, whatever became of them.</summary>
    public long Done { get; init; }

    /// <summary>What there was to deal with when it started; what there was in fact once it succeeded.</summary>
    public long Total { get; init; }

    public long CreatedAt { get; init; }

    public long StartedAt { get; init; }

    public long FinishedAt { get; init; }

    /// <summary>Messages moved, removed or added; for a dry run those that would be.</summary>
    public long Affected { get; init; }

    /// <summary>Messages that it left alone: leased, delayed, or not what the filter asks for.</summary>
    public long Skipped { get; init; }

    /// <summary>Messages that it should have dealt with and could not, by reason.</summary>
    public ImmutableSortedDictionary<MessageFailure, long> Failures { get; init; } =
        ImmutableSortedDictionary<MessageFailure, long>.Empty;

    /// <summary>Why it failed.</summary>
    public OperationProblem Problem { get; init; }

    /// <summary>Nothing is changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>What a redrive is to do; null for other kinds.</summary>
    public RedriveRequest? Redrive { get; init; }

    public bool IsActive => Status is OperationStatus.Queued or OperationStatus.Running;

    /// <summary>The queue's number: one that was deleted and created again is another queue.</summary>
    internal uint Resource { get; init; }

    /// <summary>Everything below was dealt with.</summary>
    internal long Cursor { get; init; }

    /// <summary>Where the lanes of the queue ended when the operation was created: what comes later is not its
    /// business.</summary>
    internal ImmutableArray<long> Until { get; init; } = [];

    /// <summary>The next message that it has to deal with, from a position on; null when there is none.</summary>
    internal long? NextFrom(MessageQueue queue, long position)
    {
        foreach (long end in Until)
        {
            if (end <= position || queue.FindLane(Position.LaneOf(end)) is not { } lane) continue;
            long next = lane.NextPresent(Math.Max(position, Position.First(lane.Number)));
            if (next < end) return next;
        }

        return null;
    }

    /// <summary>Behind all of them.</summary>
    internal long End => Until.IsEmpty ? 0 : Until[^1];

    internal Operation Fail(MessageFailure reason, long count) => count == 0
        ? this
        : this with { Failures = Failures.SetItem(reason, Failures.GetValueOrDefault(reason) + count) };

    internal Operation Finish(
        OperationStatus status, long now, OperationProblem problem = OperationProblem.None) => this with
    {
        Status = status,
        StartedAt = StartedAt == 0 ? now : StartedAt,
        FinishedAt = now,
        Problem = problem,
        Total = status == OperationStatus.Succeeded ? Done : Math.Max(Total, Done),
    };
}

/// <summary>A page of a listing, the newest operation first.</summary>
/// <param name="Next">The last id of this page when more follow; pass it as `before`.</param>
public sealed record OperationPage(IReadOnlyList<Operation> Operations, OperationId? Next);

/// <summary>Which operations a listing is about, the newest first; what is null lets everything through.</summary>
/// <param name="Before">The last one of the page before.</param>
/// <param name="Limit">1 or more.</param>
public sealed record OperationListing(OperationId? Before, int Limit)
{
    public OperationStatus? Status { get; init; }

    public OperationKind? Kind { get; init; }

    /// <summary>Those on the queue that has this name now, or that had it.</summary>
    public QueueName? Queue { get; init; }

    internal bool Wants(Operation operation) =>
        (Before is not { } newer || operation.Id.Number < newer.Number)
        && (Status is null || operation.Status == Status) && (Kind is null || operation.Kind == Kind)
        && (Queue is null || operation.Queue == Queue);
}

/// <summary>The bounds of operations.</summary>
public static class OperationLimits
{
    /// <summary>Queued and running at once: each is looked at in every pass.</summary>
    public const int Active = 100;

    /// <summary>Kept in memory and in each snapshot, finished ones included: the oldest finished one makes room.
    /// </summary>
    public const int Kept = 1_000;

    /// <summary>Days that a finished one is kept: a weekend and some.</summary>
    public const int KeptDays = 7;

    /// <summary>Messages a second that a redrive may be held to.</summary>
    public const int MaxRatePerSecond = 1_000_000;
}
