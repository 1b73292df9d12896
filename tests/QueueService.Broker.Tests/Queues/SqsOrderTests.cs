using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>What SQS promises of FIFO queues, and of tenants in a standard one.</summary>
public sealed class SqsOrderTests : IDisposable
{
    private static readonly QueueConfig Fifo = new() { Type = QueueType.Fifo, GroupLock = GroupLock.Later };

    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Those_before_an_extended_message_come_back_and_it_and_the_later_ones_do_not()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3", "4");
        List<Received> leased = _harness.Receive(3, visibility: 10_000);
        _harness.Settle(Settlement.Extend, 60_000, leased[1].Receipt);
        _harness.AdvanceMilliseconds(10_000);
        Assert.Equal((1, 1, 2), (_harness.Stats().Available, _harness.Stats().Leased, _harness.Stats().Blocked));
        Assert.Equal(
            [MessageState.Available, MessageState.Leased, MessageState.Blocked, MessageState.Blocked],
            _harness.Browse().Select(static message => message.State));
        Assert.Equal(["1"], Bodies(_harness.Receive(visibility: 10_000)));
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(50_000);
        Assert.Equal(["1", "2", "3", "4"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_released_message_is_handed_out_again_while_a_later_one_is_leased()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        List<Received> leased = _harness.Receive(2);
        _harness.Settle(Settlement.Release, 0, leased[1].Receipt);
        Assert.Empty(_harness.Receive());
        _harness.Settle(Settlement.Release, 0, leased[0].Receipt);
        Assert.Equal(["1", "2", "3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_group_goes_on_in_order_over_a_restart_and_a_change_of_its_lock()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        List<Received> leased = _harness.Receive(2);
        _harness.Settle(Settlement.Release, 0, leased[0].Receipt);
        _harness.KillAndRestart();
        Lock(GroupLock.Group);
        Assert.Empty(_harness.Receive());
        Lock(GroupLock.Later);
        Received first = Assert.Single(_harness.Receive());
        Assert.Equal("1", first.Body);
        _harness.Acknowledge(first.Receipt, leased[1].Receipt);
        Assert.Equal(["3"], Bodies(_harness.Receive()));
        Assert.Equal(
            GroupLock.Later,
            _harness.CreateQueue(config: Fifo with { GroupLock = GroupLock.Group }).Queue.Config.GroupLock);
    }

    [Fact]
    public void Some_of_a_group_acknowledged_the_rest_still_locks_it()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "1", "2", "3");
        Send("b", "b1");
        List<Received> leased = _harness.Receive(2);
        _harness.Acknowledge(leased[0].Receipt);
        Assert.Equal(["b1"], Bodies(_harness.Receive()));
        _harness.Acknowledge(leased[1].Receipt);
        Assert.Equal(["3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_delayed_message_does_not_lock_those_before_it()
    {
        _harness.CreateQueue(config: Fifo with { DelaySeconds = 5 });
        Send("a", "1");
        _harness.AdvanceMilliseconds(3_000);
        Send("a", "2");
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(2_000);
        Received first = Assert.Single(_harness.Receive());
        _harness.Acknowledge(first.Receipt);
        Assert.Empty(_harness.Receive());
        _harness.AdvanceMilliseconds(3_000);
        Assert.Equal(["2"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_receive_with_a_visibility_of_0_hands_out_in_order_counts_and_leaves_everything_visible()
    {
        _harness.CreateQueue(config: Fifo);
        Send("a", "a1", "a2");
        Send("b", "b1", "b2");
        Assert.Equal(["a1", "a2", "b1"], Bodies(_harness.Receive(3, visibility: 0)));
        Assert.Equal(4, _harness.Stats().Available);

        // The group that was served goes to the end.
        List<Received> second = _harness.Receive(1, visibility: 0);
        string group = Assert.Single(second).Body[..1];
        string other = group == "a" ? "b" : "a";
        List<Received> third = _harness.Receive(2, visibility: 0);
        Assert.Equal([other + "1", other + "2"], Bodies(third));
        Assert.Equal(10, _harness.Receive(4).Sum(static message => message.ReceiveCount));
    }

    [Fact]
    public void One_receive_is_filled_from_one_group_first_and_the_next_begins_with_another()
    {
        _harness.CreateQueue(config: Fifo);
        foreach (string group in (string[])["a", "b", "c"]) Send(group, group + "1", group + "2", group + "3");
        Assert.Equal(["a1", "a2"], Bodies(_harness.Receive(2, visibility: 1_000)));
        Assert.Equal(["b1", "b2", "b3", "c1"], Bodies(_harness.Receive(4)));
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal(["a1", "a2", "a3"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void A_purged_queue_takes_the_same_deduplication_id_again_when_it_is_to_forget()
    {
        _harness.CreateQueue(config: Fifo);
        SendOnce("a", "id");
        Purge(forgets: false);
        Assert.True(SendOnce("a", "id").IsDuplicate(0));
        Purge(forgets: true);
        Assert.False(SendOnce("a", "id").IsDuplicate(0));
        Purge(forgets: true);
        ulong hash = _harness.Broker.Shard.StateHash();
        _harness.KillAndRestart();
        Assert.Equal(hash, _harness.Broker.Shard.StateHash());
        Assert.False(SendOnce("a", "id").IsDuplicate(0));
        Assert.Single(_harness.Receive());
    }

    [Fact]
    public void A_quiet_tenant_is_served_before_a_noisy_one_with_many_messages_in_flight()
    {
        _harness.CreateQueue();
        for (int i = 0; i < 10; i++) Send("noisy", [.. Enumerable.Range(0, 100).Select(static n => $"n{n}")]);
        Assert.Equal(40, _harness.Receive(40).Count);
        Send("quiet", "q1");
        Assert.Equal("q1", Assert.Single(_harness.Receive(1)).Body);
        Send("quiet", "q2", "q3");
        Send("other", "o1");
        Assert.Equal(["o1", "q2", "q3"], Bodies(_harness.Receive(3)).Order());
        Assert.Equal(100, _harness.Receive(100).Count);
    }

    [Fact]
    public void Of_noisy_tenants_the_one_with_the_fewest_messages_in_flight_is_next()
    {
        _harness.CreateQueue();
        Send("a", [.. Enumerable.Range(0, 200).Select(static n => $"a{n}")]);
        Assert.Equal(60, _harness.Receive(60).Count);
        Send("b", [.. Enumerable.Range(0, 200).Select(static n => $"b{n}")]);
        Assert.All(_harness.Receive(40), static message => Assert.StartsWith("b", message.Body));
        Assert.Equal("b", Assert.Single(_harness.Receive(1)).Body[..1]);
        Assert.Equal(29, _harness.Receive(39).Count(static message => message.Body[0] == 'b'));
    }

    [Fact]
    public void Tenants_with_few_messages_in_flight_take_turns()
    {
        _harness.CreateQueue();
        Send("a", [.. Enumerable.Range(0, 20).Select(static n => $"a{n}")]);
        Send("b", [.. Enumerable.Range(0, 20).Select(static n => $"b{n}")]);
        List<Received> messages = _harness.Receive(20);
        Assert.Equal(10, messages.Count(static message => message.Body[0] == 'a'));
    }

    private void Lock(GroupLock groupLock) => _harness.Run(() => _harness.Broker.PatchQueue(
        BrokerHarness.Name(), config => config with { GroupLock = groupLock }, Precondition.None));

    private void Purge(bool forgets) => Assert.True(_harness.Run(() =>
        _harness.Broker.Purge(BrokerHarness.Name(), token: null, forgets)).Succeeded);

    private SendOutcome SendOnce(string group, string id)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(new MessageHeaders { GroupId = group, DeduplicationId = id }, "body"u8);
        return _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Value;
    }

    private void Send(string group, params string[] bodies)
    {
        MessageBatch batch = MessageBatch.Rent();
        foreach (string body in bodies) batch.Add(new MessageHeaders { GroupId = group }, Encoding.UTF8.GetBytes(body));
        Assert.True(_harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
    }

    private static IEnumerable<string> Bodies(List<Received> messages) =>
        messages.Select(static message => message.Body);
}
