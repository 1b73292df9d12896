using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker.Tests.Streams.Groups;

public sealed class GroupPollTests : IDisposable
{
    private readonly GroupFixture _group = new(partitions: 2);

    public void Dispose() => _group.Dispose();

    [Fact]
    public void Two_groups_both_read_everything()
    {
        _group.Append(0, "a", "b");
        _group.Append(1, "c");
        foreach (string name in (string[])["billing", "search"])
        {
            Polled polled = _group.Poll(new PollRequest("m", 10), GroupFixture.Named(name));
            Assert.Equal(["a", "b", "c"], polled.Bodies);
            Assert.Equal([0, 1], polled.Assignment);
            Assert.Equal(GroupFixture.Offsets((0, 2), (1, 1)), polled.NextOffsets);
        }
    }

    [Fact]
    public void What_was_not_committed_is_answered_again()
    {
        _group.Append(0, "a", "b");
        Assert.Equal(["a", "b"], _group.Poll("m").Bodies);
        Assert.Equal(["a", "b"], _group.Poll("m").Bodies);
        Assert.Equal(["b"], _group.Poll(new PollRequest("m", 10) { Commit = GroupFixture.Offsets((0, 1)) }).Bodies);
        _group.Harness.CutPowerAndRestart(1);
        Assert.Equal(["b"], _group.Poll("m").Bodies);
    }

    [Fact]
    public void With_automatic_commits_nothing_is_answered_twice_also_after_a_power_cut()
    {
        _group.Append(0, "a", "b");
        Assert.Equal(["a"], _group.Poll(new PollRequest("m", 1) { AutoCommit = true }).Bodies);
        _group.Harness.CutPowerAndRestart(2);
        Assert.Equal(["b"], _group.Poll(new PollRequest("m", 1) { AutoCommit = true }).Bodies);
        Assert.Empty(_group.Poll("m").Bodies);
    }

    [Fact]
    public void A_member_may_read_ahead_of_what_it_committed()
    {
        _group.Append(0, "a", "b", "c");
        Polled first = _group.Poll("m", max: 2);
        Assert.Equal(["a"], first.Bodies);
        PollRequest next = new("m", 10) { Generation = first.Generation, Positions = GroupFixture.Offsets((0, 1)) };
        Assert.Equal(["b", "c"], _group.Poll(next).Bodies);
        Assert.Equal(0, _group.Describe().Partitions[0].Committed);
    }

    [Fact]
    public void Positions_of_an_earlier_session_count_for_nothing()
    {
        _group.Append(0, "a", "b");
        Polled first = _group.Poll("m");
        _group.Leave("m");
        PollRequest stale = new("m", 10) { Generation = first.Generation, Positions = first.NextOffsets };
        Assert.Equal(BrokerError.StaleGeneration, _group.Refusal(stale));
        _group.Poll("m", max: 0);
        Assert.Equal(["a", "b"], _group.Poll(stale).Bodies);
    }

    [Fact]
    public void A_waiting_poll_is_answered_by_a_record_of_its_own_partitions()
    {
        _group.Poll("a");
        _group.Poll("b");
        _group.Poll("a");
        _group.Poll("a");
        _group.Poll("b");
        Assert.Equal(["a", "b"], _group.Owners());
        Task<Result<PollAnswer>> a = _group.Wait("a");
        Task<Result<PollAnswer>> b = _group.Wait("b");
        _group.Append(1, "x");
        Assert.False(a.IsCompleted);
        Assert.Equal(["x"], GroupFixture.Read(BrokerHarness.Answer(b).Value).Bodies);
        _group.Harness.Advance(TimeSpan.FromSeconds(61));
        _group.Harness.Turn();
        Assert.Empty(GroupFixture.Read(BrokerHarness.Answer(a).Value).Bodies);
    }

    [Fact]
    public void A_waiting_poll_is_answered_when_its_assignment_changes()
    {
        _group.Poll("a");
        Task<Result<PollAnswer>> a = _group.Wait("a");
        Polled b = _group.Poll("b");
        Assert.Empty(b.Assignment);
        Polled told = GroupFixture.Read(BrokerHarness.Answer(a).Value);
        Assert.Equal([0], told.Assignment);
        Assert.Equal([1], told.Revoked);
        Task<Result<PollAnswer>> waiting = _group.Wait("b");
        _group.Poll("a");
        Assert.Equal([1], GroupFixture.Read(BrokerHarness.Answer(waiting).Value).Assignment);
    }

    [Fact]
    public void A_second_poll_of_a_member_takes_the_place_of_the_first()
    {
        _group.Poll("a");
        Task<Result<PollAnswer>> first = _group.Wait("a");
        Task<Result<PollAnswer>> second = _group.Wait("a");
        Assert.Empty(GroupFixture.Read(BrokerHarness.Answer(first).Value).Bodies);
        _group.Append(0, "x");
        Assert.Equal(["x"], GroupFixture.Read(BrokerHarness.Answer(second).Value).Bodies);
    }

    [Fact]
    public void A_heartbeat_disturbs_no_waiting_poll()
    {
        _group.Poll("a");
        Task<Result<PollAnswer>> waiting = _group.Wait("a");
        Polled heartbeat = _group.Poll("a", max: 0);
        Assert.Equal([0, 1], heartbeat.Assignment);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public void A_group_that_begins_at_the_end_misses_nothing_that_is_appended_between_polls()
    {
        _group.Append(0, "old");
        _group.Put(new GroupConfig { AutoOffsetReset = OffsetReset.Latest });
        Assert.Empty(_group.Poll("a").Bodies);
        _group.Append(0, "new");
        _group.Harness.KillAndRestart();
        Assert.Equal(["new"], _group.Poll("a").Bodies);
    }

    [Fact]
    public void Partitions_that_are_added_are_read_from_their_beginning()
    {
        _group.Put(new GroupConfig { AutoOffsetReset = OffsetReset.Latest });
        Polled before = _group.Poll("a");
        _group.Grow(3);
        _group.Append(2, "first");
        Polled after = _group.Poll("a");
        Assert.Equal(["first"], after.Bodies);
        Assert.Equal([0, 1, 2], after.Assignment);
        Assert.True(after.Generation > before.Generation);
    }

    [Fact]
    public void A_group_that_was_too_slow_goes_on_at_what_is_kept_and_is_told_what_it_missed()
    {
        _group.Append(0, "a", "b", "c");
        _group.Poll("m");
        _group.Harness.Advance(TimeSpan.FromDays(8));
        _group.Append(0, "d");
        _group.Harness.Sweep();
        Polled polled = _group.Poll("m");
        Assert.Equal(["d"], polled.Bodies);
        Assert.Equal([new RecordGap(0, 0, 3)], polled.Gaps);
        GroupPartition partition = _group.Describe().Partitions[0];
        Assert.Equal((3L, 3L, 1L), (partition.MissedTotal, partition.Committed, partition.Lag));
        Assert.Empty(_group.Poll("m").Gaps);
    }

    [Fact]
    public void Deleting_the_stream_ends_waiting_polls_and_its_groups()
    {
        _group.Poll("a");
        Task<Result<PollAnswer>> waiting = _group.Wait("a");
        Assert.Equal(
            BrokerError.None,
            _group.Harness.Run(() => _group.Broker.DeleteStream(StreamFixture.Stream, Precondition.None)));
        Assert.Equal(BrokerError.StreamNotFound, BrokerHarness.Answer(waiting).Error);
        Assert.Equal(BrokerError.StreamNotFound, _group.TryPoll(new PollRequest("a", 1)).Error);
        _group.Stream.Create(StreamFixture.Config());
        Assert.Equal(
            BrokerError.GroupNotFound, _group.Harness.Run(() => _group.Broker.GetGroup(GroupFixture.Group)).Error);
        _group.Harness.KillAndRestart();
        Assert.Equal(
            BrokerError.GroupNotFound, _group.Harness.Run(() => _group.Broker.GetGroup(GroupFixture.Group)).Error);
    }

    [Fact]
    public void A_poll_whose_caller_is_gone_lets_the_next_one_have_what_comes()
    {
        _group.Poll("a");
        using var gone = new CancellationTokenSource();
        Task<Result<PollAnswer>> first = _group.Wait("a", gone.Token);
        gone.Cancel();
        _group.Harness.Turn();
        Assert.Empty(GroupFixture.Read(BrokerHarness.Answer(first).Value).Bodies);
        _group.Append(0, "x");
        Assert.Equal(["x"], _group.Poll("a").Bodies);
    }
}
