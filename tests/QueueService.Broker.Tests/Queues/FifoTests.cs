using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class FifoTests : IDisposable
{
    private static readonly QueueConfig Fifo = new() { Type = QueueType.Fifo };

    private readonly BrokerHarness _harness = new(BrokerHarness.Small with { ReadAheadPerLane = 100 });

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_receive_returns_the_messages_of_a_group_in_order()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        Assert.Equal(["1", "2", "3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_group_is_blocked_while_one_of_its_messages_is_leased_and_others_flow()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "a1", "a2");
        Send("b", "b1");
        Received first = Assert.Single(_harness.Receive(1));
        Assert.Equal(["b1"], Bodies(_harness.Receive()));
        Assert.Empty(_harness.Receive());
        Assert.Equal(1, _harness.Stats().Blocked);
        Assert.Equal(0, _harness.Stats().Available);
        _harness.Acknowledge(first.Receipt);
        Assert.Equal(["a2"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void Messages_without_a_group_are_one_group()
    {
        _harness.CreateQueue(config: Fifo);
        _harness.Send("1", "2", "3");
        Assert.Equal("1", Assert.Single(_harness.Receive(1)).Body);
        Assert.Empty(_harness.Receive());
    }

    [Fact]
    public void Acknowledged_out_of_order_the_rest_of_the_group_still_waits()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        List<Received> leased = _harness.Receive(2);
        _harness.Acknowledge(leased[1].Receipt);
        Assert.Empty(_harness.Receive());
        _harness.Acknowledge(leased[0].Receipt);
        Assert.Equal(["3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_released_message_comes_before_the_later_ones_of_its_group()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        List<Received> leased = _harness.Receive(2);
        _harness.Settle(Settlement.Release, 0, leased[0].Receipt);
        Assert.Empty(_harness.Receive());
        _harness.Acknowledge(leased[1].Receipt);
        Assert.Equal(["1", "3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_group_waits_for_its_message_that_was_released_with_a_delay()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2");
        _harness.Settle(Settlement.Release, 5_000, Assert.Single(_harness.Receive(1)).Receipt);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(5_000);
        Assert.Equal(["1", "2"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void An_expired_lease_gives_its_group_back_in_order()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        Assert.Equal(2, _harness.Receive(2, visibility: 1_000).Count);
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal(["1", "2", "3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void Dead_lettering_keeps_the_order_of_the_group_on_both_sides()
    {
        _harness.CreateQueue("dead", Fifo);
        _harness.CreateQueue(config: Fifo with { Redrive = new RedrivePolicy("dead", 1) });
        Send("a", "1", "2", "3", "4");
        Assert.Equal(2, _harness.Receive(2, visibility: 1_000).Count);
        _harness.AdvanceMilliseconds(1_000);

        // Not before those in front of them are gone.
        Assert.Empty(_harness.Receive());
        _harness.Sweep();
        Assert.Equal(["3", "4"], Bodies(_harness.Receive()));
        Assert.Equal(["1", "2"], Bodies(_harness.ReceiveFrom("dead")));
    }

    [Fact]
    public void Groups_and_their_leases_survive_a_killed_process()
    {
        _harness.CreateQueue(config: Fifo);
        for (int i = 0; i < 40; i++) Send($"g{i % 5}", $"{i}");
        List<Received> leased = _harness.Receive(3);
        ulong hash = _harness.Broker.Shard.StateHash();
        _harness.KillAndRestart();
        Assert.Equal(hash, _harness.Broker.Shard.StateHash());
        List<Received> others = _harness.Receive(100);
        Assert.Equal(32, others.Count);
        Assert.DoesNotContain(others, message => int.Parse(message.Body) % 5 == int.Parse(leased[0].Body) % 5);
        _harness.Acknowledge([.. leased.Select(static message => message.Receipt)]);
        Assert.Equal(5, _harness.Receive(100).Count);
    }

    [Fact]
    public void A_blocked_group_with_many_messages_hides_no_other_lane_and_says_so()
    {
        _harness.CreateQueue(config: Fifo);
        for (int i = 0; i < 10; i++) Send("big", [.. Enumerable.Range(i * 50, 50).Select(static n => $"{n}")]);
        Assert.Single(_harness.Receive(1));
        Send("big", "500");
        Assert.NotNull(_harness.Stats().BlockedReason);
        int served = 0;
        for (int i = 0; i < 64; i++)
        {
            Send($"small {i}", "x");
            served += _harness.Receive(auto: true).Count;
        }

        // About a sixteenth of the groups shares the lane of the big one.
        Assert.InRange(served, 52, 63);
    }

    [Fact]
    public void What_lies_on_disk_is_read_ahead_and_received_in_order()
    {
        _harness.CreateQueue(config: Fifo);
        const int Groups = 7;
        const int Count = 3_000;
        string padding = new('x', 200);
        for (int i = 0; i < Count; i += Groups)
        {
            MessageBatch batch = MessageBatch.Rent();
            for (int n = i; n < Math.Min(Count, i + Groups); n++) Add(batch, $"g{n % Groups}", $"{n}.{padding}");
            Assert.True(_harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
        }

        _harness.KillAndRestart();
        int[] last = [.. Enumerable.Repeat(-1, Groups)];
        for (int received = 0; received < Count;)
        {
            List<Received> messages = _harness.Receive(100, auto: true);
            Assert.NotEmpty(messages);
            foreach (Received message in messages)
            {
                int n = int.Parse(message.Body.Split('.')[0]);
                Assert.True(n > last[n % Groups]);
                last[n % Groups] = n;
            }

            received += messages.Count;
        }

        Assert.Empty(_harness.Receive());
    }

    [Fact]
    public void A_message_sent_again_within_five_minutes_is_not_stored_again()
    {
        _harness.CreateQueue(config: Fifo);
        SendOutcome first = SendOnce("a", "body", "id");
        Assert.False(first.IsDuplicate(0));
        _harness.Acknowledge(Assert.Single(_harness.Receive()).Receipt);
        _harness.KillAndRestart();
        _harness.AdvanceMilliseconds(299_000);
        SendOutcome second = SendOnce("b", "other", "id");
        Assert.True(second.IsDuplicate(0));
        Assert.Equal(first.IdAt(0), second.IdAt(0));
        Assert.Equal(first.SentAt, second.SentAtOf(0));
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(1_000);
        Assert.False(SendOnce("b", "other", "id").IsDuplicate(0));
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void The_scope_of_an_id_is_the_queue_or_the_group()
    {
        _harness.CreateQueue(config: Fifo with { DeduplicationScope = DeduplicationScope.Group });
        Assert.False(SendOnce("a", "1", "id").IsDuplicate(0));
        Assert.False(SendOnce("b", "1", "id").IsDuplicate(0));
        Assert.True(SendOnce("a", "1", "id").IsDuplicate(0));
    }

    [Fact]
    public void A_change_of_the_scope_holds_for_what_was_sent_before_it()
    {
        _harness.CreateQueue(config: Fifo);
        MessageId first = SendOnce("a", "1", "id").IdAt(0);
        _harness.CreateQueue(config: Fifo with { DeduplicationScope = DeduplicationScope.Group });
        Assert.Equal(first, SendOnce("a", "2", "id").IdAt(0));
        SendOutcome second = SendOnce("b", "3", "id");
        Assert.False(second.IsDuplicate(0));
        _harness.CloseAndRestart();
        Assert.Equal(first, SendOnce("a", "4", "id").IdAt(0));
        _harness.CreateQueue(config: Fifo);
        Assert.Equal(second.IdAt(0), SendOnce("c", "5", "id").IdAt(0));
        _harness.AdvanceMilliseconds(300_000);
        Assert.False(SendOnce("c", "6", "id").IsDuplicate(0));
        Assert.Equal(["1", "3", "6"], Bodies(_harness.Receive()).Order());
    }

    [Fact]
    public void Ten_thousand_groups_with_the_same_id_are_kept_apart()
    {
        _harness.CreateQueue(config: Fifo with { DeduplicationScope = DeduplicationScope.Group });
        for (int i = 0; i < 10; i++)
        {
            MessageBatch batch = MessageBatch.Rent();
            for (int n = 0; n < 1_000; n++)
                batch.Add(new MessageHeaders { GroupId = $"g{(i * 1_000) + n}", DeduplicationId = "1" }, "x"u8);
            SendOutcome sent = _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Value;
            Assert.DoesNotContain(true, Enumerable.Range(0, 1_000).Select(sent.IsDuplicate));
        }

        _harness.CreateQueue(config: Fifo);
        Assert.True(SendOnce("new", "x", "1").IsDuplicate(0));
    }

    [Fact]
    public void Content_based_deduplication_compares_bodies_unless_there_is_an_id()
    {
        _harness.CreateQueue(config: Fifo with { ContentBasedDeduplication = true });
        Assert.False(_harness.Send("same").IsDuplicate(0));
        Assert.True(_harness.Send("same").IsDuplicate(0));
        Assert.False(_harness.Send("other").IsDuplicate(0));
        Assert.False(SendOnce("a", "same", "an id").IsDuplicate(0));
        SendOutcome batch = _harness.Send("new", "new", "newer");
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(batch.IsDuplicate));
    }

    [Fact]
    public void A_full_window_refuses_and_forgets_nothing()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxDeduplicationKeys = 3 });
        harness.CreateQueue(config: Fifo with { ContentBasedDeduplication = true });
        foreach (string body in (string[])["1", "2", "3"]) Assert.True(harness.TrySend(body).Succeeded);
        Assert.Equal(BrokerError.DeduplicationWindowFull, harness.TrySend("4").Error);
        harness.AdvanceMilliseconds(300_000);
        harness.Sweep();
        Assert.True(harness.TrySend("4").Succeeded);
        Assert.True(harness.TrySend("1").Succeeded);
        Assert.Equal(5, harness.Receive().Count);
    }

    [Fact]
    public void Priorities_and_ids_are_refused_where_they_mean_nothing()
    {
        _harness.CreateQueue(config: Fifo);
        _harness.CreateQueue("standard");
        Assert.Equal(BrokerError.PriorityNotSupported, TrySend("jobs", new MessageHeaders(), 3).Error);
        Assert.Equal(
            BrokerError.DeduplicationNotSupported,
            TrySend("standard", new MessageHeaders { DeduplicationId = "1" }, 0).Error);
    }

    [Fact]
    public void A_receive_repeated_under_its_name_gets_the_same_messages_and_leases_them_anew()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        List<Received> first = Attempt("x", 2);
        _harness.AdvanceMilliseconds(20_000);
        _harness.KillAndRestart();
        List<Received> second = Attempt("x", 2);
        Assert.Equal(first.Select(static message => message.Receipt), second.Select(static message => message.Receipt));
        _harness.AdvanceMilliseconds(20_000);
        Assert.Equal(
            [BrokerError.None, BrokerError.None], _harness.Acknowledge([.. first.Select(static m => m.Receipt)]));
        Assert.Equal(["3"], Bodies(Attempt("x", 2)));
        Assert.Empty(Attempt("y", 2));
    }

    [Theory]
    [InlineData(Settlement.Acknowledge)]
    [InlineData(Settlement.Release)]
    [InlineData(Settlement.Extend)]
    public void A_receive_whose_messages_were_touched_since_is_not_repeated_when_only_whole_ones_are(
        Settlement settlement)
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2");
        Send("b", "3");
        List<Received> first = Attempt("x", 2, whole: true);
        Assert.Equal(["1", "2"], Bodies(Attempt("x", 2, whole: true)));
        _harness.Settle(settlement, settlement == Settlement.Extend ? 90_000 : 0, first[1].Receipt);
        Assert.Equal(["3"], Bodies(Attempt("x", 2, whole: true)));
    }

    private SendOutcome SendOnce(string group, string body, string id)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(new MessageHeaders { GroupId = group, DeduplicationId = id }, Encoding.UTF8.GetBytes(body));
        return _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Value;
    }

    private void Send(string group, params string[] bodies)
    {
        MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies) Add(batch, group, body);
        Result<SendOutcome> result = _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch));
        Assert.Equal(BrokerError.None, result.Error);
    }

    private static void Add(MessageBatch batch, string group, string body) =>
        batch.Add(new MessageHeaders { GroupId = group }, Encoding.UTF8.GetBytes(body));

    private Result<SendOutcome> TrySend(string queue, MessageHeaders headers, int priority)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(headers, "body"u8, new SendOptions { Priority = priority });
        return _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(queue), batch));
    }

    private List<Received> Attempt(string id, int max, bool whole = false) => BrokerHarness.Read(_harness.Run(() =>
        _harness.Broker.Receive(
            BrokerHarness.Name(), new ReceiveRequest { Max = max, AttemptId = id, RepeatsWholeOnly = whole },
            CancellationToken.None)).Value);

    private static IEnumerable<string> Bodies(List<Received> messages) =>
        messages.Select(static message => message.Body);
}
