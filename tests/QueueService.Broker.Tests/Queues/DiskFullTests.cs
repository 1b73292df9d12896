using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class DiskFullTests : IDisposable
{
    private readonly BrokerHarness _harness = new(BrokerHarness.Small with
    {
        Storage = BrokerHarness.Small.Storage with { ReserveBytes = 256 << 10 },
    });

    public DiskFullTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void On_a_full_disk_sends_are_refused_acknowledging_and_deleting_work_and_it_recovers_by_itself()
    {
        for (int i = 0; i < 20; i++) Assert.True(_harness.TrySend(Body).Succeeded);
        List<Received> leased = _harness.Receive(5, visibility: 10_000_000);
        _harness.Disk.Capacity = _harness.Disk.UsedBytes;
        int accepted = 0;
        while (_harness.TrySend(Body) is { Succeeded: true })
        {
            Assert.True(accepted++ < 10_000, "The disk never was full.");
            _harness.AdvanceMilliseconds(50);
        }

        Assert.Equal(BrokerError.DiskFull, _harness.TrySend(Body).Error);
        Assert.Equal(BrokerHealth.DiskFull, _harness.Broker.Health);
        foreach (Received message in leased) Assert.Equal([BrokerError.None], _harness.Acknowledge(message.Receipt));
        Assert.Equal(BrokerError.None, _harness.DeleteMessage(_harness.Browse()[0].Id));
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name())).Error);
        Assert.Equal(26 + accepted - 6, _harness.Stats().DeletedTotal);
        _harness.Disk.Capacity = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            _harness.AdvanceMilliseconds(1_000);
            _harness.Turn();
        }

        Assert.True(_harness.TrySend(Body).Succeeded);
        Assert.Equal(BrokerHealth.Ready, _harness.Broker.Health);
        _harness.CutPowerAndRestart(1);
        Assert.Equal(1, _harness.Stats().Available);
    }

    [Fact]
    public void Receives_that_wait_on_a_full_disk_do_not_stop_the_shard()
    {
        _harness.Disk.Capacity = _harness.Disk.UsedBytes;
        for (int i = 0; i < 20_000 && _harness.Broker.Shard.Store.HasRoomFor(128 << 10); i++)
        {
            // Leases and releases fill the journal, with a checkpoint that cannot free anything.
            if (_harness.TrySend(Body).Succeeded) continue;
            if (_harness.Run(() => Receive(0)) is not { Succeeded: true } received) break;
            BrokerHarness.Read(received.Value);
        }

        Task<Result<ReceivedMessages>> waiting = _harness.StartReceive(60_000);
        for (int i = 0; i < 30; i++)
        {
            _harness.AdvanceMilliseconds(1_000);
            _harness.Turn();
        }

        Assert.NotEqual(BrokerHealth.StorageFailed, _harness.Broker.Health);
        _harness.Disk.Capacity = long.MaxValue;
        for (int i = 0; i < 40; i++)
        {
            _harness.AdvanceMilliseconds(1_000);
            _harness.Turn();
        }

        Assert.True(waiting.IsCompleted);
        Assert.True(_harness.TrySend(Body).Succeeded);
    }

    private static string Body { get; } = new('x', 3_000);

    private ValueTask<Result<ReceivedMessages>> Receive(int wait) => _harness.Broker.Receive(
        BrokerHarness.Name(), new ReceiveRequest { Max = 1_000, WaitMilliseconds = wait, VisibilityMilliseconds = 0 },
        CancellationToken.None);
}
