using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Storage.Compaction;

namespace QueueService.Broker;

/// <summary>Compaction of streams: storage does it, and this says when.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Compacts the partitions that are due, one after the other. To be called every few seconds, one call at
    /// a time.</summary>
    /// <param name="all">Every partition of a compacted stream, however little there is to do.</param>
    public async Task<CompactionRun> CompactStreams(bool all, CancellationToken cancellation)
    {
        List<(MessageQueue, Lane)> due = await Ask<List<(MessageQueue, Lane)>>(
            (shard, _) => Compaction.FindDue(shard, all), []);
        var run = new CompactionRun();
        foreach ((MessageQueue stream, Lane lane) in due)
        {
            if (cancellation.IsCancellationRequested) break;
            if (await Compact(stream, lane, all, cancellation) is not { } outcome) continue;
            run = run with
            {
                Partitions = run.Partitions + 1,
                BytesBefore = run.BytesBefore + outcome.BytesBefore,
                BytesAfter = run.BytesAfter + outcome.BytesAfter,
                Dropped = run.Dropped + outcome.Dropped,
                Failures = outcome.Failure is null ? run.Failures : [.. run.Failures,
                    $"{StreamName.At(stream.Name).Value}, partition {lane.Number}: {outcome.Failure.Message}"],
            };
        }

        return run;
    }

    /// <summary>Null when it is not due any more, or does not end before the call is cancelled.</summary>
    private async ValueTask<CompactionOutcome?> Compact(
        MessageQueue stream, Lane lane, bool all, CancellationToken cancellation)
    {
        // A simulation goes on where the answer is given.
        var ended = new TaskCompletionSource<CompactionOutcome>(
            _thread is null ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        bool started = await Ask<bool>((shard, _) =>
            Compaction.RequestFor(shard, stream, lane, all) is { } request
            && shard.Store.TryCompact(lane.Log, request, ended.SetResult));
        if (!started) return null;
        try
        {
            return await ended.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}

/// <summary>What compaction did.</summary>
public sealed record CompactionRun
{
    public int Partitions { get; init; }

    /// <summary>Of the segments that were replaced.</summary>
    public long BytesBefore { get; init; }

    /// <summary>Of those that replaced them.</summary>
    public long BytesAfter { get; init; }

    /// <summary>Records.</summary>
    public long Dropped { get; init; }

    /// <summary>Partitions that could not be compacted, or not all of them, and why.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];
}
