using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>What has happened by the clock counts from then on, whoever looks first. Each of these was found by the
/// model.</summary>
public sealed class NoticeTests : IDisposable
{
    private static readonly QueueConfig Fifo = new() { Type = QueueType.Fifo };

    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_waiting_receive_gets_the_next_of_a_group_when_the_first_one_expires()
    {
        _harness.CreateQueue(config: Fifo with { Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 60 } });
        Send("first", ttl: 5_000);
        Send("second");
        Assert.Single(_harness.Receive(1, visibility: 1_000));
        _harness.AdvanceMilliseconds(1_000);
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(60_000);
        Assert.Equal(Now + 4_000, _harness.Broker.Shard.NextTimer());
        _harness.AdvanceMilliseconds(4_000);
        _harness.Turn();
        Assert.True(waiting.IsCompleted);
        Assert.Equal("second", Assert.Single(Read(waiting)).Body);
    }

    [Fact]
    public void A_message_that_is_released_after_its_time_blocks_nobody()
    {
        _harness.CreateQueue(config: Fifo);
        Send("first", ttl: 1_000);
        Send("second");
        Received first = Assert.Single(_harness.Receive(1));
        _harness.AdvanceMilliseconds(1_000);
        _harness.Stats();
        _harness.Settle(Settlement.Release, 60_000, first.Receipt);
        Assert.Equal("second", Assert.Single(_harness.Receive()).Body);
    }

    [Fact]
    public void A_browse_shows_that_a_group_is_free_again()
    {
        _harness.CreateQueue(config: Fifo);
        Send("first");
        Send("second");
        Assert.Single(_harness.Receive(1, visibility: 1_000));
        Assert.Equal([MessageState.Leased, MessageState.Blocked], States());
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal([MessageState.Available, MessageState.Available], States());
    }

    [Fact]
    public void A_lease_that_a_repeated_receive_shortens_ends_for_those_who_wait()
    {
        _harness.CreateQueue();
        _harness.Send("a");
        Attempt(60_000);
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(30_000);
        Attempt(1_000);
        Assert.Equal(Now + 1_000, _harness.Broker.Shard.NextTimer());
        _harness.AdvanceMilliseconds(1_000);
        _harness.Turn();
        Assert.True(waiting.IsCompleted);
        Assert.Equal(2, Assert.Single(Read(waiting)).ReceiveCount);
    }

    [Fact]
    public void A_message_that_has_expired_and_failed_is_moved_once()
    {
        _harness.CreateQueue("dead");
        var redrive = new RedrivePolicy("dead", 2) { IncludeExpired = true };
        _harness.CreateQueue(config: new QueueConfig { Redrive = redrive });
        Send("a", ttl: 2_000);
        Assert.Single(_harness.Receive(visibility: 1_000));
        _harness.AdvanceMilliseconds(1_000);
        _harness.Stats();
        _harness.AdvanceMilliseconds(1_000);
        _harness.Stats();
        _harness.CreateQueue(config: new QueueConfig { Redrive = redrive with { MaxReceiveCount = 1 } });
        _harness.Sweep();
        Assert.Equal(1, _harness.Stats().DeadLetteredTotal);
        Assert.Single(_harness.ReceiveFrom("dead"));
    }

    [Fact]
    public void A_receive_whose_wait_is_over_is_answered_although_something_has_just_expired()
    {
        _harness.CreateQueue();
        Send("a", ttl: 1_000, delay: 500);
        Task<Result<ReceivedMessages>> waiting = _harness.Wait(1_500, max: 1);
        _harness.Run(() => _harness.Broker.PutQueue(
            BrokerHarness.Name(), new QueueConfig { Paused = true }, Precondition.None));
        _harness.AdvanceMilliseconds(1_400);
        _harness.Stats();
        _harness.AdvanceMilliseconds(100);
        _harness.Turn();
        Assert.True(waiting.IsCompleted);
        Assert.Empty(Read(waiting));
    }

    [Fact]
    public void A_dead_letter_that_expired_knows_when_its_lease_ended()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(
            config: new QueueConfig { Redrive = new RedrivePolicy("dead", 3) { IncludeExpired = true } });
        Send("a", ttl: 500);
        Assert.Single(_harness.Receive(visibility: 1_000));
        _harness.AdvanceMilliseconds(5_000);
        _harness.Sweep();
        ReceivedMessages found = _harness.Run(() =>
            _harness.Broker.Browse(BrokerHarness.Name("dead"), new BrowseRequest { Limit = 1 })).Value;
        using (found)
        {
            Assert.True(found.TryRead(0, out MessageView message));
            Assert.Equal((Now - 4_000, Now), (message.Origin!.FirstFailedAt, message.Origin.LastFailedAt));
        }
    }

    [Fact]
    public void A_lease_far_behind_the_first_of_its_group_still_blocks_it_after_a_restart()
    {
        _harness.CreateQueue(config: Fifo);
        Send("first");
        string other = Enumerable.Range(0, 1_000).Select(static n => $"o{n}").First(static name =>
            Model.Reading.LaneOf(fifo: true, name, 0) == Model.Reading.LaneOf(fifo: true, "g", 0));
        for (int i = 0; i < 30; i++)
        {
            MessageBatch batch = MessageBatch.Rent();
            for (int n = 0; n < 100; n++) batch.Add(new MessageHeaders { GroupId = other }, new byte[100]);
            Assert.True(_harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
        }

        Send("second");
        List<Received> leased = _harness.Receive(2);
        Assert.Equal(["first", "second"], leased.Select(static message => message.Body));
        _harness.Settle(Settlement.Release, 0, leased[0].Receipt);
        Assert.DoesNotContain(_harness.Receive(1, visibility: 0), static message => message.Body == "first");
        _harness.CloseAndRestart();
        Assert.DoesNotContain(_harness.Receive(1, visibility: 0), static message => message.Body == "first");
        Assert.DoesNotContain(_harness.Receive(1_000), static message => message.Body == "first");
        _harness.Acknowledge(leased[1].Receipt);
        Assert.Equal("first", Assert.Single(_harness.Receive(1)).Body);
    }

    [Fact]
    public void Dead_letters_on_disk_that_are_larger_than_the_others_are_moved_nevertheless()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(config: new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        for (int i = 0; i < 60; i++) _harness.Send(new string('x', 3_000));
        for (int i = 0; i < 40; i++) _harness.Send([.. Enumerable.Repeat("small", 100)]);
        Assert.Equal(60, _harness.Receive(60, visibility: 1_000).Count);
        _harness.CloseAndRestart();
        _harness.AdvanceMilliseconds(1_000);
        _harness.Sweep();
        Assert.Equal(60, _harness.Stats().DeadLetteredTotal);
        Assert.Equal(60, _harness.ReceiveFrom("dead", 100).Count);
    }

    [Fact]
    public void A_message_that_was_moved_back_is_found_by_its_id()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(config: new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        MessageId id = _harness.Send("a").IdAt(0);
        Assert.Single(_harness.Receive(visibility: 0));
        _harness.Sweep();
        _harness.CreateQueue();
        _harness.CreateQueue(
            "dead", new QueueConfig { Redrive = new RedrivePolicy("jobs", 1), VisibilityTimeoutSeconds = 0 });
        Assert.Single(_harness.ReceiveFrom("dead"));
        _harness.Sweep();
        Assert.Equal(id, Assert.Single(_harness.Browse()).Id);
        Assert.Equal(BrokerError.None, _harness.DeleteMessage(id));
    }

    private long Now => _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private List<MessageState> States() => [.. _harness.Browse().Select(static message => message.State)];

    private void Attempt(long visibility) =>
        Assert.Single(BrokerHarness.Read(_harness.Run(() => _harness.Broker.Receive(
        BrokerHarness.Name(), new ReceiveRequest { Max = 1, AttemptId = "x", VisibilityMilliseconds = visibility },
        CancellationToken.None)).Value));

    private static List<Received> Read(Task<Result<ReceivedMessages>> call) =>
        BrokerHarness.Read(BrokerHarness.Answer(call).Value);

    private void Send(string body, long? ttl = null, long? delay = null)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(
            new MessageHeaders { GroupId = "g" }, Encoding.UTF8.GetBytes(body),
            new SendOptions { TtlMilliseconds = ttl, DelayMilliseconds = delay });
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Error);
    }
}
