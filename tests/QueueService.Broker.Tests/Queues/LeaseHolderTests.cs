using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>Live readers: receives in the name of a holder with room for two leases.</summary>
public sealed class LeaseHolderTests : IDisposable
{
    private readonly BrokerHarness _harness = new();
    private readonly LeaseHolder _holder = new(2);

    public LeaseHolderTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_reader_gets_no_more_than_it_has_room_for_and_the_next_when_one_is_acknowledged()
    {
        _harness.Send("a", "b", "c", "d");
        List<Received> first = Receive();
        Assert.Equal(["a", "b"], first.Select(message => message.Body));

        Task<Result<ReceivedMessages>> next = Start();
        _harness.Turn();
        Assert.False(next.IsCompleted);
        _harness.Acknowledge(first[1].Receipt);
        Assert.Equal("c", Assert.Single(Read(next)).Body);
    }

    [Fact]
    public void Others_are_served_while_a_reader_waits_for_room()
    {
        _harness.Send("a", "b", "c");
        Receive();
        Task<Result<ReceivedMessages>> parked = Start();
        _harness.Turn();
        Assert.Equal("c", Assert.Single(_harness.Receive()).Body);
        Assert.False(parked.IsCompleted);
    }

    [Fact]
    public void Releasing_deleting_purging_and_the_end_of_the_lease_make_room_too()
    {
        _harness.Send("a", "b");
        List<Received> first = Receive();
        Task<Result<ReceivedMessages>> next = Start();
        _harness.Turn();
        _harness.Settle(Settlement.Release, 0, first[0].Receipt);
        Assert.Equal("a", Assert.Single(Read(next)).Body);

        next = Start();
        _harness.Turn();
        _harness.AdvanceMilliseconds(30_001);
        _harness.Turn();
        Assert.Equal(2, Read(next).Count);

        next = Start();
        _harness.Turn();
        _harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name()));
        _harness.Send("c");
        Assert.Equal("c", Assert.Single(Read(next)).Body);
    }

    [Fact]
    public void The_timer_of_the_shard_knows_when_a_parked_reader_gets_room()
    {
        _harness.Send("a", "b");
        List<Received> first = Receive();
        Task<Result<ReceivedMessages>> next = Start(wait: 60_000);
        _harness.Turn();
        Assert.Equal(_harness.Broker.Shard.Now + 30_000, _harness.Broker.Shard.NextTimer());
        _harness.Settle(Settlement.Extend, 5_000, first[0].Receipt);
        Assert.Equal(_harness.Broker.Shard.Now + 5_000, _harness.Broker.Shard.NextTimer());
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public void A_reader_that_leaves_gives_back_what_it_holds_and_nothing_else()
    {
        _harness.Send("a", "b", "c");
        List<Received> held = Receive();
        Received other = Assert.Single(_harness.Receive());
        _harness.Acknowledge(held[0].Receipt);
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Release(_holder)));
        Assert.Equal(BrokerError.ReceiptExpired, _harness.Acknowledge(held[1].Receipt)[0]);
        Received again = Assert.Single(_harness.Receive());
        Assert.Equal(("b", 2), (again.Body, again.ReceiveCount));
        Assert.Equal(BrokerError.None, _harness.Acknowledge(other.Receipt)[0]);
        _harness.KillAndRestart();
        Assert.Equal("b", Assert.Single(_harness.Browse()).Body);
    }

    [Fact]
    public void A_lease_that_another_reader_took_over_is_not_given_back_by_the_first()
    {
        _harness.Send("a");
        Receive();
        _harness.AdvanceMilliseconds(30_001);
        Received second = Assert.Single(_harness.Receive());
        _harness.Run(() => _harness.Broker.Release(_holder));
        Assert.Equal(BrokerError.None, _harness.Acknowledge(second.Receipt)[0]);
    }

    [Fact]
    public void What_a_reader_leaves_behind_has_failed_as_the_policies_say()
    {
        _harness.CreateQueue(config: new QueueConfig
        {
            Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 10, MaxSeconds = 10 },
        });
        _harness.Send("a");
        Receive();
        _harness.Run(() => _harness.Broker.Release(_holder));
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(10_000);
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void A_parked_reader_is_answered_when_its_time_is_over_when_it_is_cancelled_and_at_drain()
    {
        _harness.Send("a", "b");
        Receive();
        Task<Result<ReceivedMessages>> late = Start(wait: 1_000);
        _harness.Turn();
        _harness.AdvanceMilliseconds(1_000);
        _harness.Turn();
        Assert.Empty(Read(late));

        using var gone = new CancellationTokenSource();
        Task<Result<ReceivedMessages>> cancelled = Start(cancellation: gone.Token);
        _harness.Turn();
        gone.Cancel();
        _harness.Turn();
        Assert.Empty(Read(cancelled));

        Task<Result<ReceivedMessages>> drained = Start();
        _harness.Turn();
        _harness.Broker.Drain();
        _harness.Turn();
        Assert.Empty(Read(drained));
        Assert.Equal(0, _harness.Broker.Shard.WaiterCount);
    }

    [Fact]
    public void A_reader_of_a_deleted_queue_is_told_also_when_one_of_that_name_exists_again()
    {
        _harness.Send("a", "b");
        Receive();
        Task<Result<ReceivedMessages>> parked = Start();
        _harness.Turn();
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None));
        _harness.Turn();
        Assert.True(parked.IsCompleted);
        _harness.CreateQueue();
        Assert.Equal(BrokerError.QueueNotFound, _harness.Run(() => Begin(1_000, default)).Error);
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Release(_holder)));
    }

    private List<Received> Receive() => BrokerHarness.Read(_harness.Run(() => Begin(0, default)).Value);

    private Task<Result<ReceivedMessages>> Start(int wait = 20_000, CancellationToken cancellation = default) =>
        BrokerHarness.Begin(() => Begin(wait, cancellation));

    private ValueTask<Result<ReceivedMessages>> Begin(int wait, CancellationToken cancellation) =>
        _harness.Broker.Receive(
            BrokerHarness.Name(), new ReceiveRequest { Max = 10, WaitMilliseconds = wait, Holder = _holder },
            cancellation);

    private static List<Received> Read(Task<Result<ReceivedMessages>> call) =>
        BrokerHarness.Read(BrokerHarness.Answer(call).Value);
}
