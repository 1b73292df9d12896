using QueueService.Broker.Queues;
using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Threads;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Stopping_while_busy_answers_everybody()
    {
        for (int round = 0; round < 10; round++)
        {
            var temporary = new TemporaryBroker();
            await temporary.CreateQueue();
            MessageBroker broker = temporary.Broker;
            int answered = 0;
            Task[] callers = [.. Enumerable.Range(0, 32).Select(async caller =>
            {
                while (true)
                {
                    BrokerError error = caller % 2 == 0
                        ? (await broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("x"))).Error
                        : await ReceiveOne(temporary);
                    if (Interlocked.Increment(ref answered) % 64 == 63) await Task.Yield();
                    if (error == BrokerError.None) continue;
                    Assert.Equal(BrokerError.ShuttingDown, error);
                    return;
                }
            })];
            while (Volatile.Read(ref answered) < 100 * (round + 1)) await Task.Yield();
            await temporary.DisposeAsync();
            await Task.WhenAll(callers).WaitAsync(TemporaryBroker.Patience);
        }
    }

    [Fact]
    public async Task A_drain_ends_waits_early_and_lets_other_work_go_on()
    {
        await using var temporary = new TemporaryBroker();
        await temporary.CreateQueue();
        Task<Result<ReceivedMessages>>[] waiting =
            [.. Enumerable.Range(0, 100).Select(_ => temporary.Receive(1, 60_000).AsTask())];
        temporary.Broker.Drain();
        foreach (Result<ReceivedMessages> result in await Task.WhenAll(waiting).WaitAsync(TemporaryBroker.Patience))
            Assert.Empty(BrokerHarness.Read(result.Value));
        Assert.Equal(BrokerHealth.Draining, temporary.Broker.Health);
        Assert.True((await temporary.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("x"))).Succeeded);
        Result<ReceivedMessages> received =
            await temporary.Receive(1, 60_000).AsTask().WaitAsync(TemporaryBroker.Patience);
        Assert.Single(BrokerHarness.Read(received.Value));
    }

    [Fact]
    public async Task A_failed_sync_is_told_to_all_who_wait_and_all_who_come()
    {
        var disk = new SimulatedDisk();
        await using MessageBroker broker =
            MessageBroker.Open(disk, TemporaryBroker.Options, TimeProvider.System);
        await broker.PutQueue(BrokerHarness.Name(), new QueueConfig(), Precondition.None);
        var request = new ReceiveRequest { Max = 1, WaitMilliseconds = 60_000 };
        Task<Result<ReceivedMessages>>[] waiting = [.. Enumerable.Range(0, 10)
            .Select(_ => broker.Receive(BrokerHarness.Name(), request, CancellationToken.None).AsTask())];
        await broker.ListQueues("", after: null, limit: 1);
        disk.Fail(DiskOperation.Sync, nth: 1, times: int.MaxValue);
        Result<SendOutcome> sent =
            await broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("x")).AsTask().WaitAsync(
                TemporaryBroker.Patience);
        Assert.Equal(BrokerError.StorageFailed, sent.Error);
        foreach (Result<ReceivedMessages> result in await Task.WhenAll(waiting).WaitAsync(TemporaryBroker.Patience))
            Assert.Equal(BrokerError.StorageFailed, result.Error);
        Assert.Equal(BrokerError.StorageFailed, (await broker.GetQueue(BrokerHarness.Name())).Error);
        Assert.Equal(BrokerHealth.StorageFailed, broker.Health);
        Assert.NotNull(broker.Failure);
    }

    [Fact]
    public async Task A_change_that_throws_stops_the_shard_and_hangs_nobody()
    {
        await using var temporary = new TemporaryBroker();
        await temporary.CreateQueue();
        Result<QueueChange> result = await temporary.Broker.PatchQueue(
            BrokerHarness.Name(), static _ => throw new InvalidOperationException("a bug"), Precondition.None)
            .AsTask().WaitAsync(TemporaryBroker.Patience);
        Assert.Equal(BrokerError.StorageFailed, result.Error);
        Assert.IsType<InvalidOperationException>(temporary.Broker.Failure);
    }

    [Fact]
    public async Task A_stopped_broker_opens_again_with_everything_that_was_answered()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("queueservice-");
        for (int life = 1; life <= 3; life++)
        {
            using var files = new PhysicalFileSystem(folder.FullName);
            await using MessageBroker broker =
                MessageBroker.Open(files, TemporaryBroker.Options, TimeProvider.System);
            await broker.PutQueue(BrokerHarness.Name(), new QueueConfig(), Precondition.None);
            await Task.WhenAll(Enumerable.Range(0, 500).Select(async _ =>
                await broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("x"))));
            Assert.Equal(500 * life, (await broker.GetQueue(BrokerHarness.Name())).Value.Stats.Available);
            await broker.DisposeAsync();
        }

        folder.Delete(recursive: true);
    }

    private static async Task<BrokerError> ReceiveOne(TemporaryBroker temporary)
    {
        Result<ReceivedMessages> result = await temporary.Receive(1, 50);
        if (result.Succeeded) result.Value.Dispose();
        return result.Error;
    }
}
