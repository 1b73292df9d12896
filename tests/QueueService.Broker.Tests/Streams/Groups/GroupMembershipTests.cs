using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker.Tests.Streams.Groups;

public sealed class GroupMembershipTests : IDisposable
{
    private readonly GroupFixture _group = new(partitions: 4);

    public void Dispose() => _group.Dispose();

    [Fact]
    public void A_partition_moves_only_when_its_owner_has_given_it_up()
    {
        _group.Poll("a");
        Assert.Empty(_group.Poll("b").Assignment);
        Assert.Empty(_group.Poll("b").Assignment);
        Polled told = _group.Poll("a");
        Assert.Equal([0, 1], told.Assignment);
        Assert.Equal([2, 3], told.Revoked);
        Assert.Equal(["a", "a", "a", "a"], _group.Owners());
        Assert.Empty(_group.Poll("a").Revoked);
        Assert.Equal([2, 3], _group.Poll("b").Assignment);
    }

    [Fact]
    public void What_is_being_taken_away_can_be_committed_until_it_is_given_up()
    {
        _group.Append(3, "x", "y");
        Polled first = _group.Poll("a");
        _group.Poll("b");
        Polled told = _group.Poll("a");
        Assert.Equal(BrokerError.None, _group.Commit("a", first.Generation, (3, 1)));
        Assert.Equal(["y"], _group.Poll(new PollRequest("b", 10)).Bodies.Concat(_group.Poll(
            new PollRequest("a", 10) { Generation = told.Generation }).Bodies).Concat(_group.Poll("b").Bodies));
        Assert.Equal(BrokerError.StaleGeneration, _group.Commit("a", told.Generation, (3, 2)));
        Assert.Equal(1, _group.Describe().Partitions[3].Committed);
    }

    [Fact]
    public void A_heartbeat_gives_nothing_up_unless_it_names_the_generation()
    {
        _group.Poll("a");
        _group.Poll("b");
        Polled told = _group.Poll("a", max: 0);
        Assert.Equal([2, 3], told.Revoked);
        Assert.Equal([2, 3], _group.Poll("a", max: 0).Revoked);
        Assert.Empty(_group.Poll(new PollRequest("a", 0) { Generation = told.Generation }).Revoked);
        Assert.Equal(["a", "a", "b", "b"], _group.Owners());
    }

    [Fact]
    public void A_poll_that_names_the_generation_before_gives_nothing_up()
    {
        Polled first = _group.Poll("a");
        _group.Poll("b");
        _group.Poll("a");
        Assert.Equal([2, 3], _group.Poll(new PollRequest("a", 10) { Generation = first.Generation }).Revoked);
    }

    [Fact]
    public void Whoever_leaves_leaves_its_partitions_to_the_others_at_once()
    {
        Settle("a", "b");
        Assert.Equal(BrokerError.None, _group.Leave("a"));
        Assert.Equal([0, 1, 2, 3], _group.Poll("b").Assignment);
        Assert.Equal(BrokerError.MemberNotFound, _group.Leave("a"));
    }

    [Fact]
    public void Whoever_is_silent_for_its_session_timeout_has_left_and_waiting_polls_hear_of_it()
    {
        Settle("a", "b");
        Task<Result<PollAnswer>> waiting = _group.Wait("b");
        _group.Harness.Advance(TimeSpan.FromSeconds(44));
        _group.Harness.Sweep();
        Assert.False(waiting.IsCompleted);
        _group.Harness.Advance(TimeSpan.FromSeconds(1));
        _group.Harness.Sweep();
        Assert.Equal([0, 1, 2, 3], GroupFixture.Read(BrokerHarness.Answer(waiting).Value).Assignment);
    }

    [Fact]
    public void A_member_names_its_own_session_timeout_and_heartbeats_keep_it()
    {
        _group.Poll(new PollRequest("a", 10) { SessionTimeoutSeconds = 5 });
        for (int i = 0; i < 4; i++)
        {
            _group.Harness.Advance(TimeSpan.FromSeconds(4));
            _group.Poll("a", max: 0);
            _group.Harness.Sweep();
        }

        Assert.Equal("a", Assert.Single(_group.Describe().Members).Name);
        _group.Harness.Advance(TimeSpan.FromSeconds(5));
        _group.Harness.Sweep();
        Assert.Empty(_group.Describe().Members);
    }

    [Fact]
    public void Whoever_only_sends_heartbeats_has_left_after_the_processing_timeout()
    {
        _group.Put(new GroupConfig { ProcessingTimeoutSeconds = 60 });
        _group.Poll("a");
        for (int i = 0; i < 2; i++)
        {
            _group.Harness.Advance(TimeSpan.FromSeconds(30));
            if (i == 0) _group.Poll("a", max: 0);
            _group.Harness.Sweep();
        }

        Assert.Empty(_group.Describe().Members);
    }

    [Fact]
    public void A_commit_shows_that_a_member_works()
    {
        _group.Put(new GroupConfig { ProcessingTimeoutSeconds = 60 });
        long generation = _group.Poll("a").Generation;
        _group.Harness.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(BrokerError.None, _group.Commit("a", generation, (0, 0)));
        _group.Harness.Advance(TimeSpan.FromSeconds(40));
        _group.Harness.Sweep();
        Assert.Single(_group.Describe().Members);
    }

    [Fact]
    public void After_a_restart_every_member_has_its_whole_session_anew()
    {
        Settle("a", "b");
        _group.Harness.Advance(TimeSpan.FromSeconds(44));
        _group.Harness.KillAndRestart();
        _group.Harness.Sweep();
        _group.Harness.Advance(TimeSpan.FromSeconds(44));
        _group.Harness.Sweep();
        Assert.Equal(["a", "a", "b", "b"], _group.Owners());
        _group.Harness.Advance(TimeSpan.FromSeconds(2));
        _group.Harness.Sweep();
        Assert.Equal(["", "", "", ""], _group.Owners());
    }

    [Fact]
    public void A_new_owner_goes_on_where_the_group_has_committed()
    {
        _group.Append(0, "x", "y");
        Polled a = _group.Poll("a");
        Assert.Equal(BrokerError.None, _group.Commit("a", a.Generation, (0, 1)));
        _group.Harness.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(["y"], _group.Poll("b").Bodies);
        Assert.Equal(BrokerError.StaleGeneration, _group.Commit("a", a.Generation, (0, 2)));
        Assert.Equal(
            BrokerError.StaleGeneration,
            _group.Refusal(new PollRequest("a", 10) { Commit = GroupFixture.Offsets((0, 2)) }));
        Assert.Equal(1, _group.Describe().Partitions[0].Committed);
    }

    [Fact]
    public void Whoever_got_a_partition_back_cannot_commit_in_the_name_of_the_time_before()
    {
        _group.Append(0, "x", "y");
        Polled first = _group.Poll("a");
        _group.Leave("a");
        Polled other = _group.Poll("b");
        Assert.Equal(BrokerError.None, _group.Commit("b", other.Generation, (0, 2)));
        _group.Leave("b");
        Polled again = _group.Poll("a");
        Assert.Equal(BrokerError.StaleGeneration, _group.Commit("a", first.Generation, (0, 1)));
        Assert.Equal(BrokerError.None, _group.Commit("a", again.Generation, (0, 2)));
    }

    [Fact]
    public void Spare_members_own_nothing_until_somebody_leaves()
    {
        string[] members = ["a", "b", "c", "d", "e"];
        Settle(members);
        Assert.Equal(["a", "b", "c", "d"], _group.Owners().Order());
        Assert.Empty(_group.Poll("e").Assignment);
        _group.Leave("b");
        Assert.Single(_group.Poll("e").Assignment);
    }

    [Fact]
    public void An_instance_that_comes_back_under_another_name_keeps_its_partitions_and_fences_the_old_one()
    {
        _group.Poll(new PollRequest("a1", 10) { InstanceId = "host-a" });
        _group.Poll("b");
        Settle("a1", "b");
        long before = _group.Poll("b").Generation;
        Task<Result<PollAnswer>> waiting = _group.Wait("a1");
        Polled back = _group.Poll(new PollRequest("a2", 10) { InstanceId = "host-a" });
        Assert.Equal([0, 1], back.Assignment);
        Assert.Equal(before, _group.Poll("b").Generation);
        Assert.Empty(GroupFixture.Read(BrokerHarness.Answer(waiting).Value).Assignment);
        PollRequest old = new("a1", 10) { InstanceId = "host-a" };
        Assert.Equal(BrokerError.MemberFenced, _group.Refusal(old));
        Assert.Equal(BrokerError.StaleGeneration, _group.Commit("a1", before, (0, 0)));
        _group.Harness.CutPowerAndRestart(5);
        Assert.Equal(BrokerError.MemberFenced, _group.Refusal(old));
        Assert.Equal(["a2", "a2", "b", "b"], _group.Owners());
    }

    [Fact]
    public void With_range_members_have_neighbouring_partitions_in_the_order_of_their_names()
    {
        _group.Put(new GroupConfig { Assignor = GroupAssignor.Range });
        _group.Grow(7);
        Settle("c", "a", "b");
        Assert.Equal(["a", "a", "a", "b", "b", "c", "c"], _group.Owners());
        _group.Put(new GroupConfig());
        Settle("c", "a", "b");
        Assert.Equal(["a", "a", "a", "b", "b", "c", "c"], _group.Owners());
    }

    [Fact]
    public void A_member_that_joins_a_balanced_group_takes_a_fair_share_and_the_rest_goes_on()
    {
        _group.Grow(12);
        string[] members = ["a", "b", "c", "d"];
        Settle(members);
        string[] before = _group.Owners();
        _group.Poll("e");
        int moves = 0;
        foreach (string member in members)
        {
            Polled polled = _group.Poll(member);
            moves += polled.Revoked.Length;
            Assert.True(polled.Assignment.Length >= 2);
            Assert.All(polled.Assignment, partition => Assert.Equal(member, before[partition]));
        }

        Assert.InRange(moves, 1, 3);
        Settle("a", "b", "c", "d", "e");
        string[] after = _group.Owners();
        Assert.Equal(moves, Enumerable.Range(0, 12).Count(partition => before[partition] != after[partition]));
        Assert.All(after.CountBy(static owner => owner), static count => Assert.InRange(count.Value, 2, 3));
    }

    [Fact]
    public void Whoever_was_to_get_a_partition_and_leaves_makes_no_difference_to_its_owner()
    {
        Polled first = _group.Poll("a");
        _group.Poll("b");
        Polled told = _group.Poll("a");
        _group.Leave("b");
        Assert.Equal([0, 1, 2, 3], _group.Poll("a").Assignment);
        Assert.Equal(BrokerError.None, _group.Commit("a", first.Generation, (2, 0)));
        Assert.Equal([2, 3], told.Revoked);
    }

    /// <summary>Everybody polls until all partitions are where they belong.</summary>
    private void Settle(params string[] members)
    {
        for (int round = 0; round < 4; round++)
            foreach (string member in members) _group.Poll(member);
    }
}
