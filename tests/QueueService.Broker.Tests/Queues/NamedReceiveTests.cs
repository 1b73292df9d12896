using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class NamedReceiveTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public NamedReceiveTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Two_receives_of_one_name_that_wait_in_line_get_the_same_message()
    {
        Task<Result<ReceivedMessages>>[] waiting = [Wait("once"), Wait("once"), Wait("other")];
        _harness.Send("a", "b", "c");
        _harness.Turn();
        List<Received>[] got = [.. waiting.Select(static call => BrokerHarness.Read(BrokerHarness.Answer(call).Value))];
        Assert.Equal(["a", "a", "b"], got.Select(static messages => messages.Single().Body));
        Assert.Equal(got[0].Single().Receipt, got[1].Single().Receipt);
        Assert.Equal(1, _harness.Stats().Available);
    }

    private Task<Result<ReceivedMessages>> Wait(string attempt)
    {
        Task<Result<ReceivedMessages>> call = BrokerHarness.Begin(() => _harness.Broker.Receive(
            BrokerHarness.Name(), new ReceiveRequest { Max = 1, WaitMilliseconds = 10_000, AttemptId = attempt },
            CancellationToken.None));
        _harness.Turn();
        Assert.False(call.IsCompleted);
        return call;
    }
}
