using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class LongPollTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public LongPollTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Waiting_receives_are_served_in_the_order_of_their_arrival_each_by_one_message()
    {
        Task<Result<ReceivedMessages>>[] waiting =
            [.. Enumerable.Range(0, 5).Select(_ => _harness.Wait(10_000, max: 1))];
        for (int i = 0; i < 5; i++)
        {
            _harness.Send($"{i}");
            Assert.Equal(i + 1, waiting.Count(static call => call.IsCompleted));
            Assert.Equal($"{i}", Assert.Single(Read(waiting[i])).Body);
        }
    }

    [Fact]
    public void A_receive_that_does_not_want_to_wait_does_not_push_past_those_that_do()
    {
        Task<Result<ReceivedMessages>> first = _harness.Wait(10_000, max: 1);
        Task<Result<ReceivedMessages>> second = _harness.StartReceive(0);
        _harness.Turn();
        Assert.Empty(Read(second));
        Task<Result<SendOutcome>> sent =
            BrokerHarness.Begin(() => _harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch("a")));
        Task<Result<ReceivedMessages>> third = _harness.StartReceive(0);
        _harness.Turn();
        Assert.True(sent.IsCompleted);
        Assert.Equal("a", Assert.Single(Read(first)).Body);
        Assert.Empty(Read(third));
    }

    [Fact]
    public void A_wait_ends_empty_when_its_time_is_over_not_earlier()
    {
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(20_000);
        Assert.Equal(_harness.Broker.Shard.Now + 20_000, _harness.Broker.Shard.NextTimer());
        _harness.AdvanceMilliseconds(19_999);
        _harness.Turn();
        Assert.False(waiting.IsCompleted);
        _harness.AdvanceMilliseconds(1);
        _harness.Turn();
        Assert.Empty(Read(waiting));
    }

    [Fact]
    public void A_wait_that_starts_after_the_loop_slept_for_long_lasts_as_long_as_asked()
    {
        _harness.AdvanceMilliseconds(3_600_000);
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(60_000);
        _harness.AdvanceMilliseconds(59_999);
        _harness.Turn();
        Assert.False(waiting.IsCompleted);
        _harness.AdvanceMilliseconds(1);
        _harness.Turn();
        Assert.True(waiting.IsCompleted);
    }

    [Fact]
    public void A_wait_is_ended_by_a_lease_that_runs_out_and_by_a_delay_that_ends()
    {
        _harness.Send("leased");
        _harness.Receive(visibility: 500);
        _harness.TrySend("delayed", 700);
        Task<Result<ReceivedMessages>> first = _harness.Wait(10_000);
        Task<Result<ReceivedMessages>> second = _harness.Wait(10_000);
        Assert.Equal(_harness.Broker.Shard.Now + 500, _harness.Broker.Shard.NextTimer());
        _harness.AdvanceMilliseconds(500);
        _harness.Turn();
        Assert.Equal("leased", Assert.Single(Read(first)).Body);
        Assert.Equal(_harness.Broker.Shard.Now + 200, _harness.Broker.Shard.NextTimer());
        _harness.AdvanceMilliseconds(200);
        _harness.Turn();
        Assert.Equal("delayed", Assert.Single(Read(second)).Body);
    }

    [Fact]
    public void A_message_that_is_there_at_the_last_moment_is_handed_out()
    {
        _harness.TrySend("a", 1_000);
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(1_000);
        _harness.AdvanceMilliseconds(5_000);
        _harness.Turn();
        Assert.Equal("a", Assert.Single(Read(waiting)).Body);
    }

    [Fact]
    public void Deleting_the_queue_ends_its_waits()
    {
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(60_000);
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name(), Precondition.None));
        Assert.Equal(BrokerError.QueueNotFound, Answer(waiting).Error);
        Assert.Null(_harness.Broker.Shard.NextTimer());
    }

    [Fact]
    public void A_drain_ends_all_waits_empty_and_later_receives_do_not_wait()
    {
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(60_000);
        _harness.Broker.Drain();
        _harness.Turn();
        Assert.Empty(Read(waiting));
        Task<Result<ReceivedMessages>> later = _harness.StartReceive(60_000);
        _harness.Turn();
        Assert.Empty(Read(later));
        _harness.Send("a");
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void A_cancelled_wait_is_answered_empty_and_takes_no_message()
    {
        using var cancellation = new CancellationTokenSource();
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(60_000, cancellation: cancellation.Token);
        Task<Result<ReceivedMessages>> next = _harness.Wait(60_000);
        cancellation.Cancel();
        _harness.Send("a");
        Assert.Empty(Read(waiting));
        Assert.Single(Read(next));
    }

    [Fact]
    public void A_cancellation_after_the_answer_does_not_touch_the_next_use_of_the_command()
    {
        for (int i = 0; i < 100; i++)
        {
            using var cancellation = new CancellationTokenSource();
            Task<Result<ReceivedMessages>> first = _harness.Wait(60_000, cancellation: cancellation.Token);
            _harness.Send("a");
            Assert.Equal([BrokerError.None], _harness.Acknowledge(Assert.Single(Read(first)).Receipt));
            Task<Result<ReceivedMessages>> second = _harness.Wait(60_000);
            cancellation.Cancel();
            _harness.Turn();
            Assert.False(second.IsCompleted);
            _harness.Send("b");
            Assert.Equal([BrokerError.None], _harness.Acknowledge(Assert.Single(Read(second)).Receipt));
        }
    }

    [Fact]
    public void The_wait_of_the_queue_applies_to_receives_that_name_none_and_later_changes_do_not()
    {
        _harness.CreateQueue("other", new QueueConfig { ReceiveWaitSeconds = 5 });
        Task<Result<ReceivedMessages>> waiting = BrokerHarness.Begin(() =>
            _harness.Broker.Receive(
                BrokerHarness.Name("other"), new ReceiveRequest { Max = 1 }, CancellationToken.None));
        _harness.Turn();
        Assert.False(waiting.IsCompleted);
        _harness.CreateQueue("other", new QueueConfig { ReceiveWaitSeconds = 0 });
        _harness.AdvanceMilliseconds(4_999);
        _harness.Turn();
        Assert.False(waiting.IsCompleted);
        _harness.AdvanceMilliseconds(1);
        _harness.Turn();
        Assert.True(waiting.IsCompleted);
    }

    private static Result<ReceivedMessages> Answer(Task<Result<ReceivedMessages>> call)
    {
        Assert.True(call.IsCompletedSuccessfully);
        return BrokerHarness.Answer(call);
    }

    private static List<Received> Read(Task<Result<ReceivedMessages>> call)
    {
        Assert.Equal(BrokerError.None, Answer(call).Error);
        return BrokerHarness.Read(Answer(call).Value);
    }
}
