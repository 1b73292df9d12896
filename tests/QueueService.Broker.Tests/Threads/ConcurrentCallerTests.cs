using System.Collections.Concurrent;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Threads;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001",
    Justification = "xunit disposes it asynchronously.")]
public sealed class ConcurrentCallerTests : IAsyncLifetime
{
    private readonly TemporaryBroker _temporary = new();

    private MessageBroker Broker => _temporary.Broker;

    public Task InitializeAsync() => _temporary.CreateQueue();

    public async Task DisposeAsync() => await _temporary.DisposeAsync();

    [Fact]
    public async Task Sixty_four_producers_and_consumers_exchange_twenty_thousand_messages_exactly_once()
    {
        const int Messages = 20_000;
        var seen = new ConcurrentDictionary<string, int>();
        using var done = new CancellationTokenSource();
        IEnumerable<Task> producers = Enumerable.Range(0, 32).Select(async producer =>
        {
            for (int i = producer; i < Messages; i += 32)
            {
                Result<SendOutcome> sent =
                    await Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch($"message {i}"));
                Assert.Equal(BrokerError.None, sent.Error);
            }
        });
        IEnumerable<Task> consumers = Enumerable.Range(0, 32).Select(async consumer =>
        {
            IReadOnlyList<ReceiptHandle>? carried = null;
            while (!done.IsCancellationRequested)
            {
                Result<ReceivedMessages> result = await _temporary.Receive(1 + consumer, 20_000, carried, done.Token);
                Assert.Equal(BrokerError.None, result.Error);
                if (carried is not null)
                    Assert.All(result.Value.Acknowledged!, static error => Assert.Equal(BrokerError.None, error));
                List<Received> messages = BrokerHarness.Read(result.Value);
                foreach (Received message in messages)
                    seen.AddOrUpdate(message.Body, 1, static (_, count) => count + 1);
                carried = [.. messages.Select(static message => message.Receipt)];
                if (seen.Count == Messages) await done.CancelAsync();
            }

            if (carried is { Count: > 0 }) await Broker.Settle(BrokerHarness.Name(), Settlement.Acknowledge, carried);
        });
        await Task.WhenAll([.. producers, .. consumers]).WaitAsync(TemporaryBroker.Patience);
        Assert.Equal(Messages, seen.Count);
        Assert.All(seen, static message => Assert.Equal(1, message.Value));
        QueueStats stats = (await Broker.GetQueue(BrokerHarness.Name())).Value.Stats;
        Assert.Equal((0, 0, Messages), (stats.Available, stats.Leased, stats.DeletedTotal));
    }

    [Fact]
    public async Task A_thousand_and_twenty_four_producers_are_all_answered()
    {
        IEnumerable<Task<int>> producers = Enumerable.Range(0, 1_024).Select(async producer =>
        {
            int sent = 0;
            for (int i = 0; i < 20; i++)
            {
                Result<SendOutcome> result =
                    await Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch($"{producer} {i}"));
                if (result.Succeeded) sent++;
                else Assert.Equal(BrokerError.Overloaded, result.Error);
            }

            return sent;
        });
        int[] counts = await Task.WhenAll(producers).WaitAsync(TemporaryBroker.Patience);
        Assert.Equal(counts.Sum(), (await Broker.GetQueue(BrokerHarness.Name())).Value.Stats.SentTotal);
        Assert.True(counts.Sum() > 1_024, "most of them were refused");
    }

    [Fact]
    public async Task A_receive_that_waits_is_woken_by_a_send()
    {
        for (int i = 0; i < 200; i++)
        {
            ValueTask<Result<ReceivedMessages>> waiting = _temporary.Receive(1, 60_000);
            await Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch($"{i}"));
            Result<ReceivedMessages> result = await waiting.AsTask().WaitAsync(TemporaryBroker.Patience);
            Assert.Equal($"{i}", Assert.Single(BrokerHarness.Read(result.Value)).Body);
        }
    }

    [Fact]
    public async Task A_receive_that_waits_is_woken_when_a_delay_or_a_lease_ends()
    {
        await Broker.Send(BrokerHarness.Name(), BrokerHarness.DelayedBatch("late", 150));
        Result<ReceivedMessages> first =
            await _temporary.Receive(1, 30_000).AsTask().WaitAsync(TemporaryBroker.Patience);
        Received received = Assert.Single(BrokerHarness.Read(first.Value));
        await Broker.Settle(BrokerHarness.Name(), Settlement.Extend, [received.Receipt], 150);
        Result<ReceivedMessages> second =
            await _temporary.Receive(1, 30_000).AsTask().WaitAsync(TemporaryBroker.Patience);
        Assert.Equal(2, Assert.Single(BrokerHarness.Read(second.Value)).ReceiveCount);
    }

    [Fact]
    public async Task Receives_that_are_cancelled_while_messages_arrive_lose_nothing()
    {
        const int Messages = 2_000;
        var seen = new ConcurrentDictionary<string, int>();
        IEnumerable<Task> consumers = Enumerable.Range(0, 16).Select(async consumer =>
        {
            // Waits end by cancellation, by time and by messages, and pooled commands change hands all the time.
            for (int round = 0; seen.Count < Messages; round++)
            {
                using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds((consumer + round) % 4));
                Result<ReceivedMessages> result =
                    await _temporary.Receive(2, 1 + (round % 5), acknowledge: null, soon.Token);
                Assert.Equal(BrokerError.None, result.Error);
                List<Received> messages = BrokerHarness.Read(result.Value);
                foreach (Received message in messages)
                    seen.AddOrUpdate(message.Body, 1, static (_, count) => count + 1);
                await Broker.Settle(
                    BrokerHarness.Name(), Settlement.Acknowledge,
                    [.. messages.Select(static message => message.Receipt)]);
            }
        });
        IEnumerable<Task> producers = Enumerable.Range(0, 4).Select(async producer =>
        {
            for (int i = producer; i < Messages; i += 4)
                await Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch($"{i}"));
        });
        await Task.WhenAll([.. consumers, .. producers]).WaitAsync(TemporaryBroker.Patience);
        Assert.All(seen, static message => Assert.Equal(1, message.Value));
    }
}
