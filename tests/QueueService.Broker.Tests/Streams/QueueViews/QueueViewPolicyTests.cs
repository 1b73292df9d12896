using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Streams.QueueViews;

/// <summary>Dead letters, retries and turns of queue views.</summary>
public sealed class QueueViewPolicyTests : IDisposable
{
    private readonly ViewFixture _clicks = new();

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void A_record_that_fails_as_often_as_it_may_goes_to_the_dead_letter_queue_with_its_origin_in_one_frame()
    {
        _clicks.Harness.CreateQueue("dead");
        _clicks.Create(600);
        _clicks.View(new QueueConfig { Redrive = new RedrivePolicy("dead", 2) });
        _clicks.AppendTo(599, "fine", "poison", "fine too");
        foreach (Record record in _clicks.Receive().Where(static record => record.Body != "poison"))
            _clicks.Acknowledge(record);
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("poison", Assert.Single(_clicks.Receive()).Body);
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        Assert.Empty(_clicks.Receive());
        Assert.Equal(1, _clicks.Stats().Blocked);
        _clicks.Harness.Sweep();
        _clicks.Harness.KillAndRestart();
        Assert.Equal(
            (1, 0, 0), (_clicks.Stats().DeadLetteredTotal, _clicks.Stats().Available, _clicks.Stats().Blocked));

        using ReceivedMessages dead = _clicks.Harness.Run(() => _clicks.Broker.Receive(
            BrokerHarness.Name("dead"), new ReceiveRequest { Max = 10 }, CancellationToken.None)).Value;
        Assert.Equal(1, dead.Count);
        Assert.True(dead.TryRead(0, out MessageView message));
        MessageOrigin origin = message.Origin!;
        Assert.Equal(("~clicks/work", "maxReceiveCount", 2), (origin.SourceQueue, origin.Reason, origin.ReceiveCount));
        Assert.Equal(
            (599, 1), (Position.LaneOf(origin.Id.SequenceNumber), Position.OffsetOf(origin.Id.SequenceNumber)));
        Assert.Equal(0, message.Priority);
        Assert.Equal(["fine", "poison", "fine too"], _clicks.Stream.Bodies(599));
    }

    [Fact]
    public void A_consumer_gives_a_record_up()
    {
        _clicks.Harness.CreateQueue("dead");
        _clicks.Create(2);
        _clicks.View();
        _clicks.AppendTo(1, "1");
        Record record = Assert.Single(_clicks.Receive());
        Assert.Equal(BrokerError.NoDeadLetterQueue, GiveUp(record).Error);
        _clicks.View(new QueueConfig { Redrive = new RedrivePolicy("dead", 5) });
        Assert.True(GiveUp(record).Succeeded);
        Assert.Equal("1", Assert.Single(_clicks.Harness.ReceiveFrom("dead")).Body);
        Assert.Equal(BrokerError.ReceiptExpired, _clicks.Acknowledge(record));
    }

    [Fact]
    public void An_old_record_has_the_whole_retention_of_its_dead_letter_queue()
    {
        _clicks.Harness.CreateQueue("dead", new QueueConfig { RetentionSeconds = 3_600 });
        _clicks.Create(1);
        _clicks.View(new QueueConfig { Redrive = new RedrivePolicy("dead", 5) });
        _clicks.AppendTo(0, "1");
        _clicks.Harness.Advance(TimeSpan.FromHours(5));
        Assert.True(GiveUp(Assert.Single(_clicks.Receive())).Succeeded);
        _clicks.Harness.Advance(TimeSpan.FromMinutes(50));
        _clicks.Harness.Sweep();
        Assert.Equal("1", Assert.Single(_clicks.Harness.ReceiveFrom("dead")).Body);
        _clicks.Harness.Advance(TimeSpan.FromMinutes(11));
        _clicks.Harness.Sweep();
        Assert.Empty(_clicks.Harness.ReceiveFrom("dead"));
    }

    [Fact]
    public void A_failed_record_waits_as_the_retry_policy_says()
    {
        _clicks.Create(3);
        _clicks.View(new QueueConfig { Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 60 } });
        _clicks.AppendTo(2, "1");
        _clicks.Receive();
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        Assert.Empty(_clicks.Receive());
        _clicks.Harness.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(2, Assert.Single(_clicks.Receive()).ReceiveCount);
    }

    [Fact]
    public void A_long_partition_does_not_keep_the_others_waiting()
    {
        _clicks.Create(4);
        _clicks.View();
        for (int i = 0; i < 20; i++) _clicks.AppendTo(0, [.. Enumerable.Range(0, 50).Select(n => $"0-{i}-{n}")]);
        _clicks.AppendTo(1, "1");
        _clicks.AppendTo(3, "3");
        Assert.Equal([0, 1, 3], _clicks.Receive(3).Select(static record => record.Partition).Order());
        Assert.All(_clicks.Receive(20), static record => Assert.Equal(0, record.Partition));
        _clicks.AppendTo(2, "2a", "2b");

        // Found after as many records as there are partitions, at the latest.
        Assert.Equal(2, _clicks.Receive(7).Count(static record => record.Partition == 2));
    }

    [Fact]
    public void Records_that_come_back_all_the_time_do_not_keep_other_partitions_waiting()
    {
        _clicks.Create(2);
        _clicks.View();
        _clicks.AppendTo(0, "bad");
        _clicks.AppendTo(1, [.. Enumerable.Range(0, 20).Select(static i => $"{i}")]);
        for (int i = 0; i < 20; i++)
        {
            List<Record> two = _clicks.Receive(2);
            Assert.Equal([0, 1], two.Select(static record => record.Partition).Order());
            foreach (Record record in two)
            {
                if (record.Partition == 1) _clicks.Acknowledge(record);
                else _clicks.Settle(Settlement.Release, 0, record.Receipt);
            }
        }

        Assert.Equal(20, _clicks.Stats().DeletedTotal);
    }

    [Fact]
    public void A_thousand_partitions_are_drained_evenly()
    {
        _clicks.Create(1_000);
        _clicks.View();
        for (int round = 0; round < 3; round++)
            for (int partition = 0; partition < 1_000; partition++) _clicks.AppendTo(partition, $"{round}");
        Assert.Equal(3_000, _clicks.Stats().Available);
        for (int round = 0; round < 3; round++)
        {
            List<Record> records = _clicks.Receive(1_000);
            Assert.Equal(1_000, records.Select(static record => record.Partition).Distinct().Count());
            Assert.All(records, record => Assert.Equal(round, record.Offset));
            Assert.All(_clicks.Settle(Settlement.Acknowledge, 0, [.. records.Select(static record => record.Receipt)]),
                static error => Assert.Equal(BrokerError.None, error));
        }

        _clicks.Harness.KillAndRestart();
        Assert.Equal((0, 3_000), (_clicks.Stats().Available, _clicks.Stats().DeletedTotal));
    }

    [Fact]
    public void A_partition_with_too_many_holes_gives_nothing_new_and_the_view_says_so()
    {
        _clicks.Create(1_024);
        _clicks.View(new QueueConfig { VisibilityTimeoutSeconds = 43_200 });
        for (int i = 0; i < 4; i++) AppendMany(7, 300_000);
        _clicks.AppendTo(8, "other");
        Record? first = null;
        while (_clicks.Receive(1_000) is { Count: > 0 } records)
        {
            // One of each block of 65,536 stays leased.
            first ??= records.Single(static record => record is { Partition: 7, Offset: 0 });
            _clicks.Settle(
                Settlement.Acknowledge, 0,
                [.. records.Where(static record => record.Offset % 65_536 != 0).Select(static record => record.Receipt)]);
        }

        Assert.Contains("Partition 7", _clicks.Stats().BlockedReason, StringComparison.Ordinal);
        Assert.True(_clicks.Stats().Available > 0);
        _clicks.AppendTo(8, "goes on");
        Assert.Equal("goes on", Assert.Single(_clicks.Receive()).Body);
        Assert.Equal(BrokerError.None, _clicks.Acknowledge(first!));
        Assert.Equal(1_000, _clicks.Receive(1_000).Count);
        Assert.Null(_clicks.Stats().BlockedReason);
    }

    private void AppendMany(int partition, int count)
    {
        string[] some = [.. Enumerable.Repeat("x", 2_000)];
        for (; count > 0; count -= some.Length) _clicks.AppendTo(partition, some);
    }

    private Result<Durability> GiveUp(Record record) => _clicks.Harness.Run(() =>
        _clicks.Broker.DeadLetter(ViewFixture.Name().Address, record.Receipt, "no such customer"));
}
