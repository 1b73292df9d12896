using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Streams.QueueViews;

public sealed class QueueViewTests : IDisposable
{
    private readonly ViewFixture _clicks = new();

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void Every_view_receives_every_record_once_and_the_stream_keeps_them()
    {
        _clicks.Create(2);
        _clicks.View(name: "a");
        _clicks.View(name: "b");
        _clicks.AppendTo(0, "1", "2");
        _clicks.AppendTo(1, "3");
        Assert.Equal(["1", "2", "3"], _clicks.Bodies(view: "a").Order());
        Assert.Equal(["1", "2", "3"], _clicks.Bodies(view: "b").Order());
        Assert.Empty(_clicks.Bodies(view: "a"));
        Assert.Equal(["1", "2"], _clicks.Stream.Bodies(0));
    }

    [Fact]
    public void A_record_says_where_it_is_in_the_stream()
    {
        _clicks.Create(1_024);
        _clicks.View();
        _clicks.AppendTo(1_023, "x", "y");
        List<Record> records = _clicks.Receive();
        Assert.Equal([(1_023, 0L, "x"), (1_023, 1L, "y")], records.Select(static r => (r.Partition, r.Offset, r.Body)));
        Assert.All(records, static record => Assert.Equal(0, record.Priority));
    }

    [Fact]
    public void A_view_begins_where_it_is_told_to()
    {
        _clicks.Create(2);
        _clicks.AppendTo(0, "1");
        _clicks.AppendTo(1, "2");
        _clicks.Harness.AdvanceMilliseconds(10_000);
        long time = _clicks.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _clicks.AppendTo(1, "3");
        _clicks.View(name: "latest");
        _clicks.View(ViewFixture.FromEarliest(), "earliest");
        _clicks.View(
            new QueueConfig { Subscription = new SubscriptionConfig { From = "2026-11-21T12:00:10Z" } }, "time", time);
        _clicks.AppendTo(0, "4");
        Assert.Equal(["4"], _clicks.Bodies(view: "latest"));
        Assert.Equal(["1", "2", "3", "4"], _clicks.Bodies(view: "earliest").Order());
        Assert.Equal(["3", "4"], _clicks.Bodies(view: "time").Order());
    }

    [Fact]
    public void A_record_that_is_not_acknowledged_in_time_is_delivered_again_and_an_acknowledged_one_never()
    {
        _clicks.Create(3);
        _clicks.View();
        for (int partition = 0; partition < 3; partition++) _clicks.AppendTo(partition, $"{partition}");
        List<Record> first = _clicks.Receive();
        Assert.Equal(BrokerError.None, _clicks.Acknowledge(first[1]));
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        List<Record> again = _clicks.Receive();
        Assert.Equal(["0", "2"], again.Select(static record => record.Body).Order());
        Assert.All(again, static record => Assert.Equal(2, record.ReceiveCount));
        Assert.Equal(BrokerError.ReceiptExpired, _clicks.Acknowledge(first[0]));
        Assert.All(again, record => Assert.Equal(BrokerError.None, _clicks.Acknowledge(record)));
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        Assert.Empty(_clicks.Receive());
        Assert.Equal((3, 5), (_clicks.Stats().DeletedTotal, _clicks.Stats().ReceivedTotal));
    }

    [Fact]
    public void Released_records_wait_as_long_as_asked_and_extended_ones_stay_leased()
    {
        _clicks.Create(40);
        _clicks.View();
        _clicks.AppendTo(39, "1", "2", "3");
        List<Record> records = _clicks.Receive();
        _clicks.Settle(Settlement.Release, 5_000, records[0].Receipt);
        _clicks.Settle(Settlement.Extend, 90_000, records[1].Receipt);
        _clicks.Settle(Settlement.Release, 0, records[2].Receipt);
        Assert.Equal(["3"], _clicks.Bodies());
        _clicks.Harness.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["1"], _clicks.Bodies());
        _clicks.Harness.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(["1", "3"], _clicks.Bodies().Order());
    }

    [Fact]
    public void A_named_receive_that_is_repeated_gets_the_same_records()
    {
        _clicks.Create(64);
        _clicks.View();
        foreach (int partition in (int[])[0, 20, 63]) _clicks.AppendTo(partition, $"{partition}");
        var request = new ReceiveRequest { Max = 10, AttemptId = "worker-1" };
        string[] first = [.. _clicks.Read(_clicks.TryReceive(request).Value).Select(static record => record.Body)];
        string[] again = [.. _clicks.Read(_clicks.TryReceive(request).Value).Select(static record => record.Body)];
        Assert.Equal(["0", "20", "63"], again);
        Assert.Equal(first.Order(), again.Order());
    }

    [Fact]
    public void A_waiting_receive_gets_what_is_appended_to_any_partition_also_to_one_that_is_new()
    {
        _clicks.Create(2);
        _clicks.View();
        Task<Result<ReceivedMessages>> waiting = Wait();
        _clicks.AppendTo(1, "1");
        Assert.Equal("1", Assert.Single(_clicks.Read(BrokerHarness.Answer(waiting).Value)).Body);

        waiting = Wait();
        _clicks.Create(30);
        _clicks.AppendTo(29, "2");
        Record record = Assert.Single(_clicks.Read(BrokerHarness.Answer(waiting).Value));
        Assert.Equal((29, 0, "2"), (record.Partition, record.Offset, record.Body));
    }

    [Fact]
    public void Partitions_that_are_added_later_are_received_from_their_first_record_on()
    {
        _clicks.Create(1);
        _clicks.View();
        _clicks.Create(5);
        for (int partition = 0; partition < 5; partition++) _clicks.AppendTo(partition, $"{partition}");
        Assert.Equal(5, _clicks.Stats().Available);
        _clicks.Harness.KillAndRestart();
        Assert.Equal(["0", "1", "2", "3", "4"], _clicks.Bodies().Order());
    }

    [Fact]
    public void Acknowledgements_and_receive_counts_survive_kills_and_power_cuts()
    {
        _clicks.Create(20);
        _clicks.View();
        for (int i = 0; i < 300; i++) _clicks.AppendTo(i % 20, $"{i}");
        foreach (Record record in _clicks.Receive(120).Where(static r => r.Offset % 2 == 0))
            _clicks.Acknowledge(record);
        ulong hash = _clicks.Broker.Shard.StateHash();
        _clicks.Harness.KillAndRestart();
        Assert.Equal(hash, _clicks.Broker.Shard.StateHash());
        _clicks.Harness.CutPowerAndRestart(1);
        Assert.Equal(hash, _clicks.Broker.Shard.StateHash());
        _clicks.Harness.CloseAndRestart();
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        List<Record> rest = _clicks.Receive(1_000);
        Assert.Equal(300 - 60, rest.Count);
        Assert.Equal(60, rest.Count(static record => record.ReceiveCount == 2));
        Assert.DoesNotContain(rest, static record => record.Offset % 2 == 0 && record.Offset < 6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_view_of_a_weaker_stream_goes_on_after_a_power_cut_with_what_is_left_and_new_receipts(bool filtered)
    {
        _clicks.Create(200, new QueueConfig { Durability = Durability.Os });
        _clicks.View(new QueueConfig
        {
            Subscription = new SubscriptionConfig
            {
                From = SubscriptionConfig.Earliest,
                Filter = filtered ? """{"policy":{"kind":[{"exists":false}]}}""" : "",
            },
        });
        for (int i = 0; i < 400; i++) _clicks.AppendTo(i % 200, $"{i}");
        Record leased = _clicks.Receive(300)[0];
        for (int cut = 1; cut < 4; cut++)
        {
            _clicks.Harness.CutPowerAndRestart((ulong)cut);

            // Its lease may be lost: whoever has the record now has it for the first time, too.
            _clicks.Receive(1_000);
            Assert.Equal(BrokerError.ReceiptExpired, _clicks.Acknowledge(leased));
            _clicks.AppendTo(7, $"new {cut}");
        }

        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        string[] kept = [.. Enumerable.Range(0, 200).SelectMany(partition => Kept(partition))];
        var received = new List<string>();
        for (string[] some = _clicks.Bodies(1_000); some.Length > 0; some = _clicks.Bodies(1_000))
            received.AddRange(some);
        Assert.Equal(kept.Order(), received.Order());
        Assert.Contains("new 3", received);
        if (!filtered) Assert.Equal((0, received.Count), (_clicks.Stats().Available, _clicks.Stats().Leased));
    }

    [Fact]
    public void A_view_that_is_paused_hands_out_nothing_and_one_that_goes_on_what_came_meanwhile()
    {
        _clicks.Create(1);
        _clicks.View();
        _clicks.AppendTo(0, "1");
        Assert.True(
            _clicks.Harness.Run(() => _clicks.Broker.Pause(ViewFixture.Name().Address, paused: true)).Succeeded);
        Assert.Empty(_clicks.Receive());
        Assert.Equal("The queue view is paused.", _clicks.Stats().BlockedReason);
        _clicks.AppendTo(0, "2");
        Assert.True(
            _clicks.Harness.Run(() => _clicks.Broker.Pause(ViewFixture.Name().Address, paused: false)).Succeeded);
        Assert.Equal(["1", "2"], _clicks.Bodies());
    }

    [Fact]
    public void A_seek_delivers_again_what_comes_after_it_and_passes_over_what_lies_before()
    {
        _clicks.Create(2);
        _clicks.View();
        _clicks.AppendTo(0, "1");
        _clicks.AppendTo(1, "2");
        List<Record> records = _clicks.Receive();
        foreach (Record record in records) _clicks.Acknowledge(record);
        _clicks.Harness.AdvanceMilliseconds(5_000);
        long time = _clicks.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        _clicks.AppendTo(1, "3");
        Seek(0);
        Assert.Equal(["1", "2", "3"], _clicks.Bodies().Order());
        Assert.Equal(BrokerError.ReceiptExpired, _clicks.Acknowledge(records[0]));
        Seek(time);
        Assert.Equal(["3"], _clicks.Bodies());
        Seek(long.MaxValue);
        Assert.Empty(_clicks.Receive());
        _clicks.AppendTo(0, "4");
        Assert.Equal(["4"], _clicks.Bodies());
    }

    [Fact]
    public void A_view_without_a_stream_is_refused_and_a_stream_that_is_deleted_takes_its_views_with_it()
    {
        Assert.Equal(BrokerError.StreamNotFound, _clicks.TryView().Error);
        _clicks.Create(2);
        _clicks.View();
        Task<Result<ReceivedMessages>> waiting = Wait();
        Assert.Equal(
            BrokerError.None, _clicks.Harness.Run(
                () => _clicks.Broker.DeleteStream(StreamFixture.Stream, Precondition.None)));
        Assert.Equal(BrokerError.QueueViewNotFound, BrokerHarness.Answer(waiting).Error);
        _clicks.Create(2);
        Assert.Equal(
            BrokerError.QueueViewNotFound,
            _clicks.Harness.Run(() => _clicks.Broker.GetSubscription(ViewFixture.Name())).Error);
        _clicks.Harness.KillAndRestart();
        Assert.Equal(BrokerError.QueueViewNotFound, _clicks.TryReceive(new ReceiveRequest { Max = 1 }).Error);
    }

    [Fact]
    public void Views_are_listed_by_stream_and_are_no_subscriptions()
    {
        _clicks.Create(2);
        _clicks.View(name: "b");
        _clicks.View(name: "a");
        Result<QueuePage> page = _clicks.Harness.Run(() =>
            _clicks.Broker.ListSubscriptions(StreamFixture.Stream.Log, "", after: null, limit: 10));
        Assert.Equal(["~clicks/a", "~clicks/b"], page.Value.Queues.Select(static view => view.Name.Value));
    }

    [Fact]
    public void A_filter_lets_through_what_matches_of_all_partitions()
    {
        _clicks.Create(40);
        _clicks.View(new QueueConfig
        {
            Subscription = new SubscriptionConfig { Filter = """{"policy":{"kind":["a"]}}""" },
        });
        for (int i = 0; i < 400; i++) Append(i % 40, $"{i}", i % 3 == 0 ? "a" : "b");
        var received = new List<Record>();
        for (List<Record> some = _clicks.Receive(40); some.Count > 0; some = _clicks.Receive(40))
        {
            received.AddRange(some);
            _clicks.Settle(Settlement.Release, 1_000, some[0].Receipt);
            foreach (Record record in some.Skip(1)) Assert.Equal(BrokerError.None, _clicks.Acknowledge(record));
        }

        int[] expected = [.. Enumerable.Range(0, 400).Where(static i => i % 3 == 0)];
        Assert.Equal(expected, received.Select(static record => int.Parse(record.Body)).Order());
        _clicks.Harness.AdvanceMilliseconds(1_000);
        Assert.Equal(4, _clicks.Receive(100).Count);
        _clicks.Harness.KillAndRestart();
        _clicks.Harness.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(4, _clicks.Receive(100).Count);
    }

    private IEnumerable<string> Kept(int partition)
    {
        using ReceivedMessages records = _clicks.Stream.Read(partition, 0);
        return [.. StreamFixture.Bodies(records)];
    }

    private void Append(int partition, string body, string kind)
    {
        using MessageBatch batch = MessageBatch.Rent();
        batch.Add(
            new MessageHeaders { Attributes = [new MessageAttribute("kind", AttributeKind.String, kind)] },
            System.Text.Encoding.UTF8.GetBytes(body), new SendOptions { Partition = partition });
        Assert.True(_clicks.Harness.Run(() => _clicks.Broker.Append(StreamFixture.Stream, batch)).Succeeded);
    }

    private void Seek(long time) =>
        Assert.True(_clicks.Harness.Run(() => _clicks.Broker.Seek(ViewFixture.Name(), time)).Succeeded);

    private Task<Result<ReceivedMessages>> Wait()
    {
        Task<Result<ReceivedMessages>> waiting = BrokerHarness.Begin(() => _clicks.Broker.Receive(
            ViewFixture.Name().Address, new ReceiveRequest { Max = 10, WaitMilliseconds = 20_000 },
            CancellationToken.None));
        _clicks.Harness.Turn();
        Assert.False(waiting.IsCompleted);
        return waiting;
    }
}
