using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class RetentionTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public RetentionTests() => _harness.CreateQueue(config: new QueueConfig { RetentionSeconds = 100 });

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Messages_older_than_the_retention_go_and_younger_ones_stay()
    {
        _harness.Send("old", "older");
        _harness.AdvanceMilliseconds(50_000);
        _harness.Send("young");
        _harness.AdvanceMilliseconds(50_000);
        _harness.Sweep();
        Assert.Equal(3, _harness.Stats().Available);
        _harness.AdvanceMilliseconds(1);
        _harness.Sweep();
        Assert.Equal("young", Assert.Single(_harness.Browse()).Body);
        Assert.Equal(2, _harness.Stats().ExpiredTotal);
    }

    [Fact]
    public void Leased_and_delayed_messages_expire_too()
    {
        _harness.Send("leased");
        Received leased = Assert.Single(_harness.Receive(visibility: 1_000_000));
        _harness.TrySend("delayed", 99_000);
        _harness.AdvanceMilliseconds(100_001);
        _harness.Sweep();
        Assert.Empty(_harness.Browse());
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(leased.Receipt));
        QueueStats stats = _harness.Stats();
        Assert.Equal((0, 0, 0, 2), (stats.Available, stats.Leased, stats.Delayed, stats.ExpiredTotal));
    }

    [Fact]
    public void Messages_on_disk_expire_when_all_of_them_are_old_and_nothing_is_in_memory()
    {
        Fill(200);
        _harness.CloseAndRestart();
        _harness.AdvanceMilliseconds(100_001);
        _harness.Sweep();
        _harness.Sweep();
        Assert.Equal(200, _harness.Stats().ExpiredTotal);
        Assert.Empty(_harness.Browse());
    }

    [Fact]
    public void Messages_on_disk_expire_up_to_the_first_young_one_wherever_that_is()
    {
        Fill(200);
        _harness.AdvanceMilliseconds(60_000);
        Fill(200);
        _harness.AdvanceMilliseconds(60_000);
        Fill(3);
        _harness.Sweep();
        Assert.Equal(200, _harness.Stats().ExpiredTotal);
        _harness.KillAndRestart();
        Assert.Equal(203, _harness.Stats().Available);
        _harness.AdvanceMilliseconds(60_000);
        _harness.Sweep();
        _harness.Sweep();
        Assert.Equal((400, 3), (_harness.Stats().ExpiredTotal, _harness.Stats().Available));
    }

    [Fact]
    public void An_expired_lease_frees_its_place_for_a_receive_that_waits()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxInFlightPerQueue = 1 });
        harness.CreateQueue(config: new QueueConfig { RetentionSeconds = 100 });
        harness.Send("old");
        harness.Receive(visibility: 1_000_000);
        harness.AdvanceMilliseconds(90_000);
        harness.Send("young");
        Task<Result<ReceivedMessages>> waiting = harness.Wait(60_000);
        harness.AdvanceMilliseconds(20_000);
        harness.Run(async () =>
        {
            await harness.Broker.Sweep();
            return true;
        });
        Assert.True(waiting.IsCompleted);
    }

    private void Fill(int count)
    {
        for (int i = 0; i < count; i++) _harness.Send(new string('x', 400));
    }
}
