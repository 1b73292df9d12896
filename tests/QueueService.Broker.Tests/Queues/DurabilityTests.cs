using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Queues;

public sealed class DurabilityTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Theory]
    [InlineData(Durability.Fsync, "Write Sync answer")]
    [InlineData(Durability.Os, "Write answer")]
    [InlineData(Durability.Memory, "answer Write")]
    public void An_answer_leaves_when_its_level_is_reached(Durability durability, string order)
    {
        _harness.CreateQueue(config: new QueueConfig { Durability = durability });
        Assert.Equal(order, OrderOf(() => _harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a"))));
    }

    [Fact]
    public void Definitions_are_synced_whatever_the_level_of_the_queue()
    {
        _harness.CreateQueue(config: new QueueConfig { Durability = Durability.Memory });
        Assert.Equal("Write Sync answer", OrderOf(() =>
            _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None)));
    }

    [Fact]
    public void Synced_and_weak_queues_share_a_commit_and_each_gets_its_level()
    {
        _harness.CreateQueue();
        _harness.CreateQueue("weak", new QueueConfig { Durability = Durability.Os });
        Task synced = BrokerHarness.Begin(() => _harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a")));
        Assert.Equal("Write answer Sync", OrderOf(() =>
            _harness.Broker.Send(BrokerHarness.Name("weak"), BrokerHarness.Batch("a"))));
        Assert.True(synced.IsCompleted);
    }

    [Fact]
    public void What_is_not_synced_is_synced_within_a_second_of_idle_turns()
    {
        _harness.CreateQueue(config: new QueueConfig { Durability = Durability.Os });
        _harness.AdvanceMilliseconds(100);
        _harness.Send("a");
        Assert.True(_harness.Broker.Shard.Store.HasUnsynced);
        _harness.AdvanceMilliseconds(1_000);
        _harness.Turn();
        Assert.False(_harness.Broker.Shard.Store.HasUnsynced);
    }

    [Theory]
    [InlineData(Durability.Os)]
    [InlineData(Durability.Memory)]
    public void After_an_unclean_start_a_weak_queue_skips_offsets_and_refuses_old_receipts(Durability durability)
    {
        _harness.CreateQueue(config: new QueueConfig { Durability = durability });
        SendOutcome before = _harness.Send("a", "b");
        Received leased = Assert.Single(_harness.Receive(1));
        _harness.KillAndRestart();
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(leased.Receipt));
        SendOutcome after = _harness.Send("c");
        Assert.True(after.FirstSequenceNumber > before.FirstSequenceNumber + 200_000_000);
        Assert.Equal(["b", "c"], _harness.Receive().Select(static message => message.Body));
        _harness.AdvanceMilliseconds(30_000);
        Assert.Equal(["a", "b", "c"], _harness.Receive().Select(static message => message.Body));
        _harness.CutPowerAndRestart(5);
        Assert.True(_harness.Send("d").FirstSequenceNumber > after.FirstSequenceNumber + 200_000_000);
    }

    [Fact]
    public void After_a_clean_start_a_weak_queue_goes_on_where_it_was()
    {
        _harness.CreateQueue(config: new QueueConfig { Durability = Durability.Memory });
        _harness.Send("a", "b");
        Received leased = Assert.Single(_harness.Receive(1));
        _harness.CloseAndRestart();
        Assert.Equal([BrokerError.None], _harness.Acknowledge(leased.Receipt));
        Assert.Equal(2, _harness.Send("c").FirstSequenceNumber);
    }

    [Fact]
    public void Receipts_of_a_synced_queue_stay_good_over_an_unclean_start()
    {
        _harness.CreateQueue();
        _harness.CreateQueue("weak", new QueueConfig { Durability = Durability.Memory });
        _harness.Send("a");
        Received leased = Assert.Single(_harness.Receive());
        _harness.CutPowerAndRestart(4);
        Assert.Equal([BrokerError.None], _harness.Acknowledge(leased.Receipt));
        Assert.Equal(1, _harness.Send("b").FirstSequenceNumber);
    }

    /// <summary>The writes and syncs of the journal and the moment of the answer, in their order.</summary>
    private string OrderOf<T>(Func<ValueTask<T>> call)
    {
        var order = new List<string>();
        _harness.Disk.Observer = happening =>
        {
            if (happening.Path.StartsWith("journal/", StringComparison.Ordinal)
                && happening.Operation is DiskOperation.Write
                or DiskOperation.Sync) order.Add($"{happening.Operation}");
        };
        Task<T> answer = BrokerHarness.Begin(call);
        _ = Note(answer, order);
        _harness.Turn();
        _harness.Disk.Observer = null;
        return string.Join(' ', order);
    }

    private static async Task Note(Task answer, List<string> order)
    {
#pragma warning disable VSTHRD003 // It runs on this thread, where the answer is given.
        await answer;
#pragma warning restore VSTHRD003
        order.Add("answer");
    }
}
