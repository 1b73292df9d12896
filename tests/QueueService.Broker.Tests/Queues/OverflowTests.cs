using System.Globalization;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Queues;

public sealed class OverflowTests
{
    private static readonly QueueConfig Three = new() { MaxMessages = 3 };

    private static readonly QueueConfig DroppingThree = Three with { Overflow = OverflowPolicy.DropOldest };

    [Fact]
    public void A_full_queue_refuses_until_a_message_is_acknowledged()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: Three);
        harness.Send("a", "b");
        harness.TrySend("later", delay: 60_000);
        List<Received> leased = harness.Receive(2);
        Assert.Equal(BrokerError.QueueFull, harness.TrySend("d").Error);
        harness.Acknowledge(leased[0].Receipt);
        Assert.Equal(BrokerError.None, harness.TrySend("d").Error);
        Assert.Equal(BrokerError.QueueFull, harness.TrySend("e").Error);
    }

    [Fact]
    public void A_batch_that_does_not_fit_is_refused_as_a_whole_unless_it_is_partial()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: Three);
        harness.Send("a");
        Assert.Equal(BrokerError.QueueFull, Send(harness, partial: false, "b", "c", "d").Error);
        Assert.Equal(1, harness.Stats().SentTotal);
        Result<SendOutcome> partial = Send(harness, partial: true, "b", "c", "d");
        Assert.Equal([BrokerError.None, BrokerError.None, BrokerError.QueueFull], partial.Value.Errors);
        Assert.Equal(["a", "b", "c"], Bodies(harness.Browse()));
    }

    [Fact]
    public void The_oldest_messages_make_room_in_the_same_commit()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: DroppingThree);
        harness.Send("a", "b", "c");
        harness.Send("d", "e");
        Assert.Equal(["c", "d", "e"], Bodies(harness.Browse()));
        Assert.Equal((2, 3), (harness.Stats().DroppedTotal, harness.Stats().Available));
        harness.KillAndRestart();
        Assert.Equal(2, harness.Stats().DroppedTotal);
        Assert.Equal(["c", "d", "e"], Bodies(harness.Receive(10)));
    }

    [Fact]
    public void Leased_and_delayed_messages_are_not_dropped_and_when_only_they_are_left_the_new_one_is_refused()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: DroppingThree);
        harness.TrySend("later", delay: 60_000);
        harness.Send("a", "b");
        Received leased = Assert.Single(harness.Receive(1));
        harness.Send("c");
        Assert.Equal(["later", "a", "c"], Bodies(harness.Browse()));
        harness.Receive(1);
        Assert.Equal(BrokerError.QueueFull, harness.TrySend("d").Error);
        Assert.Equal(1, harness.Stats().DroppedTotal);
        harness.Settle(Settlement.Release, 0, leased.Receipt);
        Assert.Equal(BrokerError.None, harness.TrySend("d").Error);
        Assert.Equal(["later", "c", "d"], Bodies(harness.Browse()));
    }

    [Fact]
    public void A_message_whose_lease_ran_out_can_be_dropped_also_while_the_queue_is_paused()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: DroppingThree);
        harness.Send("a", "b", "c");
        harness.Receive(3);
        harness.Run(() => harness.Broker.PatchQueue(
            BrokerHarness.Name(), static config => config with { Paused = true }, Precondition.None));
        harness.AdvanceMilliseconds(30_000);
        harness.Send("d");
        Assert.Equal(["b", "c", "d"], Bodies(harness.Browse()));
    }

    [Fact]
    public void Bytes_are_those_of_the_messages_that_are_here()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue();
        harness.Send(new string('x', 100));
        long one = harness.Stats().Bytes;
        Assert.InRange(one, 100, 110);
        harness.Run(() => harness.Broker.PatchQueue(
            BrokerHarness.Name(), config => config with { MaxBytes = 3 * one }, Precondition.None));
        harness.Send(new string('y', 100), new string('z', 100));
        Assert.Equal(BrokerError.QueueFull, harness.TrySend("w").Error);
        Assert.Equal(BrokerError.MessageTooLarge, harness.TrySend(new string('w', 400)).Error);
        Received received = Assert.Single(harness.Receive(1));
        harness.Acknowledge(received.Receipt);
        Assert.Equal(2 * one, harness.Stats().Bytes);
        Assert.Equal(BrokerError.None, harness.TrySend("w").Error);
        harness.Run(() => harness.Broker.Purge(BrokerHarness.Name()));
        Assert.Equal(0, harness.Stats().Bytes);
    }

    [Fact]
    public void Expiry_frees_room()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: Three with { RetentionSeconds = 60 });
        harness.Send("a", "b", "c");
        Assert.Equal(BrokerError.QueueFull, harness.TrySend("d").Error);
        harness.Advance(TimeSpan.FromSeconds(61));
        harness.Run(async () =>
        {
            await harness.Broker.Sweep();
            return true;
        });
        Assert.Equal(BrokerError.None, harness.TrySend("d").Error);
    }

    [Fact]
    public void A_full_dead_letter_queue_lets_failed_messages_wait_in_their_source()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue("dead", Three with { MaxMessages = 1 });
        harness.CreateQueue(config: new QueueConfig { Redrive = new RedrivePolicy("dead", 1) });
        harness.Send("a", "b");
        harness.Receive(2, visibility: 1_000);
        harness.AdvanceMilliseconds(1_001);
        Sweep(harness);
        Assert.Equal((1, 1), (harness.Stats().Blocked, harness.Stats().DeadLetteredTotal));
        harness.Run(() => harness.Broker.Purge(BrokerHarness.Name("dead")));
        Sweep(harness);
        Assert.Equal((0, 2), (harness.Stats().Blocked, harness.Stats().DeadLetteredTotal));
    }

    [Fact]
    public void A_limit_that_is_lowered_is_kept_from_the_next_send_on()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue();
        harness.Send("a", "b", "c", "d", "e");
        harness.Run(() => harness.Broker.PatchQueue(BrokerHarness.Name(), _ => DroppingThree, Precondition.None));
        Assert.Equal(5, harness.Stats().Available);
        harness.Send("f");
        Assert.Equal(["d", "e", "f"], Bodies(harness.Browse()));
    }

    [Fact]
    public void Dropping_costs_what_is_dropped_and_not_what_is_leased()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: new QueueConfig { MaxMessages = 20_000, Overflow = OverflowPolicy.DropOldest });
        for (int i = 0; i < 20; i++)
            harness.Send([.. Enumerable.Range(0, 1_000).Select(n => n.ToString(CultureInfo.InvariantCulture))]);
        for (int i = 0; i < 19; i++) harness.Receive(1_000);
        harness.Send("one more");
        MessageQueue queue = harness.Broker.Shard.FindQueue("jobs")!;

        // The first in line is found without a look at the 19,000 leased ones: the cursor is behind them.
        Assert.Equal(19_001, queue.InLine().First());
        Assert.Equal(19_001, queue.Main.Next);
    }

    [Theory]
    [InlineData(OverflowPolicy.Reject)]
    [InlineData(OverflowPolicy.DropOldest)]
    public void After_any_power_cut_counts_and_bytes_are_what_they_were_and_limits_hold(OverflowPolicy overflow)
    {
        const long limit = 8_000;
        for (ulong seed = 1; seed <= 30; seed++)
        {
            using var harness = new BrokerHarness();
            harness.CreateQueue(config: new QueueConfig { MaxBytes = limit, MaxMessages = 60, Overflow = overflow });
            var random = new SeededRandom(seed);
            for (int life = 0; life < 4; life++)
            {
                for (int step = 0; step < 60; step++) Step(harness, random);
                ulong before = harness.Broker.Shard.StateHash();
                harness.CutPowerAndRestart(seed);
                Assert.Equal(before, harness.Broker.Shard.StateHash());
                QueueStats stats = harness.Stats();
                HeldMessages held = harness.Broker.Shard.FindQueue("jobs")!.Main.Held;
                Assert.Equal(held.Count, stats.Available + stats.Leased + stats.Delayed + stats.Blocked);
                Assert.Equal(held.Count, harness.Browse().Count);
                Assert.InRange(stats.Bytes, held.Count, limit);
                Assert.InRange(held.Count, 0, 60);
            }
        }
    }

    [Fact]
    public void Whatever_is_sent_and_received_the_newest_messages_are_kept_in_order()
    {
        const int limit = 25;
        for (ulong seed = 1; seed <= 20; seed++)
        {
            using var harness = new BrokerHarness();
            harness.CreateQueue(config: DroppingThree with { MaxMessages = limit });
            var random = new SeededRandom(seed);
            List<string> expected = [];
            for (int step = 0; step < 150; step++)
            {
                string[] bodies = [.. Enumerable.Range(0, random.Next(limit) + 1).Select(n => $"{step}-{n}")];
                harness.Send(bodies);
                expected.AddRange(bodies);
                expected.RemoveRange(0, Math.Max(0, expected.Count - limit));
                List<Received> received = harness.Receive(random.Next(10) + 1, auto: true);
                Assert.Equal(expected[..received.Count], Bodies(received));
                expected.RemoveRange(0, received.Count);
                if (random.Next(20) == 0) harness.CutPowerAndRestart(seed);
            }

            Assert.Equal(expected, Bodies(harness.Browse()));
        }
    }

    [Fact]
    public void What_came_back_of_a_group_is_dropped_before_a_higher_priority()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue(config: DroppingThree);
        Send(harness, "grouped", new MessageHeaders { GroupId = "g" }, priority: 0);
        harness.Settle(Settlement.Release, 0, Assert.Single(harness.Receive()).Receipt);
        foreach (string body in (string[])["a", "b", "c"]) Send(harness, body, MessageHeaders.None, priority: 1);
        Assert.Equal(["a", "b", "c"], Bodies(harness.Browse()));
    }

    private static void Send(BrokerHarness harness, string body, MessageHeaders headers, int priority)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(headers, Encoding.UTF8.GetBytes(body), new SendOptions { Priority = priority });
        Assert.True(harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), batch)).Succeeded);
    }

    private static void Step(BrokerHarness harness, SeededRandom random)
    {
        switch (random.Next(5))
        {
            case 0:
                foreach (Received received in harness.Receive(random.Next(8) + 1, visibility: 500 + random.Next(5_000)))
                    if (random.Next(3) > 0) harness.Acknowledge(received.Receipt);
                break;
            case 1:
                harness.AdvanceMilliseconds(random.Next(2_000));
                break;
            case 2:
                Send(harness, partial: true, [.. Enumerable.Range(0, random.Next(20) + 1).Select(_ => Body(random))]);
                break;
            default:
                harness.TrySend(Body(random), random.Next(4) == 0 ? random.Next(3_000) : null);
                break;
        }
    }

    private static string Body(SeededRandom random) => new('b', random.Next(400));

    private static Result<SendOutcome> Send(BrokerHarness harness, bool partial, params string[] bodies)
    {
        MessageBatch batch = BrokerHarness.Batch(bodies);
        batch.Partial = partial;
        return harness.Run(() => harness.Broker.Send(BrokerHarness.Name(), batch));
    }

    private static void Sweep(BrokerHarness harness) => harness.Run(async () =>
    {
        await harness.Broker.Sweep();
        return true;
    });

    private static IEnumerable<string> Bodies(IEnumerable<Received> messages) =>
        messages.Select(static message => message.Body);
}
