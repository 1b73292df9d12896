using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Storage;
using QueueService.Storage.Logs;
using QueueService.Storage.Tiering;

namespace QueueService.Broker;

/// <summary>Segments of streams in the object store: how they get there, and how their records come back.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Segments that are held for their move at once.</summary>
    private const int MovesPerRound = 16;

    private bool _orphansDeleted;

    /// <summary>One pass: deletes objects that nobody names any more, then moves what the streams' policies say, one
    /// segment after the other. To be called every some seconds, one call at a time. Ends at the first failure of the
    /// object store: the next pass goes on.</summary>
    public async Task<TieringPass> RunTiering(CancellationToken cancellation)
    {
        var pass = new TieringPass();
        if (_shard.Store.Tier is not { } tier) return pass;
        try
        {
            pass.Deleted = await DeleteObjects(tier, cancellation);
            while (!cancellation.IsCancellationRequested && await MoveSome(tier, pass, cancellation))
            {
            }
        }
        catch (IOException failure)
        {
            pass.Failure = failure.Message;
        }
        catch (OperationCanceledException)
        {
            // The server stops, or somebody ended the job: the rest is for the next pass.
        }

        return pass;
    }

    /// <summary>The segments of a partition from an offset on. What is only in memory and in the journal is in none.
    /// </summary>
    /// <param name="limit">1 to 1,000.</param>
    public async ValueTask<Result<IReadOnlyList<SegmentState>>> ListSegments(
        StreamName name, int partition, long from, int limit)
    {
        Result<AppendLog> log = await Query<AppendLog>(shard =>
            shard.FindQueue(name.Address) is not { } stream ? BrokerError.StreamNotFound
            : partition < stream.Partitions ? stream.FindLane(partition)!.Log
            : BrokerError.PartitionNotFound);
        return log.Succeeded ? SegmentState.List(log.Value, from, limit) : log.Error;
    }

    /// <summary>Off the thread that hands out answers: it has others to give. A simulation has only one.</summary>
    private async ValueTask LeaveSweep()
    {
        if (_thread is not null) await Task.Yield();
    }

    /// <summary>Messages that were looked at: nothing has to be undone when they cannot be had.</summary>
    private async ValueTask<Result<ReceivedMessages>> Fetch(ValueTask<Result<ReceivedMessages>> answer)
    {
        Result<ReceivedMessages> result = await answer;
        if (!result.Succeeded || await TryFetch(result.Value)) return result;
        result.Value.Dispose();
        return BrokerError.TierUnavailable;
    }

    /// <summary>Answers false when the object store does not give them.</summary>
    private async ValueTask<bool> TryFetch(ReceivedMessages messages)
    {
        if (!messages.NeedsFetch) return true;
        try
        {
            await LeaveSweep();
            await messages.Fetch(_shard.Store.Tier!);
            return true;
        }
        catch (ObjectStoreException)
        {
            return false;
        }
    }

    /// <summary>Before the store is asked again by something that nobody has to repeat.</summary>
    private Task PauseFetching() => Task.Delay(TimeSpan.FromSeconds(1), _time);

    private async ValueTask<long?> FindTimeOnDisk(Lane lane, long time)
    {
        if (_shard.Store.Tier is not { } tier) return lane.FindTimeOnDisk(time);
        await LeaveSweep();
        return Position.First(lane.Number) + await tier.FindTime(lane.Log, time);
    }

    /// <summary>Null when the object store would have to say it and does not.</summary>
    private async ValueTask<Dictionary<int, long>?> TryFindTime(QueueName name, long time)
    {
        try
        {
            return await FindTime(name, time);
        }
        catch (ObjectStoreException)
        {
            return null;
        }
    }

    /// <summary>As the poll itself would have done, in a commit of its own.</summary>
    private async ValueTask<Result<PollAnswer>> CommitAnswered(GroupName name, PollRequest request, PollAnswer answer)
    {
        Result<CommitOutcome> commit = await Commit(
            name, new CommitRequest(request.Member, answer.Generation, answer.NextOffsets));
        if (commit.Succeeded && commit.Value.Refused == BrokerError.None) return answer;
        answer.Dispose();
        if (!commit.Succeeded) return commit.Error;
        return new PollAnswer { Refused = commit.Value.Refused, Partition = commit.Value.Partition };
    }

    private async ValueTask<int> DeleteObjects(Tier tier, CancellationToken cancellation)
    {
        int deleted = 0;
        if (!_orphansDeleted)
        {
            HashSet<string>? named = await Ask<HashSet<string>?>(static (shard, _) => shard.Store.RemoteNames());
            if (named is null) return 0;
            await LeaveSweep();
            deleted = await tier.DeleteOrphans(named, cancellation);
            _orphansDeleted = true;
        }

        return deleted + await tier.DeleteObsolete(cancellation);
    }

    /// <summary>Answers whether there may be more.</summary>
    private async ValueTask<bool> MoveSome(Tier tier, TieringPass pass, CancellationToken cancellation)
    {
        List<(MessageQueue Stream, HeldSegment Segment)> due =
            await Ask<List<(MessageQueue, HeldSegment)>>(static (shard, _) => SelectMovable(shard), []);
        await LeaveSweep();
        try
        {
            foreach ((MessageQueue stream, HeldSegment segment) in due)
            {
                if (cancellation.IsCancellationRequested) return false;
                await Move(tier, (stream, segment), pass, cancellation);
            }
        }
        finally
        {
            foreach ((_, HeldSegment segment) in due) segment.Release();
        }

        return due.Count == MovesPerRound;
    }

    private async ValueTask Move(
        Tier tier, (MessageQueue Stream, HeldSegment Segment) due, TieringPass pass, CancellationToken cancellation)
    {
        try
        {
            UploadedSegment uploaded = await tier.Upload(due.Segment, cancellation);

            // The policy may be gone by now, and the stream be one that is compacted.
            if (!await Ask<bool>((shard, _) =>
                shard.Store.MarkRemote(uploaded, isWanted: due.Stream.Config.Stream?.Tier is not null))) return;
            pass.Moved++;
            pass.MovedBytes += uploaded.Bytes;
            await LeaveSweep();
        }
        catch (SegmentDamagedException)
        {
            due.Segment.MarkDamaged();
            pass.Damaged++;
        }
    }

    private static List<(MessageQueue Stream, HeldSegment Segment)> SelectMovable(Shard shard)
    {
        var due = new List<(MessageQueue, HeldSegment)>();
        foreach (MessageQueue stream in shard.Queues)
        {
            if (stream.Config.Stream?.Tier is not { } policy) continue;
            long olderThan = policy.AfterSeconds is { } after ? shard.Now - (after * 1_000) : long.MinValue;
            foreach (Lane lane in stream.Lanes)
            {
                int room = MovesPerRound - due.Count;
                if (room == 0) return due;
                due.AddRange(Store.Movable(lane.Log, olderThan, policy.LocalBytes ?? long.MaxValue, room)
                    .Select(segment => (stream, segment)));
            }
        }

        return due;
    }
}

/// <summary>What one pass did.</summary>
public sealed class TieringPass
{
    public int Moved { get; internal set; }

    public long MovedBytes { get; internal set; }

    /// <summary>Objects that nobody named any more.</summary>
    public int Deleted { get; internal set; }

    /// <summary>Segments that stay, because they are damaged on the local disk.</summary>
    public int Damaged { get; internal set; }

    /// <summary>Why it ended early; null when it did not.</summary>
    public string? Failure { get; internal set; }
}
