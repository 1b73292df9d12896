using QueueService.Broker;

namespace QueueService.Server.Jobs;

/// <summary>Periodic work.</summary>
/// <param name="Interval">From the end of a run to the next one, at least.</param>
/// <param name="Run">Made of broker calls; ends soon when it is cancelled. Answers what it did, for people.</param>
internal sealed record Job(
    string Name, string Description, TimeSpan Interval, Func<MessageBroker, CancellationToken, Task<string>> Run)
{
    /// <summary>What it does when somebody triggers it; null: the same.</summary>
    public Func<MessageBroker, CancellationToken, Task<string>>? RunByHand { get; init; }
}

/// <summary>All periodic work. A new job is a line here: schedules are code, and what a job must remember is in the
/// log.</summary>
internal static class JobList
{
    public const string Operations = "operations";

    private static readonly TimeSpan EverySecond = TimeSpan.FromSeconds(1);

    public static readonly IReadOnlyList<Job> All =
    [
        new("retention", "Ends messages that are older than their queue keeps them.", EverySecond,
            static async (broker, stop) => $"{await broker.ExpireMessages(stop)} messages expired."),
        new("redelivery",
            "Moves failed messages to their dead-letter queues and applies retry delays, also when nobody receives.",
            EverySecond,
            static async (broker, stop) =>
                $"{await broker.MoveDeadLetters(stop)} messages moved to dead-letter queues."),
        new("alarms", "Evaluates the alarms of all queues and tells the feed what changed.", EverySecond,
            static async (broker, _) => $"{await broker.EvaluateAlarms()} alarms changed."),
        new(Operations, "Goes on with redrives, and forgets operations that were kept long enough.", EverySecond,
            static async (broker, stop) => $"{await broker.RunOperations(stop)} messages moved."),
        new("tiering", "Moves segments of streams to the object store, and deletes objects that nobody needs.",
            TimeSpan.FromSeconds(10), MoveSegments),
        new("compaction",
            "Compacts the partitions of streams of which enough has changed; all of them when it is triggered by hand.",
            TimeSpan.FromSeconds(15), static (broker, stop) => Compact(broker, all: false, stop))
        {
            RunByHand = static (broker, stop) => Compact(broker, all: true, stop),
        },
    ];

    /// <summary>A failure ends the run as one that did not succeed: the next one goes on.</summary>
    private static async Task<string> MoveSegments(MessageBroker broker, CancellationToken stop)
    {
        TieringPass pass = await broker.RunTiering(stop);
        string done = $"{pass.Moved} segments ({pass.MovedBytes} bytes) moved, {pass.Deleted} objects deleted, " +
            $"{pass.Damaged} damaged segments left where they are.";
        return pass.Failure is null ? done : throw new IOException($"{done} Then: {pass.Failure}");
    }

    private static async Task<string> Compact(MessageBroker broker, bool all, CancellationToken stop)
    {
        CompactionRun run = await broker.CompactStreams(all, stop);
        string failures =
            run.Failures.Count == 0 ? "" : $" Not compacted to their ends: {string.Join("; ", run.Failures)}";
        return $"{run.Partitions} partitions compacted: {run.Dropped} records went, {run.BytesBefore} bytes became " +
            $"{run.BytesAfter}.{failures}";
    }

    public static Job? Find(string name) => All.FirstOrDefault(job => job.Name == name);
}
