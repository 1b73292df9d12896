using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class StandardQueueTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public StandardQueueTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_message_is_received_once_and_gone_after_it_is_acknowledged()
    {
        SendOutcome sent = _harness.Send("hello");
        Received received = Assert.Single(_harness.Receive());
        Assert.Equal("hello", received.Body);
        Assert.Equal(sent.IdAt(0), received.Id);
        Assert.Equal(1, received.ReceiveCount);
        Assert.Empty(_harness.Receive());
        Assert.Equal([BrokerError.None], _harness.Acknowledge(received.Receipt));
        _harness.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_harness.Receive());
        Assert.Equal(0, _harness.Stats().Available);
    }

    [Fact]
    public void A_message_not_acknowledged_in_time_is_delivered_again()
    {
        _harness.Send("hello");
        Received first = Assert.Single(_harness.Receive());
        _harness.Advance(TimeSpan.FromMilliseconds(29_999));
        Assert.Empty(_harness.Receive());
        _harness.Advance(TimeSpan.FromMilliseconds(1));
        Received second = Assert.Single(_harness.Receive());
        Assert.Equal(2, second.ReceiveCount);
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(first.Receipt));
        Assert.Equal([BrokerError.None], _harness.Acknowledge(second.Receipt));
    }

    [Fact]
    public void Receive_counts_and_leases_survive_a_killed_process()
    {
        _harness.Send("a", "b", "c");
        List<Received> leased = _harness.Receive(2);
        _harness.KillAndRestart();
        Received other = Assert.Single(_harness.Receive());
        Assert.Equal("c", other.Body);
        Assert.Equal([BrokerError.None], _harness.Acknowledge(leased[0].Receipt));
        _harness.Advance(TimeSpan.FromSeconds(30));
        List<Received> again = _harness.Receive();
        Assert.Equal(["b", "c"], again.Select(static message => message.Body).Order());
        Assert.All(again, static message => Assert.Equal(2, message.ReceiveCount));
    }

    [Fact]
    public void Ten_thousand_messages_pass_through_segments_and_restarts()
    {
        for (int i = 0; i < 100; i++)
            _harness.Send([.. Enumerable.Range(i * 100, 100).Select(static n => $"message {n}")]);
        _harness.KillAndRestart();
        Assert.Equal(10_000, _harness.Stats().Available);
        var seen = new List<string>();
        while (_harness.Receive(73) is { Count: > 0 } batch)
        {
            seen.AddRange(batch.Select(static message => message.Body));
            Assert.All(_harness.Acknowledge([.. batch.Select(static message => message.Receipt)]),
                static error => Assert.Equal(BrokerError.None, error));
            if (seen.Count % 1022 == 0) _harness.CutPowerAndRestart((ulong)seen.Count);
        }

        Assert.Equal(Enumerable.Range(0, 10_000).Select(static n => $"message {n}"), seen);
        Assert.Equal(0, _harness.Stats().Available);
    }
}
