using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class DeadLetterTests : IDisposable
{
    private readonly BrokerHarness _harness = new();

    public DeadLetterTests()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(
            "jobs", new QueueConfig { Redrive = new RedrivePolicy("dead", 2), RetentionSeconds = 1_000 });
    }

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_message_moves_after_as_many_failures_as_the_policy_allows_also_when_nobody_receives()
    {
        Send("poison");
        Fail();
        _harness.Sweep();
        Assert.Empty(Browse("dead"));
        Fail();
        Assert.Equal((0, 1), (_harness.Stats().Available, _harness.Stats().Blocked));
        _harness.Sweep();
        Dead dead = Assert.Single(Browse("dead"));
        Assert.Equal("poison", dead.Body);
        Assert.Equal((0, 1), (_harness.Stats().Blocked, _harness.Stats().DeadLetteredTotal));
        Assert.Empty(_harness.Browse());
    }

    [Fact]
    public void It_keeps_its_id_attributes_and_time_of_sending_and_says_why_it_is_here()
    {
        long sent = _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        MessageId id = Send("poison");
        _harness.AdvanceMilliseconds(50);
        Fail();
        Fail();
        _harness.AdvanceMilliseconds(5_000);
        _harness.Sweep();
        Dead dead = Assert.Single(Browse("dead"));
        Assert.Equal(id, dead.Id);
        Assert.Equal(sent, dead.SentAt);
        Assert.Equal(("acme", "name"), (dead.Headers.Attributes.Single().Text, dead.Headers.Attributes.Single().Label));
        Assert.Equal(("Root=1-5", "AIDA"), (dead.Headers.TraceHeader, dead.Headers.SenderId));
        Assert.Equal("7", dead.Headers.CorrelationId);
        Assert.Equal(
            ("jobs", "maxReceiveCount", 2), (dead.Origin.SourceQueue, dead.Origin.Reason, dead.Origin.ReceiveCount));
        Assert.Equal((sent + 1_050, sent + 2_050), (dead.Origin.FirstFailedAt, dead.Origin.LastFailedAt));
        Assert.Equal(dead.Id, Read(Find("dead", id).Value).Single().Id);
        Assert.Equal(BrokerError.MessageNotFound, Find("jobs", id).Error);
    }

    [Fact]
    public void A_consumer_may_give_a_message_up_at_once_with_a_reason()
    {
        Send("poison");
        Received received = Assert.Single(_harness.Receive());
        Assert.Equal(BrokerError.None, DeadLetter(received, "no such customer").Error);
        Assert.Equal("no such customer", Assert.Single(Browse("dead")).Origin.Reason);
        Assert.Equal(BrokerError.ReceiptExpired, DeadLetter(received, "again").Error);
        Assert.Equal([BrokerError.ReceiptExpired], _harness.Acknowledge(received.Receipt));
    }

    [Fact]
    public void A_lease_that_ends_while_the_body_is_read_is_not_moved()
    {
        Send("poison");
        Received received = Assert.Single(_harness.Receive());
        Task<Result<Durability>> call = BrokerHarness.Begin(() =>
            _harness.Broker.DeadLetter(BrokerHarness.Name(), received.Receipt, "late"));
        Task<Result<SettleOutcome>> acknowledged = BrokerHarness.Begin(() =>
            _harness.Broker.Settle(BrokerHarness.Name(), Settlement.Acknowledge, [received.Receipt]));
        Assert.Equal(BrokerError.ReceiptExpired, _harness.Run(() => new ValueTask<Result<Durability>>(call)).Error);
        Assert.True(acknowledged.IsCompletedSuccessfully);
        Assert.Empty(Browse("dead"));
    }

    [Fact]
    public void A_move_is_whole_or_not_at_all_over_power_cuts()
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            string body = $"poison {seed}";
            Send(body);
            Fail();
            Fail();

            // Cut in the middle of the move: after the selection, before the commit.
            _ = BrokerHarness.Begin(
                () =>
                    new ValueTask<bool>(_harness.Broker.Sweep().ContinueWith(static _ => true, TaskScheduler.Default)));
            for (ulong turns = seed % 5; turns > 0; turns--) _harness.Turn();
            _harness.CutPowerAndRestart(seed);
            Assert.Equal(1, Browse("dead").Concat(Browse("jobs")).Count(message => message.Body == body));
            _harness.Sweep();
            Assert.Equal(body, Browse("dead")[^1].Body);
            Assert.Empty(Browse("jobs"));
        }

        Assert.Equal(30, Browse("dead").Select(static message => message.Id).Distinct().Count());
    }

    [Fact]
    public void Retention_counts_from_the_sending_unless_the_source_says_otherwise()
    {
        _harness.CreateQueue("dead", new QueueConfig { RetentionSeconds = 300 });
        _harness.CreateQueue("fresh", new QueueConfig { RetentionSeconds = 1_000, Redrive = new RedrivePolicy("dead", 1), ResetRetentionOnDeadLetter = true });
        Send("aged");
        Send("fresh", "fresh");
        _harness.AdvanceMilliseconds(200_000);
        foreach (string queue in (string[])["jobs", "fresh"])
            Assert.Equal(BrokerError.None, DeadLetter(Receive(queue), "test", queue).Error);
        Assert.Equal(2, Browse("dead").Count);
        _harness.AdvanceMilliseconds(101_000);
        _harness.Sweep();
        Assert.Equal("fresh", Assert.Single(Browse("dead")).Body);
        _harness.AdvanceMilliseconds(200_000);
        _harness.Sweep();
        Assert.Empty(Browse("dead"));
    }

    [Fact]
    public void Cycles_missing_targets_and_sources_that_are_not_allowed_are_refused()
    {
        Assert.Equal(BrokerError.DeadLetterCycle, Put("dead", "jobs"));
        Assert.Equal(BrokerError.DeadLetterCycle, Put("jobs", "jobs"));
        Assert.Equal(BrokerError.DeadLetterCycle, Put("new", "new"));
        Assert.Equal(BrokerError.DeadLetterQueueNotFound, Put("jobs", "missing"));
        _harness.CreateQueue("closed", new QueueConfig { RedriveAllow = RedriveAllowPolicy.ByQueue(["other"]) });
        Assert.Equal(BrokerError.RedriveNotAllowed, Put("jobs", "closed"));
        Assert.Equal(BrokerError.None, Put("other", "closed"));
        _harness.CreateQueue(
            "shut", new QueueConfig { RedriveAllow = new RedriveAllowPolicy(RedrivePermission.DenyAll, "") });
        Assert.Equal(BrokerError.RedriveNotAllowed, Put("jobs", "shut"));
    }

    [Fact]
    public void A_message_waits_blocked_while_its_dead_letter_queue_is_gone()
    {
        Send("poison");
        Fail();
        Fail();
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name("dead"), Precondition.None));
        _harness.Sweep();
        Assert.Empty(_harness.Receive());
        Assert.Equal(MessageState.Blocked, Assert.Single(_harness.Browse()).State);
        _harness.CreateQueue("dead");
        _harness.Sweep();
        Assert.Equal("poison", Assert.Single(Browse("dead")).Body);
    }

    [Fact]
    public void Many_messages_move_also_from_disk_and_the_same_state_comes_back()
    {
        const int Count = 1_500;
        _harness.CreateQueue("jobs", new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        for (int i = 0; i < Count; i += 50)
            _harness.Send([.. Enumerable.Range(i, 50).Select(static n => $"{n}.{new string('x', 200)}")]);
        Assert.Equal(1_000, _harness.Receive(1_000, visibility: 1_000).Count);
        Assert.Equal(500, _harness.Receive(1_000, visibility: 1_000).Count);
        _harness.AdvanceMilliseconds(1_000);
        _harness.Sweep();
        Assert.Equal(
            Count, _harness.Run(() => _harness.Broker.GetQueue(BrokerHarness.Name("dead"))).Value.Stats.Available);
        ulong hash = _harness.Broker.Shard.StateHash();
        _harness.KillAndRestart();
        Assert.Equal(hash, _harness.Broker.Shard.StateHash());
        Assert.Equal(Count, _harness.Stats().DeadLetteredTotal);
        Assert.Equal(1_000, Browse("dead").Count);
    }

    private MessageId Send(string body, string queue = "jobs")
    {
        MessageBatch batch = MessageBatch.Rent();
        var headers = new MessageHeaders
        {
            CorrelationId = "7", TraceHeader = "Root=1-5", SenderId = "AIDA",
            Attributes = [new MessageAttribute("tenant", AttributeKind.String, "acme") { Label = "name" }],
        };
        batch.Add(headers, Encoding.UTF8.GetBytes(body));
        Result<SendOutcome> result = _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(queue), batch));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value.IdAt(0);
    }

    /// <summary>A delivery whose lease runs out.</summary>
    private void Fail()
    {
        Assert.Single(_harness.Receive(visibility: 1_000));
        _harness.AdvanceMilliseconds(1_000);
    }

    private Received Receive(string queue) => Assert.Single(BrokerHarness.Read(_harness.Run(() =>
        _harness.Broker.Receive(BrokerHarness.Name(queue), new ReceiveRequest { Max = 1 },
            CancellationToken.None)).Value));

    private Result<Durability> DeadLetter(Received message, string reason, string queue = "jobs") =>
        _harness.Run(() => _harness.Broker.DeadLetter(BrokerHarness.Name(queue), message.Receipt, reason));

    private Result<ReceivedMessages> Find(string queue, MessageId id) =>
        _harness.Run(() => _harness.Broker.FindMessage(BrokerHarness.Name(queue), id));

    private BrokerError Put(string queue, string target) => _harness.Run(() => _harness.Broker.PutQueue(
        BrokerHarness.Name(queue), new QueueConfig { Redrive = new RedrivePolicy(target, 3) },
        Precondition.None)).Error;

    private List<Dead> Browse(string queue) => Read(_harness.Run(() =>
        _harness.Broker.Browse(BrokerHarness.Name(queue), new BrowseRequest { Limit = 1_000 })).Value);

    private static List<Dead> Read(ReceivedMessages messages)
    {
        var read = new List<Dead>();
        using (messages)
        {
            for (int i = 0; i < messages.Count; i++)
            {
                Assert.True(messages.TryRead(i, out MessageView view));
                read.Add(
                    new Dead(
                        view.Id, Encoding.UTF8.GetString(view.Body), view.SentAt, view.ReadHeaders(), view.Origin!));
            }
        }

        return read;
    }

    private sealed record Dead(MessageId Id, string Body, long SentAt, MessageHeaders Headers, MessageOrigin Origin);
}
