using QueueService.Broker.Queues;
using QueueService.Broker.QueueViews;

namespace QueueService.Broker.Tests.Streams.QueueViews;

/// <summary>Records that go while a queue view still waits for them.</summary>
public sealed class QueueViewRetentionTests : IDisposable
{
    private readonly ViewFixture _clicks = new();

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void A_record_whose_retention_ends_while_it_waits_or_is_leased_is_counted_and_its_receipt_says_so()
    {
        _clicks.Create(2, new QueueConfig { RetentionSeconds = 600 });
        _clicks.View(new QueueConfig { VisibilityTimeoutSeconds = 3_600 });
        _clicks.AppendTo(1, "acknowledged", "leased", "waits");
        List<Record> records = _clicks.Receive(2);
        _clicks.Acknowledge(records[0]);
        _clicks.Harness.Advance(TimeSpan.FromSeconds(601));
        _clicks.AppendTo(1, "young");
        _clicks.Harness.Sweep();
        QueueStats stats = _clicks.Stats();
        Assert.Equal((2, 0, 1), (stats.MissedTotal, stats.Leased, stats.Available));
        Assert.Equal(BrokerError.RecordExpired, _clicks.Acknowledge(records[1]));
        Assert.Equal(
            [BrokerError.RecordExpired], _clicks.Settle(Settlement.Extend, 60_000, records[1].Receipt));
        _clicks.Harness.KillAndRestart();
        Assert.Equal(2, _clicks.Stats().MissedTotal);
        Assert.Equal(BrokerError.RecordExpired, _clicks.Acknowledge(records[1]));
        Assert.Equal("young", Assert.Single(_clicks.Receive()).Body);
    }

    [Fact]
    public void A_live_reader_hears_at_once_of_what_is_gone_also_behind_others_in_line()
    {
        _clicks.Create(3, new QueueConfig { RetentionSeconds = 600 });
        _clicks.View(new QueueConfig { VisibilityTimeoutSeconds = 3_600 });
        Assert.True(
            _clicks.Harness.Run(() => _clicks.Broker.Pause(ViewFixture.Name().Address, paused: true)).Succeeded);
        _clicks.AppendTo(0, "1", "2");
        _clicks.AppendTo(2, "3");
        _clicks.Harness.Advance(TimeSpan.FromSeconds(595));
        var reader = new LeaseHolder(10);
        Task<Result<ReceivedMessages>> other = Start(new ReceiveRequest { Max = 1, WaitMilliseconds = 60_000 });
        _clicks.Harness.Turn();
        Task<Result<ReceivedMessages>> live = Start(Request(reader));
        _clicks.Harness.Turn();
        _clicks.Harness.Advance(TimeSpan.FromSeconds(6));
        _clicks.Harness.Sweep();
        ViewGap gap = BrokerHarness.Answer(live).Value.Gap!;
        Assert.Equal(3, gap.Lost);
        Assert.Equal([new PartitionGap(0, 0, 2), new PartitionGap(2, 0, 1)], gap.Partitions);
        BrokerHarness.Answer(live).Value.Dispose();

        // It is told once.
        live = Start(Request(reader));
        _clicks.Harness.Turn();
        Assert.False(live.IsCompleted || other.IsCompleted);
    }

    [Fact]
    public void A_live_reader_that_is_full_hears_of_it_and_gets_room()
    {
        _clicks.Create(1, new QueueConfig { RetentionSeconds = 600 });
        _clicks.View(new QueueConfig { VisibilityTimeoutSeconds = 3_600 });
        _clicks.AppendTo(0, "1");
        var reader = new LeaseHolder(1);
        Task<Result<ReceivedMessages>> live = Start(Request(reader));
        _clicks.Harness.Turn();
        Record leased = Assert.Single(_clicks.Read(BrokerHarness.Answer(live).Value));
        _clicks.Harness.Advance(TimeSpan.FromSeconds(595));
        live = Start(Request(reader));
        _clicks.Harness.Turn();
        _clicks.Harness.Advance(TimeSpan.FromSeconds(6));
        _clicks.Harness.Sweep();
        Assert.Equal(1, BrokerHarness.Answer(live).Value.Gap!.Lost);
        Assert.Equal(BrokerError.RecordExpired, _clicks.Acknowledge(leased));
        _clicks.AppendTo(0, "2");
        live = Start(Request(reader));
        _clicks.Harness.Turn();
        Assert.Equal("2", Assert.Single(_clicks.Read(BrokerHarness.Answer(live).Value)).Body);
        Assert.Equal(BrokerError.None, _clicks.Harness.Run(() => _clicks.Broker.Release(reader)));
        Assert.Empty(_clicks.Broker.Shard.FindQueue(ViewFixture.Name().Address)!.Readers);
    }

    [Fact]
    public void A_record_that_the_log_does_not_have_any_more_ends_when_somebody_reads_it_and_counts_as_expired()
    {
        _clicks.Create(2);
        _clicks.View();
        for (int i = 0; i < 60; i++) _clicks.AppendTo(1, [.. Enumerable.Repeat(new string('x', 100), 20)]);

        // As compaction leaves it: the bytes are gone, the places are not, and the view is not told.
        uint stream = _clicks.Broker.Shard.FindQueue(StreamFixture.Stream.Address)!.Resource;
        for (int offset = 900; offset < 1_200; offset++)
        {
            var id = new MessageId(stream, Position.First(1) + offset);
            Assert.Equal(
                BrokerError.None, _clicks.Harness.Run(
                    () => _clicks.Broker.DeleteMessage(StreamFixture.Stream.Address, id)));
        }

        _clicks.Harness.CloseAndRestart();
        int received = 0;
        for (int i = 0; i < 3; i++) received += _clicks.Receive(400).Count;
        long expired = _clicks.Stats().ExpiredTotal;
        Assert.InRange(expired, 1, 300);
        Assert.Equal((1_200, received), (received + expired, _clicks.Stats().Leased));
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(received, _clicks.Stats().Available);
        _clicks.Harness.KillAndRestart();
        Assert.Equal((received, expired), (_clicks.Stats().Available, _clicks.Stats().ExpiredTotal));
    }

    private static ReceiveRequest Request(LeaseHolder reader) =>
        new() { Max = 10, WaitMilliseconds = 30_000, Holder = reader };

    private Task<Result<ReceivedMessages>> Start(ReceiveRequest request) => BrokerHarness.Begin(() =>
        _clicks.Broker.Receive(ViewFixture.Name().Address, request, CancellationToken.None));
}
