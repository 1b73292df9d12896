using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class LeasedLimitTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void At_the_limit_of_its_receive_a_standard_queue_says_so()
    {
        _harness.CreateQueue();
        _harness.Send("a", "b", "c");
        Received first = Receive(2).Value[0];
        Assert.Equal(BrokerError.TooManyInFlight, Receive(2).Error);
        Assert.Equal("c", Assert.Single(Receive(3).Value).Body);
        Assert.Empty(Receive(3).Value);
        _harness.Settle(Settlement.Release, 0, first.Receipt);
        Assert.Equal(first.Body, Assert.Single(Receive(3).Value).Body);
    }

    [Fact]
    public void At_the_limit_of_its_receive_a_FIFO_queue_hands_out_nothing()
    {
        _harness.CreateQueue(config: new QueueConfig { Type = QueueType.Fifo });
        _harness.Send("a", "b", "c");
        Assert.Equal(2, Receive(2).Value.Count);
        Assert.Empty(Receive(2).Value);
    }

    [Fact]
    public void A_receive_that_waits_gets_a_message_when_there_is_room()
    {
        _harness.CreateQueue();
        _harness.Send("a", "b");
        Received first = Assert.Single(Receive(1).Value);
        var request = new ReceiveRequest { Max = 10, MaxLeased = 1, WaitMilliseconds = 10_000 };
        Task<Result<ReceivedMessages>> call = BrokerHarness.Begin(() =>
            _harness.Broker.Receive(BrokerHarness.Name(), request, CancellationToken.None));
        _harness.Turn();
        Assert.False(call.IsCompleted);
        _harness.Acknowledge(first.Receipt);
        Assert.Equal("b", Assert.Single(BrokerHarness.Read(BrokerHarness.Answer(call).Value)).Body);
    }

    private Result<List<Received>> Receive(int most)
    {
        var request = new ReceiveRequest { Max = 10, MaxLeased = most, WaitMilliseconds = 0 };
        Result<ReceivedMessages> result = _harness.Run(() =>
            _harness.Broker.Receive(BrokerHarness.Name(), request, CancellationToken.None));
        return result.Succeeded ? BrokerHarness.Read(result.Value) : result.Error;
    }
}
