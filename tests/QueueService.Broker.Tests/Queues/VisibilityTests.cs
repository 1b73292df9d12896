using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class VisibilityTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public VisibilityTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_receive_may_ask_for_its_own_visibility_timeout()
    {
        _harness.Send("a");
        Assert.Single(_harness.Receive(visibility: 5));
        _harness.AdvanceMilliseconds(4);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void A_visibility_timeout_of_zero_leases_nothing()
    {
        _harness.Send("a");
        Received first = Assert.Single(_harness.Receive(visibility: 0));
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(first.Receipt));
        Assert.Equal(2, Assert.Single(_harness.Receive()).ReceiveCount);
    }

    [Fact]
    public void An_extended_lease_ends_after_the_new_duration_from_now()
    {
        _harness.Send("a");
        Received received = Assert.Single(_harness.Receive());
        _harness.AdvanceMilliseconds(20_000);
        Assert.Equal([BrokerError.None], _harness.Settle(Settlement.Extend, 100_000, received.Receipt));
        _harness.AdvanceMilliseconds(99_999);
        Assert.Empty(_harness.Receive());
        Assert.Equal([BrokerError.None], _harness.Settle(Settlement.Extend, 1, received.Receipt));
        _harness.AdvanceMilliseconds(1);
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Settle(Settlement.Extend, 1, received.Receipt));
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void Extending_by_zero_releases()
    {
        _harness.Send("a");
        Received received = Assert.Single(_harness.Receive());
        Assert.Equal([BrokerError.None], _harness.Settle(Settlement.Extend, 0, received.Receipt));
        Assert.Equal(2, Assert.Single(_harness.Receive()).ReceiveCount);
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(received.Receipt));
    }

    [Fact]
    public void A_released_message_is_available_at_once_and_before_untouched_ones()
    {
        _harness.Send("a", "b", "c");
        Received received = Assert.Single(_harness.Receive(1));
        Assert.Equal([BrokerError.None], _harness.Settle(Settlement.Release, 0, received.Receipt));
        Assert.Equal("a", Assert.Single(_harness.Receive(1)).Body);
        Assert.Equal("b", Assert.Single(_harness.Receive(1)).Body);
    }

    [Fact]
    public void A_message_released_with_a_delay_is_delayed_and_never_early()
    {
        _harness.Send("a");
        Received received = Assert.Single(_harness.Receive());
        Assert.Equal([BrokerError.None], _harness.Settle(Settlement.Release, 60_000, received.Receipt));
        Assert.Equal(1, _harness.Stats().Delayed);
        Assert.Equal(MessageState.Delayed, Assert.Single(_harness.Browse()).State);
        _harness.CutPowerAndRestart(1);
        _harness.AdvanceMilliseconds(59_999);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1);
        Assert.Equal(2, Assert.Single(_harness.Receive()).ReceiveCount);
    }

    [Fact]
    public void A_late_acknowledgement_is_told_so_also_when_another_consumer_holds_the_message()
    {
        _harness.Send("a");
        Received first = Assert.Single(_harness.Receive());
        _harness.AdvanceMilliseconds(30_000);
        Received second = Assert.Single(_harness.Receive());
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(first.Receipt));
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Settle(Settlement.Release, 0, first.Receipt));
        Assert.Equal([BrokerError.None], _harness.Acknowledge(second.Receipt));
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(second.Receipt));
    }

    [Fact]
    public void A_message_taken_with_automatic_acknowledgement_is_gone_with_its_delivery()
    {
        _harness.Send("a", "b");
        Received taken = Assert.Single(_harness.Receive(1, auto: true));
        Assert.Equal(default, taken.Receipt);
        _harness.KillAndRestart();
        Assert.Equal(["b"], _harness.Browse().Select(static message => message.Body));
    }

    [Fact]
    public void A_message_taken_from_disk_can_be_read_after_checkpoints_have_dropped_its_file()
    {
        for (int i = 0; i < 400; i++) _harness.Send($"{i}.{new string('x', 500)}");
        Result<ReceivedMessages> taken = _harness.Run(() => _harness.Broker.Receive(
            BrokerHarness.Name(), new ReceiveRequest { Max = 400, WaitMilliseconds = 0, AcknowledgeOnReceipt = true },
            CancellationToken.None));
        Assert.Equal(400, taken.Value.Count);
        int files = CountSegments();
        for (int i = 0; i < 4; i++)
        {
            _harness.Send("more");
            _harness.Broker.Shard.Store.CheckpointNow(_harness.Broker.Shard.Now);
        }

        Assert.Equal(
            Enumerable.Range(0, 400).Select(static n => $"{n}"),
            BrokerHarness.Read(taken.Value).Select(static message => message.Body.Split('.')[0]));
        for (int i = 0; i < 3; i++)
        {
            _harness.Send("more");
            _harness.Broker.Shard.Store.CheckpointNow(_harness.Broker.Shard.Now);
        }

        // What was held goes when it has been read.
        Assert.InRange(CountSegments(), 0, files / 4);
    }

    private int CountSegments() =>
        _harness.Disk.ListFolders("logs").Sum(folder => _harness.Disk.ListFiles($"logs/{folder}").Count);
}
