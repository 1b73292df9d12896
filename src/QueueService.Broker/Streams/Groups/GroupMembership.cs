using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Streams.Groups;

/// <summary>Who belongs to a group and what follows from that for the partitions, on the loop.</summary>
internal static class GroupMembership
{
    /// <summary>Notices what time and the stream have changed: sessions that are over, and partitions that were added.
    /// In a frame of its own.</summary>
    /// <param name="except">Who calls, and so is there.</param>
    /// <returns>Whether there was anything.</returns>
    public static bool Keep(Shard shard, ConsumerGroup group, MessageQueue stream, string? except = null)
    {
        List<string>? silent = group.FindSilent(shard.Now, except);
        bool hasGrown = group.Members.Count > 0 && group.Claims.Count < stream.Partitions;
        if (silent is null && !hasGrown) return false;
        shard.Store.BeginFrame();
        foreach (string member in silent ?? []) shard.WriteLeft(group, member);
        Assign(shard, group, stream);
        shard.Store.EndFrame();
        shard.Note(Durability.Fsync, wrote: true);
        return true;
    }

    /// <summary>Shares the partitions out among the members, in the open frame: what is nobody's goes to its new owner
    /// at once, the rest when its owner has given it up.</summary>
    public static void Assign(Shard shard, ConsumerGroup group, MessageQueue stream)
    {
        WriteBeginnings(shard, group, stream);
        string?[] wanted = PartitionAssignment.Compute(group, stream.Partitions);
        long generation = group.Generation + 1;
        var changes = new List<ClaimChange>();
        for (int partition = 0; partition < wanted.Length; partition++)
        {
            PartitionClaim? claim = partition < group.Claims.Count ? group.Claims[partition] : null;
            string? next = wanted[partition];
            if (claim?.Owner is not { } owner)
            {
                if (next is not null) changes.Add(new ClaimChange(partition, next, generation, null, 0));
            }
            else if (owner != next)
            {
                long revokedAt = claim.IsRevoked ? claim.RevokedAt : generation;
                if (claim.Next != next) changes.Add(new ClaimChange(partition, owner, claim.Since, next, revokedAt));
            }
            else if (claim.RevokedAt > 0)
            {
                changes.Add(new ClaimChange(partition, owner, claim.Since, null, 0));
            }
        }

        shard.WriteAssigned(group, generation, stream.Partitions, changes);
        shard.Dispatch(stream);
    }

    /// <summary>Hands on what a member has given up, in the open frame.</summary>
    public static void HandOn(Shard shard, ConsumerGroup group, MessageQueue stream, IReadOnlyList<int> partitions)
    {
        long generation = group.Generation + 1;
        shard.WriteAssigned(
            group, generation, group.Claims.Count,
            partitions.Select(partition =>
                new ClaimChange(partition, group.Claims[partition].Next, generation, null, 0)).ToList());
        shard.Dispatch(stream);
    }

    /// <summary>A member leaves.</summary>
    public static BrokerError Leave(Shard shard, PlainCommand<BrokerError> command, GroupName name, string member)
    {
        if (!shard.TryFindGroup(name, out ConsumerGroup? group, out MessageQueue? stream, out BrokerError missing))
            return missing;
        command.Wrote = Keep(shard, group, stream);
        if (group.Find(member) is null) return BrokerError.MemberNotFound;
        shard.Store.BeginFrame();
        shard.WriteLeft(group, member);
        Assign(shard, group, stream);
        shard.Store.EndFrame();
        command.Wrote = true;
        return BrokerError.None;
    }

    /// <summary>All groups whose members somebody has to look after.</summary>
    public static bool Sweep(Shard shard, PlainCommand<bool> command)
    {
        bool changed = false;
        foreach (ConsumerGroup group in shard.Groups)
            if (group.Members.Count > 0) changed |= Keep(shard, group, shard.QueueOf(group.Stream));
        return command.Wrote = changed;
    }

    /// <summary>Where a group begins is written down when its first member joins, so that nothing that is appended
    /// between two polls is passed over. Partitions that are added later are read from their beginning.</summary>
    private static void WriteBeginnings(Shard shard, ConsumerGroup group, MessageQueue stream)
    {
        var beginnings = new List<(int, long)>();
        foreach (Lane lane in stream.Lanes)
        {
            if (group.CommittedIn(lane.Number) is null)
                beginnings.Add((lane.Number, Position.OffsetOf(group.BeginningOf(lane))));
        }

        if (beginnings.Count > 0) shard.WriteCommitted(group, beginnings);
    }
}

/// <summary>What a partition is from a generation on: see <see cref="PartitionClaim"/>.</summary>
internal readonly record struct ClaimChange(int Partition, string? Owner, long Since, string? Next, long RevokedAt);
