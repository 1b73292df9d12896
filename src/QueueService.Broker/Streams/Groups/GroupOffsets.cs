using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Streams.Groups;

/// <summary>Committing and resetting offsets, on the loop.</summary>
internal static class GroupOffsets
{
    /// <summary>What a repeated commit answers.</summary>
    public static CommitOutcome ReadOutcome(ReadOnlySpan<byte> _) => default;

    public static Result<CommitOutcome> Commit(
        Shard shard, PlainCommand<Result<CommitOutcome>> command, GroupName name,
        CommitRequest asked)
    {
        if (!shard.TryFindGroup(name, out ConsumerGroup? group, out MessageQueue? stream, out BrokerError missing))
            return missing;
        command.Wrote = GroupMembership.Keep(shard, group, stream, asked.Member);
        if (asked.Member is null && group.Members.Count > 0) return BrokerError.GroupHasMembers;
        CommitOutcome outcome = asked.Member is null
            ? CheckEnds(stream, asked.Offsets)
            : Check(group, stream, asked);
        if (outcome.Refused != BrokerError.None) return outcome;
        shard.Store.BeginFrame();
        shard.WriteCommitted(group, asked.Offsets.Select(static entry => (entry.Key, entry.Value)));
        shard.EndFrame();
        command.Wrote = true;
        if (asked.Member is not null) group.Renew(group.Find(asked.Member)!, shard.Now, works: true);
        return outcome;
    }

    /// <summary>Whether a member may commit these: it owns each partition, and has since the generation it
    /// names.</summary>
    public static CommitOutcome Check(
        ConsumerGroup group, MessageQueue stream, CommitRequest asked)
    {
        if (group.Find(asked.Member!) is null || asked.Generation > group.Generation)
            return new CommitOutcome(BrokerError.StaleGeneration, -1);
        foreach (int partition in asked.Offsets.Keys)
        {
            if (partition >= stream.Partitions) return new CommitOutcome(BrokerError.PartitionNotFound, partition);
            PartitionClaim? claim = partition < group.Claims.Count ? group.Claims[partition] : null;
            if (claim is null || claim.Owner != asked.Member || claim.Since > (asked.Generation ?? group.Generation))
                return new CommitOutcome(BrokerError.StaleGeneration, partition);
        }

        return CheckEnds(stream, asked.Offsets);
    }

    public static CommitOutcome CheckEnds(MessageQueue stream, PartitionOffsets offsets)
    {
        foreach ((int partition, long offset) in offsets)
        {
            if (partition >= stream.Partitions) return new CommitOutcome(BrokerError.PartitionNotFound, partition);
            if (offset > Position.OffsetOf(stream.FindLane(partition)!.End))
                return new CommitOutcome(BrokerError.OffsetBeyondEnd, partition);
        }

        return default;
    }

    /// <summary>Sets offsets: the places are positions by partition, of the first record of the time that is asked for.
    /// </summary>
    public static Result<ResetOutcome> Reset(
        Shard shard, PlainCommand<Result<ResetOutcome>> command, GroupName name,
        (ResetRequest Request, IReadOnlyDictionary<int, long> Places) asked)
    {
        if (!shard.TryFindGroup(name, out ConsumerGroup? group, out MessageQueue? stream, out BrokerError missing))
            return missing;
        command.Wrote = GroupMembership.Keep(shard, group, stream);
        ResetRequest request = asked.Request;
        if (group.Members.Count > 0 && !request.DryRun) return BrokerError.GroupHasMembers;
        var moves = new List<OffsetMove>();
        foreach (int partition in request.Partitions ?? [.. Enumerable.Range(0, stream.Partitions)])
        {
            if (partition >= stream.Partitions) return new ResetOutcome([], BrokerError.PartitionNotFound, partition);
            Lane lane = stream.FindLane(partition)!;
            long to = Math.Clamp(Place(group, lane, request.Target, asked.Places), lane.Floor, lane.End);
            moves.Add(new OffsetMove(partition, group.CommittedIn(partition), Position.OffsetOf(to)));
        }

        if (request.DryRun) return new ResetOutcome(moves);
        shard.Store.BeginFrame();
        shard.WriteCommitted(group, moves.Select(static move => (move.Partition, move.To)));
        ArrayBufferWriter<byte> outcome = shard.OutcomeBuffer();
        if (command.Token is not null) Write(outcome, moves);
        shard.EndFrame(outcome.WrittenSpan);
        command.Wrote = true;
        return new ResetOutcome(moves);
    }

    public static ResetOutcome ReadReset(ReadOnlySpan<byte> remembered)
    {
        var reader = new SpanReader(remembered);
        var moves = new OffsetMove[reader.ReadVarint()];
        for (int i = 0; i < moves.Length; i++)
        {
            int partition = (int)reader.ReadVarint();
            long from = (long)reader.ReadVarint() - 1;
            moves[i] = new OffsetMove(partition, from < 0 ? null : from, (long)reader.ReadVarint());
        }

        return new ResetOutcome(moves);
    }

    private static void Write(ArrayBufferWriter<byte> output, List<OffsetMove> moves)
    {
        output.WriteVarint((ulong)moves.Count);
        foreach (OffsetMove move in moves)
        {
            output.WriteVarint((ulong)move.Partition);
            output.WriteVarint((ulong)((move.From ?? -1) + 1));
            output.WriteVarint((ulong)move.To);
        }
    }

    /// <summary>The position that is asked for, which the partition may not have.</summary>
    private static long Place(
        ConsumerGroup group, Lane lane, in OffsetTarget target, IReadOnlyDictionary<int, long> places)
    {
        long first = Position.First(lane.Number);
        if (target.Offset is { } offset) return first + offset;
        if (target.Shift is not { } shift)
            return target.Time == long.MaxValue ? lane.End
                : target.Time == 0 ? lane.Floor
                : places.GetValueOrDefault(lane.Number, lane.Floor);
        long from = group.CommittedIn(lane.Number) is { } committed ? first + committed
            : group.BeginningOf(lane);
        return from + Math.Clamp(shift, -Position.MaxOffset, Position.MaxOffset);
    }
}
