using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Crashes;

public sealed class ShortLivesTests
{
    /// <summary>Each life leaves a journal file behind, however little is in it; 64 of them are all that there may be.
    /// </summary>
    [Fact]
    public void A_server_that_is_killed_again_and_again_at_once_takes_messages_in_every_life()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue();
        for (int life = 0; life < 150; life++)
        {
            Assert.Equal(BrokerError.None, harness.TrySend($"{life}").Error);
            for (int turn = 0; turn < 20; turn++) harness.Turn();
            harness.KillAndRestart();
        }

        Assert.Equal(150, harness.Receive(200).Count);
    }
}
