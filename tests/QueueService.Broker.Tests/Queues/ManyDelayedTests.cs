using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Storage;

namespace QueueService.Broker.Tests.Queues;

public sealed class ManyDelayedTests
{
    private const int Count = 1_000_000;
    private const int PerSecond = 1_000;

    /// <summary>R20, in virtual time: real lateness is the server's timers on top of this.</summary>
    [Fact]
    public void A_million_delayed_messages_are_never_early_and_survive_a_killed_process()
    {
        using var harness = new BrokerHarness(
            new BrokerOptions { Storage = new StorageOptions { SingleThreaded = true, ReserveBytes = 0, Secret = 42 } });
        harness.CreateQueue(config: new QueueConfig { VisibilityTimeoutSeconds = 3_600 });
        long start = harness.Time.GetUtcNow().ToUnixTimeMilliseconds() + 60_000;
        for (int first = 0; first < Count; first += 10_000)
        {
            MessageBatch batch = MessageBatch.Rent();
            for (int i = first; i < first + 10_000; i++)
            {
                batch.Add(
                    MessageHeaders.None, BitConverter.GetBytes(i),
                    new SendOptions { DeliverAt = start + ((long)i * 1_000 / PerSecond) });
            }

            Assert.True(harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
        }

        harness.KillAndRestart();
        Assert.Equal(Count, harness.Stats().Delayed);
        harness.AdvanceMilliseconds(start - 1 - harness.Time.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Empty(harness.Receive());
        int received = 0;
        for (int second = 0; second < Count / PerSecond; second++)
        {
            // The last of this second's is due now, and none of the next second's.
            harness.AdvanceMilliseconds(1_000);
            received += harness.Receive(1_000, auto: true).Count;
            Assert.Equal((second + 1) * PerSecond, received);
            Assert.Empty(harness.Receive(1));
            if (second % 400 == 399) harness.KillAndRestart();
        }

        Assert.Equal(0, harness.Stats().Delayed);
    }
}
