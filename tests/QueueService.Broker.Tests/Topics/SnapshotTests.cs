using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Topics;

public sealed class SnapshotTests : IDisposable
{
    private readonly TopicFixture _topic = new();

    public SnapshotTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_seek_to_a_snapshot_delivers_what_was_not_acknowledged_then_and_what_came_since()
    {
        _topic.Subscribe("a");
        _topic.Publish("1", "2", "3", "4", "5");
        List<Received> before = _topic.Receive("a");
        _topic.Acknowledge("a", before[0].Receipt);
        _topic.Acknowledge("a", before[2].Receipt);
        Take("a", "s");
        _topic.Acknowledge("a", before[1].Receipt);
        _topic.Acknowledge("a", before[3].Receipt);
        _topic.Publish("6");
        Assert.Equal(["6"], _topic.Bodies("a"));
        Assert.Equal(BrokerError.None, Seek("a", "a", "s"));
        Assert.Equal(BrokerError.ReceiptExpired, _topic.Acknowledge("a", before[4].Receipt));
        Assert.Equal(4, _topic.Stats("a").Available);
        Assert.Equal(["2", "4", "5", "6"], _topic.Bodies("a"));
        Assert.Empty(_topic.Bodies("a"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_snapshot_and_a_seek_to_it_survive_kills_power_cuts_and_checkpoints(bool ordered)
    {
        _topic.Subscribe("a", new QueueConfig { Type = ordered ? QueueType.Fifo : QueueType.Standard });
        for (int i = 0; i < 40; i++) _topic.PublishTo(i % 3 == 0 ? null : $"g{i % 5}", $"{i}");
        HashSet<string> done = [];
        for (int round = 0; round < 3; round++)
        {
            foreach (Received message in _topic.Receive("a", 10))
            {
                if (int.Parse(message.Body, null) % 4 == 0) continue;
                _topic.Acknowledge("a", message.Receipt);
                done.Add(message.Body);
            }
        }

        Take("a", "s");
        AssertSameAfterRestarts();
        _topic.Harness.AdvanceMilliseconds(60_000);
        Drain("a", []);
        Assert.Equal(BrokerError.None, Seek("a", "a", "s"));
        AssertSameAfterRestarts();
        _topic.PublishTo("g1", "new");
        List<string> expected = [.. Enumerable.Range(0, 40).Select(static i => $"{i}").Except(done), "new"];
        Assert.Equal(expected.Order(), Drain("a", []).Order());
    }

    [Fact]
    public void Ordered_groups_are_in_order_again_after_a_seek_to_a_snapshot()
    {
        _topic.Subscribe("a", new QueueConfig { Type = QueueType.Fifo });
        _topic.PublishTo("x", "x1", "x2", "x3");
        _topic.PublishTo("y", "y1", "y2");
        Received first = Assert.Single(_topic.Receive("a", 1));
        _topic.Acknowledge("a", first.Receipt);
        Take("a", "s");
        Drain("a", []);
        Seek("a", "a", "s");
        List<string> again = Drain("a", []);
        Assert.Equal(
            first.Body == "x1" ? ["x2", "x3"] : ["x1", "x2", "x3"], again.Where(static body => body[0] == 'x'));
        Assert.Equal(first.Body == "y1" ? ["y2"] : ["y1", "y2"], again.Where(static body => body[0] == 'y'));
    }

    [Fact]
    public void A_snapshot_of_a_filtered_subscription_holds_what_matched_and_was_not_acknowledged()
    {
        _topic.Subscribe("odd", Filter());
        PublishNumbers(1, 20);
        List<Received> received = _topic.Receive("odd", 4);
        foreach (Received message in received) _topic.Acknowledge("odd", message.Receipt);
        Take("odd", "s");
        Assert.Equal(6, Drain("odd", []).Count);
        PublishNumbers(21, 23);
        Seek("odd", "odd", "s");
        _topic.Harness.KillAndRestart();
        Assert.Equal(["9", "11", "13", "15", "17", "19", "21", "23"], Drain("odd", []));
    }

    [Fact]
    public void Another_subscription_of_the_topic_can_use_a_snapshot_unless_it_was_filtered()
    {
        _topic.Subscribe("a");
        PublishNumbers(1, 6);
        List<Received> received = _topic.Receive("a", 3);
        foreach (Received message in received) _topic.Acknowledge("a", message.Receipt);
        Take("a", "s");
        _topic.Subscribe("b");
        _topic.Subscribe("odd", Filter());
        Take("odd", "filtered");
        Assert.Equal(BrokerError.SnapshotIsFiltered, Seek("b", "odd", "filtered"));
        Assert.Equal(BrokerError.SnapshotNotFound, Seek("b", "b", "s"));
        Assert.Equal(BrokerError.SnapshotNotFound, Seek("b", "nobody", "s"));
        Assert.Equal(BrokerError.None, Seek("b", "a", "s"));
        Assert.Equal(BrokerError.None, Seek("odd", "a", "s"));
        Assert.Equal(["4", "5", "6"], Drain("b", []));
        Assert.Equal(["5"], Drain("odd", []));
    }

    [Fact]
    public void What_retention_has_taken_of_a_snapshot_is_counted_as_missed()
    {
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 60 });
        _topic.Subscribe("a");
        _topic.Publish("1", "2", "3");
        _topic.Acknowledge("a", _topic.Receive("a")[0].Receipt);
        _topic.Harness.Advance(TimeSpan.FromSeconds(40));
        _topic.Publish("4");
        Take("a", "s");
        Drain("a", []);
        _topic.Harness.Advance(TimeSpan.FromSeconds(30));
        _topic.Harness.Sweep();
        Assert.Equal(0, _topic.Stats("a").MissedTotal);
        Seek("a", "a", "s");
        Assert.Equal(2, _topic.Stats("a").MissedTotal);
        Assert.Equal(["4"], Drain("a", []));
    }

    [Fact]
    public void A_snapshot_lives_seven_days_and_no_longer_than_the_topic_keeps_messages()
    {
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 14 * 86_400 });
        _topic.Subscribe("a");
        SubscriptionSnapshot snapshot = Take("a", "s");
        Assert.Equal(TimeSpan.FromDays(7), TimeSpan.FromMilliseconds(snapshot.ExpiresAt - snapshot.TakenAt));
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = 3_600 });
        snapshot = Take("a", "short");
        Assert.Equal(TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(snapshot.ExpiresAt - snapshot.TakenAt));
        _topic.Harness.Advance(TimeSpan.FromHours(1));
        Assert.Equal(BrokerError.SnapshotNotFound, Seek("a", "a", "short"));
        Assert.Equal("s", Assert.Single(List("a")).Name);
        Assert.Equal(2, Kept("a"));
        _topic.Harness.Sweep();
        Assert.Equal(1, Kept("a"));
        _topic.Harness.KillAndRestart();
        Assert.Equal("s", Assert.Single(List("a")).Name);
    }

    [Fact]
    public void A_name_that_exists_keeps_its_snapshot_and_preconditions_hold()
    {
        _topic.Subscribe("a");
        SubscriptionSnapshot first = Take("a", "s");
        _topic.Harness.AdvanceMilliseconds(1_000);
        _topic.Publish("1");
        Result<SnapshotChange> again = Put("a", "s", Precondition.None);
        Assert.Equal((false, first), (again.Value.Created, again.Value.Snapshot));
        var mustNotExist = new Precondition(null, MustNotExist: true);
        Assert.Equal(BrokerError.PreconditionFailed, Put("a", "s", mustNotExist).Error);
        Assert.Equal(BrokerError.PreconditionFailed, Delete("a", "s", new Precondition(["other"], false)));
        Assert.Equal(BrokerError.None, Delete("a", "s", new Precondition([first.ETag], false)));
        Assert.Equal(BrokerError.SnapshotNotFound, Delete("a", "s", Precondition.None));
        Assert.NotEqual(first.ETag, Take("a", "s").ETag);
        Assert.Equal(BrokerError.SubscriptionNotFound, Put("nobody", "s", Precondition.None).Error);
    }

    [Fact]
    public void A_subscription_has_a_bounded_number_of_snapshots()
    {
        _topic.Subscribe("a");
        for (int i = 0; i < SnapshotLimits.PerSubscription; i++) Take("a", $"s{i:d2}");
        Assert.Equal(BrokerError.TooManySnapshots, Put("a", "more", Precondition.None).Error);
        Assert.Equal(BrokerError.None, Delete("a", "s07", Precondition.None));
        Take("a", "more");
        Assert.Equal("more", List("a")[0].Name);
    }

    [Fact]
    public void A_snapshot_with_too_many_holes_is_refused()
    {
        // The journal of a test is small, and a snapshot is at most a quarter of its file: 64 KiB.
        _topic.Subscribe("a");
        string[] bodies = [.. Enumerable.Range(0, 66_000).Select(static i => $"{i}")];
        foreach (string[] some in bodies.Chunk(1_000)) _topic.Publish(some);
        while (_topic.Receive("a", 1_000, 3_600_000) is { Count: > 0 } received)
        {
            ReceiptHandle[] odd = [.. received.Where((_, i) => i % 2 == 1).Select(static message => message.Receipt)];
            _topic.Harness.Run(() =>
                _topic.Broker.Settle(TopicFixture.Name("a").Address, Settlement.Acknowledge, odd));
        }

        Assert.Equal(BrokerError.SnapshotTooLarge, Put("a", "s", Precondition.None).Error);
        Assert.Empty(List("a"));
        Assert.Equal(33_000, _topic.Stats("a").Leased);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_topic_of_a_weaker_level_has_lost_is_passed_over_by_every_kind_of_seek(bool afterwards)
    {
        _topic.Harness.Run(() => _topic.Broker.DeleteTopic(TopicFixture.Topic, Precondition.None));
        _topic.CreateTopic(new QueueConfig { Durability = Durability.Memory });
        _topic.Subscribe("a");
        _topic.Publish("1", "2");
        if (!afterwards) Take("a", "s");
        _topic.Harness.KillAndRestart();
        if (afterwards) Take("a", "s");
        _topic.Publish("3");
        Drain("a", []);
        Assert.Equal(BrokerError.None, Seek("a", "a", "s"));
        Assert.Equal(3, _topic.Stats("a").Available);
        Assert.Equal(["1", "2", "3"], Drain("a", []));
        _topic.Harness.Run(() => _topic.Broker.Seek(TopicFixture.Name("a"), 0));
        Assert.Equal(3, _topic.Stats("a").Available);
        Assert.Equal(["1", "2", "3"], Drain("a", []));
        _topic.Subscribe(
            "b", new QueueConfig { Subscription = new SubscriptionConfig { From = SubscriptionConfig.Earliest } });
        Assert.Equal(3, _topic.Stats("b").Available);
        Assert.Equal(["1", "2", "3"], Drain("b", []));
    }

    [Fact]
    public void Deleting_a_subscription_deletes_its_snapshots()
    {
        _topic.Subscribe("a");
        Take("a", "s");
        _topic.Harness.Run(() => _topic.Broker.DeleteQueue(TopicFixture.Name("a").Address, Precondition.None));
        Assert.Equal(BrokerError.SubscriptionNotFound, Get("a", "s").Error);
        _topic.Subscribe("a");
        Assert.Equal(BrokerError.SnapshotNotFound, Get("a", "s").Error);
    }

    private static QueueConfig Filter() => new()
    {
        Subscription = new SubscriptionConfig { Filter = """{"scope":"body","policy":{"odd":[true]}}""" },
    };

    private void PublishNumbers(int first, int last)
    {
        for (int i = first; i <= last; i++)
            _topic.Publish($$"""{"n":{{i}},"odd":{{(i % 2 == 1 ? "true" : "false")}}}""");
    }

    private SubscriptionSnapshot Take(string subscription, string snapshot)
    {
        Result<SnapshotChange> change = Put(subscription, snapshot, Precondition.None);
        Assert.Equal((BrokerError.None, true), (change.Error, change.Value.Created));
        return change.Value.Snapshot;
    }

    private Result<SnapshotChange> Put(string subscription, string snapshot, Precondition condition) =>
        _topic.Harness.Run(() => _topic.Broker.PutSnapshot(TopicFixture.Snapshot(subscription, snapshot), condition));

    private Result<SubscriptionSnapshot> Get(string subscription, string snapshot) =>
        _topic.Harness.Run(() => _topic.Broker.GetSnapshot(TopicFixture.Snapshot(subscription, snapshot)));

    private IReadOnlyList<SubscriptionSnapshot> List(string subscription) =>
        _topic.Harness.Run(() => _topic.Broker.ListSnapshots(TopicFixture.Name(subscription))).Value;

    private BrokerError Delete(string subscription, string snapshot, Precondition condition) =>
        _topic.Harness.Run(
            () => _topic.Broker.DeleteSnapshot(TopicFixture.Snapshot(subscription, snapshot), condition));

    private BrokerError Seek(string subscription, string owner, string snapshot) => _topic.Harness.Run(() =>
        _topic.Broker.Seek(TopicFixture.Name(subscription), TopicFixture.Snapshot(owner, snapshot))).Error;

    private int Kept(string subscription) =>
        _topic.Broker.Shard.FindQueue(TopicFixture.Name(subscription).Address)!.Kept.Count;

    /// <summary>Receives and acknowledges until nothing comes; numbers stand for bodies that have them.</summary>
    private List<string> Drain(string subscription, List<string> bodies)
    {
        while (_topic.Receive(subscription) is { Count: > 0 } received)
        {
            foreach (Received message in received)
            {
                bodies.Add(
                    message.Body[0] == '{'
                        ? message.Body[5..message.Body.IndexOf(',', StringComparison.Ordinal)]
                        : message.Body);
                Assert.Equal(BrokerError.None, _topic.Acknowledge(subscription, message.Receipt));
            }
        }

        return bodies;
    }

    private void AssertSameAfterRestarts()
    {
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        _topic.Harness.CutPowerAndRestart(3);
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        _topic.Harness.CloseAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
    }
}
