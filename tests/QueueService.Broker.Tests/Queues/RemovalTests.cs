using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class RemovalTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public RemovalTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Purge_removes_everything_and_ends_all_leases()
    {
        _harness.Send("a", "b");
        _harness.TrySend("delayed", 1_000);
        Received leased = Assert.Single(_harness.Receive(1));
        Purge();
        Assert.Empty(_harness.Browse());
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(leased.Receipt));
        SendOutcome sent = _harness.Send("after");
        Assert.Equal(3, sent.FirstSequenceNumber);
        _harness.AdvanceMilliseconds(100_000);
        Assert.Equal("after", Assert.Single(_harness.Receive()).Body);
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(leased.Receipt));
        Assert.Equal(3, _harness.Stats().DeletedTotal);
    }

    [Fact]
    public void A_purge_survives_a_power_cut_and_an_old_receipt_stays_worthless()
    {
        _harness.Send("a");
        Received leased = Assert.Single(_harness.Receive(visibility: 1_000_000));
        Purge();
        _harness.CutPowerAndRestart(9);
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(leased.Receipt));
        Assert.Equal(0, _harness.Stats().Available);
    }

    [Fact]
    public void Available_and_delayed_messages_are_deleted_by_id_and_leased_ones_are_not()
    {
        SendOutcome sent = _harness.Send("a", "b", "c");
        MessageId delayed = _harness.TrySend("delayed", 1_000).Value.IdAt(0);
        Received leased = Assert.Single(_harness.Receive(1));
        Assert.Equal(BrokerError.MessageLeased, _harness.DeleteMessage(leased.Id));
        Assert.Equal(BrokerError.None, _harness.DeleteMessage(sent.IdAt(1)));
        Assert.Equal(BrokerError.None, _harness.DeleteMessage(delayed));
        Assert.Equal(BrokerError.MessageNotFound, _harness.DeleteMessage(delayed));
        Assert.Equal(BrokerError.MessageNotFound, _harness.DeleteMessage(new MessageId(sent.Queue, 99)));
        Assert.Equal("c", Assert.Single(_harness.Receive()).Body);
        _harness.AdvanceMilliseconds(30_000);
        Assert.Equal(BrokerError.None, _harness.DeleteMessage(leased.Id));
        _harness.KillAndRestart();
        Assert.Equal("c", Assert.Single(_harness.Browse()).Body);
    }

    [Fact]
    public void Deleting_messages_from_the_front_and_the_middle_keeps_the_counts_right()
    {
        SendOutcome sent = _harness.Send([.. Enumerable.Range(0, 50).Select(static n => $"{n}")]);
        foreach (int n in (int[])[0, 1, 2, 10, 11, 3, 49, 48])
            Assert.Equal(BrokerError.None, _harness.DeleteMessage(sent.IdAt(n)));
        Assert.Equal(42, _harness.Stats().Available);
        Assert.Equal("4", Assert.Single(_harness.Receive(1)).Body);
        Assert.Equal((41, 1), (_harness.Stats().Available, _harness.Stats().Leased));
        List<Received> rest = _harness.Receive(50);
        Assert.Equal(41, rest.Count);
        Assert.Equal("5", rest[0].Body);
        Assert.Equal("47", rest[^1].Body);
    }

    [Fact]
    public void Deleting_a_queue_deletes_its_messages()
    {
        _harness.Send("a");
        Assert.Equal(
            BrokerError.None, _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None)));
        Assert.Equal(BrokerError.QueueNotFound, _harness.TrySend("b").Error);
        Assert.Equal(BrokerError.QueueNotFound, _harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name())).Error);
        _harness.CreateQueue();
        Assert.Empty(_harness.Browse());
        _harness.KillAndRestart();
        Assert.Empty(_harness.Browse());
    }

    private void Purge() =>
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name())).Error);
}
