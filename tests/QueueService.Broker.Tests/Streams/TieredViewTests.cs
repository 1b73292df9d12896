using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Tests.Streams.QueueViews;
using QueueService.Broker.Topics;
using QueueService.Testing;
using static QueueService.Broker.Tests.Streams.TierFixture;
using Record = QueueService.Broker.Tests.Streams.QueueViews.Record;

namespace QueueService.Broker.Tests.Streams;

/// <summary>Queue views and compaction of streams whose segments are in the object store.</summary>
public sealed class TieredViewTests : IDisposable
{
    private const int Records = 200;

    private readonly SimulatedDisk _objects = new();
    private readonly ViewFixture _view;

    public TieredViewTests() => _view = new ViewFixture(TierFixture.Options(_objects));

    public void Dispose() => _view.Dispose();

    [Fact]
    public void A_queue_view_receives_each_record_that_is_in_the_object_store()
    {
        FillAndMove();
        _view.View(ViewFixture.FromEarliest());
        Assert.Equal(Enumerable.Range(0, Records).Select(Body), ReceiveAll());
        Assert.Equal(0, _view.Stats().ExpiredTotal);
    }

    [Fact]
    public void What_the_object_store_does_not_give_is_not_received_and_not_counted_and_comes_later()
    {
        FillAndMove();
        _view.View(ViewFixture.FromEarliest());
        for (int i = 0; i < 5; i++)
        {
            _objects.Fail(DiskOperation.Open, times: 1_000);
            Assert.Equal(BrokerError.TierUnavailable, _view.TryReceive(new ReceiveRequest { Max = 10 }).Error);
            _objects.StopFailing();
            _view.Harness.Time.Advance(TimeSpan.FromSeconds(2));
        }

        Record[] first = [.. _view.Receive(max: 10)];
        Assert.Equal(Enumerable.Range(0, 10).Select(Body), first.Select(static record => record.Body));
        Assert.All(first, static record => Assert.Equal(1, record.ReceiveCount));
        Assert.Equal(0, _view.Stats().ExpiredTotal);
    }

    [Fact]
    public void What_is_acknowledged_on_receipt_is_acknowledged_when_the_object_store_has_given_it()
    {
        FillAndMove();
        _view.View(ViewFixture.FromEarliest());
        var request = new ReceiveRequest { Max = 10, AcknowledgeOnReceipt = true };
        _objects.Fail(DiskOperation.Open, times: 1_000);
        Assert.Equal(BrokerError.TierUnavailable, _view.TryReceive(request).Error);
        _objects.StopFailing();
        _view.Harness.Time.Advance(TimeSpan.FromSeconds(2));
        List<Record> got = _view.Read(_view.TryReceive(request).Value);
        Assert.Equal(Enumerable.Range(0, 10).Select(Body), got.Select(static record => record.Body));
        Assert.All(got, static record => Assert.Equal(default, record.Receipt));
        _view.Harness.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(Body(10), _view.Bodies(max: 1).Single());
    }

    [Fact]
    public void Acknowledgements_that_ride_on_a_receive_are_told_also_when_there_is_nothing_to_be_had()
    {
        FillAndMove();
        _view.View(ViewFixture.FromEarliest());
        Record first = _view.Receive(max: 1).Single();
        _view.Harness.CloseAndRestart();
        _objects.Fail(DiskOperation.Open, times: 1_000);
        Result<ReceivedMessages> result = _view.TryReceive(new ReceiveRequest
        {
            Max = 10, Acknowledge = [first.Receipt],
        });
        Assert.Equal(BrokerError.None, result.Error);
        using ReceivedMessages messages = result.Value;
        Assert.Equal((0, BrokerError.None), (messages.Count, messages.Acknowledged!.Single()));
    }

    [Fact]
    public void Records_at_given_places_and_of_browsing_are_fetched_or_refused()
    {
        FillAndMove();
        _view.View(ViewFixture.FromEarliest());
        _objects.Fail(DiskOperation.Open, times: 1_000);
        Assert.Equal(BrokerError.TierUnavailable, ReadAt(3, 60).Error);
        Assert.Equal(BrokerError.TierUnavailable, Browse().Error);
        _objects.StopFailing();
        using ReceivedMessages records = ReadAt(3, 60).Value;
        Assert.Equal([Body(3), Body(60)], StreamFixture.Bodies(records));
        using ReceivedMessages browsed = Browse().Value;
        Assert.Equal(Enumerable.Range(0, 20).Select(Body), StreamFixture.Bodies(browsed));
    }

    [Fact]
    public void A_stream_has_a_tier_or_is_compacted_and_what_has_left_is_never_compacted()
    {
        FillAndMove();
        Assert.Equal(BrokerError.TierNotForCompaction, Patch(Compact));
        Assert.Equal(BrokerError.None, Patch(static stream => stream with { Tier = null }));
        Assert.Equal(BrokerError.TierInUse, Patch(Compact));

        _view.Harness.Time.Advance(TimeSpan.FromDays(8));
        _view.Harness.Sweep();
        _view.Harness.Sweep();
        Assert.Equal(BrokerError.None, Patch(Compact));
        Assert.Equal(
            BrokerError.TierNotForCompaction, Patch(static stream => stream with { Tier = new StreamTier(0, null) }));
    }

    private static StreamConfig Compact(StreamConfig stream) =>
        stream with { Cleanup = CleanupPolicy.CompactAndDelete };

    private void FillAndMove()
    {
        _view.Stream.Create(new QueueConfig
        {
            RetentionSeconds = StreamLimits.DefaultRetentionSeconds,
            Stream = new StreamConfig { Tier = new StreamTier(0, null) },
        });
        for (int i = 0; i < Records; i++) _view.Stream.Append((null, Body(i)));
        _view.Harness.Time.Advance(TimeSpan.FromSeconds(1));
        _view.Harness.CloseAndRestart();
        Assert.True(TierFixture.Move(_view.Harness).Moved > 3);
    }

    private List<string> ReceiveAll()
    {
        var all = new List<string>();
        while (_view.Bodies(max: 30) is { Length: > 0 } some) all.AddRange(some);
        return all;
    }

    private Result<ReceivedMessages> ReadAt(params long[] offsets) =>
        _view.Harness.Run(() => _view.Broker.ReadRecordsAt(StreamFixture.Stream, offsets));

    private Result<ReceivedMessages> Browse() => _view.Harness.Run(() =>
        _view.Broker.Browse(ViewFixture.Name().Address, new BrowseRequest { Limit = 20 }));

    private BrokerError Patch(Func<StreamConfig, StreamConfig> change) =>
        _view.Harness.Run(() => _view.Broker.PatchQueue(
        StreamFixture.Stream.Address, config => config with { Stream = change(config.Stream!) },
        Precondition.None)).Error;
}
