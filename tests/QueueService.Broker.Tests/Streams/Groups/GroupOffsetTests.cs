using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker.Tests.Streams.Groups;

public sealed class GroupOffsetTests : IDisposable
{
    private readonly GroupFixture _group = new(partitions: 3);

    public void Dispose() => _group.Dispose();

    [Fact]
    public void The_lag_of_three_groups_over_the_events_of_three_trips_is_counted_record_by_record()
    {
        // The usual picture of ride sharing: the events of three trips end the partitions at 6, 8 and 8.
        for (int partition = 0; partition < 3; partition++)
            for (int i = 0; i < (partition == 0 ? 6 : 8); i++) _group.Append(partition, $"{i}");
        AssertLag("surge-pricing", [5, 7, 6], [1, 1, 2]);
        AssertLag("analytics", [3, 4, 5], [3, 4, 3]);
        AssertLag("eta", [6, 8, 8], [0, 0, 0]);
        _group.Harness.CutPowerAndRestart(4);
        Assert.Equal([3L, 4, 3], _group.Describe(GroupFixture.Named("analytics")).Partitions.Select(static p => p.Lag));
        Assert.Equal(10, _group.Describe(GroupFixture.Named("analytics")).Lag);
    }

    [Fact]
    public void The_lag_in_time_is_the_age_of_the_oldest_record_that_was_not_committed_also_on_disk()
    {
        _group.Append(0, new string('x', 2_000));
        _group.Harness.Advance(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 40; i++) _group.Append(0, new string('y', 2_000));
        _group.Harness.Advance(TimeSpan.FromSeconds(5));
        _group.Harness.CloseAndRestart();
        _group.Put(new GroupConfig());
        GroupPartition partition = _group.Describe().Partitions[0];
        Assert.Equal((41L, 15L), (partition.Lag, partition.LagMilliseconds / 1000));
        Assert.Equal(BrokerError.None, _group.Commit(null, null, (0, 1)));
        Assert.Equal(5L, _group.Describe().Partitions[0].LagMilliseconds / 1000);
        Assert.Equal(BrokerError.None, _group.Commit(null, null, (0, 41)));
        Assert.Equal(0L, _group.Describe().Partitions[0].LagMilliseconds);
    }

    [Fact]
    public void Offsets_that_a_crash_of_a_weaker_stream_left_out_are_no_lag()
    {
        using var stream = new GroupFixture(partitions: 1, Durability.Memory);
        stream.Append(0, "a");
        Assert.Equal(["a"], stream.Poll(new PollRequest("m", 10) { AutoCommit = true }).Bodies);
        stream.Harness.CutPowerAndRestart(3);
        stream.Append(0, "b", "c");
        Assert.Equal(2, stream.Describe().Lag);
        Polled polled = stream.Poll("m", max: 1);
        Assert.Equal(["b"], polled.Bodies);
        Assert.Equal(1, polled.Lag);
    }

    [Fact]
    public void A_commit_is_all_or_nothing()
    {
        _group.Append(0, "a");
        long generation = _group.Poll("m").Generation;
        Assert.Equal(BrokerError.OffsetBeyondEnd, _group.Commit("m", generation, (0, 1), (1, 1)));
        Assert.Equal(BrokerError.PartitionNotFound, _group.Commit("m", generation, (0, 1), (3, 0)));
        Assert.Equal(BrokerError.StaleGeneration, _group.Commit("m", generation + 1, (0, 1)));
        Assert.Equal(BrokerError.StaleGeneration, _group.Commit("n", generation, (0, 1)));
        Assert.Equal(0, _group.Describe().Partitions[0].Committed);
    }

    [Fact]
    public void Without_a_member_only_a_group_without_members_is_committed_to()
    {
        Assert.Equal(BrokerError.GroupNotFound, _group.Commit(null, null, (0, 0)));
        _group.Append(0, "a", "b");
        _group.Put(new GroupConfig());
        Assert.Equal(BrokerError.None, _group.Commit(null, null, (0, 1)));
        Assert.Equal(["b"], _group.Poll("m").Bodies);
        Assert.Equal(BrokerError.GroupHasMembers, _group.Commit(null, null, (0, 2)));
    }

    [Fact]
    public void A_reset_says_what_it_would_do_and_does_it_when_nobody_is_there()
    {
        _group.Append(0, "a", "b", "c");
        _group.Append(1, "d");
        long generation = _group.Poll("m").Generation;
        _group.Commit("m", generation, (0, 2), (1, 1));
        var target = new OffsetTarget(null, -1, 0);
        OffsetMove[] moves = [new(0, 2, 1), new(1, 1, 0), new(2, 0, 0)];
        Assert.Equal(BrokerError.GroupHasMembers, _group.Reset(target).Error);
        Assert.Equal(moves, _group.Reset(target, dryRun: true).Value.Moves);
        _group.Leave("m");
        Assert.Equal(moves, _group.Reset(target).Value.Moves);
        _group.Harness.KillAndRestart();
        Assert.Equal(["b", "c", "d"], _group.Poll("m").Bodies);
    }

    [Fact]
    public void A_reset_goes_to_an_end_to_an_offset_or_to_a_time_within_what_is_kept()
    {
        _group.Append(0, "a");
        _group.Harness.Advance(TimeSpan.FromSeconds(10));
        long time = _group.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _group.Append(0, "b", "c");
        _group.Put(new GroupConfig());
        var latest = new OffsetTarget(null, null, long.MaxValue);
        Assert.Equal([new OffsetMove(0, null, 3)], _group.Reset(latest, false, 0).Value.Moves);
        Assert.Equal([new OffsetMove(0, 3, 1)], _group.Reset(new OffsetTarget(null, null, time), false, 0).Value.Moves);
        Assert.Equal([new OffsetMove(0, 1, 3)], _group.Reset(new OffsetTarget(99, null, 0), false, 0).Value.Moves);
        Assert.Equal([new OffsetMove(0, 3, 0)], _group.Reset(new OffsetTarget(null, null, 0), false, 0).Value.Moves);
        Assert.Equal([new OffsetMove(0, 0, 3)], _group.Reset(new OffsetTarget(null, 99, 0), false, 0).Value.Moves);
        Assert.Equal(
            (BrokerError.PartitionNotFound, 7),
            (_group.Reset(new OffsetTarget(0, null, 0), false, 7).Value.Refused,
                _group.Reset(new OffsetTarget(0, null, 0), false, 7).Value.Partition));
    }

    [Fact]
    public void A_repeated_reset_or_commit_with_a_key_is_done_once()
    {
        _group.Append(0, "a", "b");
        _group.Put(new GroupConfig());
        var reset = new ResetRequest(new OffsetTarget(null, 1, 0), [0], DryRun: false);
        for (int i = 0; i < 2; i++)
        {
            var token = new IdempotencyToken(1, 1);
            ResetOutcome outcome = _group.Harness.Run(() =>
                _group.Broker.ResetOffsets(GroupFixture.Group, reset, token)).Value;
            Assert.Equal([new OffsetMove(0, null, 1)], outcome.Moves);
            Assert.Equal(i == 1, token.IsReplayed);
        }

        Assert.Equal(1, _group.Describe().Partitions[0].Committed);
        var commit = new CommitRequest(null, null, GroupFixture.Offsets((0, 2)));
        for (int i = 0; i < 2; i++)
        {
            var token = new IdempotencyToken(2, 2);
            Assert.True(_group.Harness.Run(() => _group.Broker.Commit(GroupFixture.Group, commit, token)).Succeeded);
            Assert.Equal(i == 1, token.IsReplayed);
        }
    }

    [Fact]
    public void A_group_is_defined_changed_listed_and_deleted()
    {
        _group.Put(new GroupConfig { SessionTimeoutSeconds = 10 });
        string tag = _group.Describe().ETag;
        Result<GroupChange> refused = _group.Harness.Run(() => _group.Broker.PutGroup(
            GroupFixture.Group, new GroupConfig(), new Precondition(["other"], MustNotExist: false)));
        Assert.Equal(BrokerError.PreconditionFailed, refused.Error);
        _group.Put(new GroupConfig());
        Assert.NotEqual(tag, _group.Describe().ETag);
        _group.Put(new GroupConfig(), GroupFixture.Named("search"));
        GroupPage page = _group.Harness.Run(() => _group.Broker.ListGroups(StreamFixture.Stream, "", null, 1)).Value;
        Assert.Equal(("billing", "billing"), (Assert.Single(page.Groups).Name.Value, page.Next));
        page = _group.Harness.Run(() => _group.Broker.ListGroups(StreamFixture.Stream, "", page.Next, 2)).Value;
        Assert.Equal(("search", null), (Assert.Single(page.Groups).Name.Value, page.Next));
        _group.Poll("m");
        Assert.Equal(BrokerError.GroupHasMembers, Delete());
        _group.Leave("m");
        Assert.Equal(BrokerError.None, Delete());
        _group.Harness.KillAndRestart();
        Assert.Equal(BrokerError.GroupNotFound, Delete());
    }

    private BrokerError Delete() =>
        _group.Harness.Run(() => _group.Broker.DeleteGroup(GroupFixture.Group, Precondition.None));

    private void AssertLag(string name, long[] committed, long[] lag)
    {
        GroupName group = GroupFixture.Named(name);
        long generation = _group.Poll(new PollRequest("m", 1), group).Generation;
        PartitionOffsets offsets = GroupFixture.Offsets([.. committed.Select(static (offset, p) => (p, offset))]);
        Assert.Equal(
            BrokerError.None,
            _group.Harness.Run(() =>
                _group.Broker.Commit(group, new CommitRequest("m", generation, offsets))).Value.Refused);
        GroupDescription description = _group.Describe(group);
        Assert.Equal(committed, description.Partitions.Select(static partition => partition.Committed!.Value));
        Assert.Equal(lag, description.Partitions.Select(static partition => partition.Lag));
        Assert.Equal(lag.Sum(), description.Lag);
    }
}
