using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Streams.Groups;

/// <summary>Creating, changing, deleting and describing consumer groups, on the loop.</summary>
internal static class GroupDefinitions
{
    /// <summary>Partitions that a page of a listing looks at: a few milliseconds of the loop.</summary>
    private const int MaxLooked = 20_000;

    public static Result<GroupChange> Put(
        Shard shard, PlainCommand<Result<GroupChange>> command, GroupName name,
        (GroupConfig Config, Precondition Condition) wanted)
    {
        if (shard.FindQueue(name.Stream.Address) is not { } stream) return BrokerError.StreamNotFound;
        ConsumerGroup? group = shard.FindGroup(name);
        if (!Holds(group, wanted.Condition)) return BrokerError.PreconditionFailed;
        if (group is null)
        {
            Result<ConsumerGroup> created = Create(shard, name, stream, wanted.Config);
            if (!created.Succeeded) return created.Error;
            command.Wrote = true;
            return new GroupChange(Describe(shard, created.Value, stream), Created: true);
        }

        command.Wrote = GroupMembership.Keep(shard, group, stream);
        if (group.Config != wanted.Config)
        {
            Change(shard, group, stream, wanted.Config);
            command.Wrote = true;
        }

        return new GroupChange(Describe(shard, group, stream), Created: false);
    }

    public static Result<ConsumerGroup> Create(Shard shard, GroupName name, MessageQueue stream, GroupConfig config)
    {
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (shard.Catalog.Count(QueueKind.ConsumerGroup) >= GroupLimits.MaxGroups) return BrokerError.TooManyGroups;
        return shard.Define(existing: null, name, stream.Resource, config);
    }

    /// <summary>Only a group without members, as with Kafka: a member would create it anew by its next poll.</summary>
    public static BrokerError Delete(
        Shard shard, PlainCommand<BrokerError> command, GroupName name, Precondition condition)
    {
        if (!shard.TryFindGroup(name, out ConsumerGroup? group, out MessageQueue? stream, out BrokerError missing))
            return missing;
        if (!Holds(group, condition)) return BrokerError.PreconditionFailed;
        command.Wrote = GroupMembership.Keep(shard, group, stream);
        if (group.Members.Count > 0) return BrokerError.GroupHasMembers;
        shard.Define(group.Resource, name, stream.Resource, config: null);
        command.Wrote = true;
        return BrokerError.None;
    }

    public static Result<GroupDescription> Get(
        Shard shard, PlainCommand<Result<GroupDescription>> command, GroupName name)
    {
        if (!shard.TryFindGroup(name, out ConsumerGroup? group, out MessageQueue? stream, out BrokerError missing))
            return missing;
        command.Wrote = GroupMembership.Keep(shard, group, stream);
        return Describe(shard, group, stream);
    }

    public static Result<GroupPage> List(Shard shard, StreamName name, (string Prefix, string? After, int Limit) page)
    {
        if (shard.FindQueue(name.Address) is not { } stream) return BrokerError.StreamNotFound;
        string start = GroupName.PrefixOf(name);
        string? after = page.After is null ? null : start + page.After;
        var groups = new List<GroupDescription>();
        foreach (uint resource in shard.Catalog.List(QueueKind.ConsumerGroup, start + page.Prefix, after))
        {
            groups.Add(Describe(shard, shard.GroupOf(resource), stream, withAges: false));
            if (groups.Count == page.Limit || groups.Count * stream.Partitions >= MaxLooked)
                return new GroupPage(groups, groups[^1].Name.Value);
        }

        return new GroupPage(groups, null);
    }

    private static void Change(
        Shard shard, ConsumerGroup group, MessageQueue stream, GroupConfig config)
    {
        bool reassigns = config.Assignor != group.Config.Assignor && group.Members.Count > 0;
        shard.Define(group.Resource, group.Name, stream.Resource, config);
        if (!reassigns) return;
        shard.Store.BeginFrame();
        GroupMembership.Assign(shard, group, stream);
        shard.Store.EndFrame();
    }

    private static GroupDescription Describe(
        Shard shard, ConsumerGroup group, MessageQueue stream, bool withAges = true) =>
        new(group.Name, group.Config, group.ETag(), group.CreatedAt, group.UpdatedAt)
        {
            Generation = group.Generation,
            Members = [.. group.Members.Select(static member => new MemberState(
                member.Name, member.InstanceId, member.SessionMilliseconds, member.JoinedAt, member.SeenAt))],
            Partitions = [.. stream.Lanes.Select(lane => withAges
                ? AddRates(shard, group, stream, AddAge(shard, lane, Describe(group, lane, out long next), next))
                : Describe(group, lane, out _))],
        };

    /// <param name="next">The first record that was not committed.</param>
    private static GroupPartition Describe(ConsumerGroup group, Lane lane, out long next)
    {
        PartitionClaim? claim = lane.Number < group.Claims.Count ? group.Claims[lane.Number] : null;
        long? committed = group.CommittedIn(lane.Number);
        next = committed is { } offset ? Position.First(lane.Number) + offset
            : group.BeginningOf(lane);
        next = lane.NextPresent(Math.Max(next, lane.Floor));
        return new GroupPartition(lane.Number, claim?.Owner, claim?.Next, committed)
        {
            End = Position.OffsetOf(lane.End),
            Lag = lane.CountFrom(next),
            MissedTotal = claim?.MissedTotal ?? 0,
        };
    }

    private static GroupPartition AddRates(
        Shard shard, ConsumerGroup group, MessageQueue stream, GroupPartition partition)
    {
        int number = partition.Partition;
        return partition with
        {
            AppendedPerSecond = stream.AppendRate(number, shard.Now),
            CommittedPerSecond = number < group.Claims.Count ? group.Claims[number].Rate.PerSecond(shard.Now) : 0,
        };
    }

    private static GroupPartition AddAge(Shard shard, Lane lane, GroupPartition partition, long next)
    {
        if (partition.Lag == 0) return partition;
        if (!lane.TryPin(next, out PinnedRecord record))
            return partition with { OnDisk = (lane.Log, Position.OffsetOf(next), shard.Now) };
        long age = shard.Now - record.Time;
        record.Release();
        return partition with { LagMilliseconds = Math.Max(0, age) };
    }

    private static bool Holds(ConsumerGroup? group, in Precondition condition)
    {
        if (condition.MustNotExist && group is not null) return false;
        if (condition.IfMatch is not { } tags) return true;
        return group is not null && (tags.Contains("*") || tags.Contains(group.ETag()));
    }
}
