using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

/// <summary>Groups and priorities of standard queues.</summary>
public sealed class LaneTests : IDisposable
{
    private readonly BrokerHarness _harness = new(BrokerHarness.Small with { ReadAheadPerLane = 1_000 });

    public LaneTests() => _harness.CreateQueue();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void A_noisy_group_does_not_delay_the_others()
    {
        for (int i = 0; i < 500; i++) Send("noisy", "noise");
        Send("quiet", "quiet");
        Send(null, "none");
        List<string> first = Bodies(_harness.Receive(3));
        Assert.Equal(["noise", "none", "quiet"], first.Order());
        Assert.Equal(["noise", "noise", "noise"], Bodies(_harness.Receive(3)));
    }

    [Fact]
    public void Groups_of_a_standard_queue_are_not_blocked_by_their_leases()
    {
        Send("a", "1");
        Send("a", "2");
        Assert.Single(_harness.Receive(1));
        Assert.Equal(["2"], Bodies(_harness.Receive(1)));
    }

    [Fact]
    public void Large_messages_cost_their_group_more_turns()
    {
        string large = new('x', 50 << 10);
        for (int i = 0; i < 6; i++)
        {
            Send("large", large);
            for (int n = 0; n < 6; n++) Send("small", "s");
        }

        int small = _harness.Receive(10).Count(static message => message.Body == "s");
        Assert.InRange(small, 7, 9);
    }

    [Fact]
    public void A_message_that_comes_back_is_given_in_the_turn_of_its_group()
    {
        for (int i = 0; i < 20; i++) Send("noisy", $"{i}");
        Send("quiet", "quiet");
        foreach (Received message in _harness.Receive(10)) _harness.Settle(Settlement.Release, 0, message.Receipt);
        Assert.Contains("quiet", Bodies(_harness.Receive(2)));
        Assert.Equal(19, _harness.Receive(100).Count);
    }

    [Fact]
    public void The_highest_priority_comes_first_also_when_it_comes_back()
    {
        foreach (int priority in (int[])[0, 5, 9, 3, 9]) Send(null, $"{priority}", priority);
        Assert.Equal(["9", "9", "5"], Bodies(_harness.Receive(3, visibility: 1_000)));
        _harness.AdvanceMilliseconds(1_000);
        Assert.Equal(["9", "9", "5", "3", "0"], Bodies(_harness.Receive(10)));
    }

    [Fact]
    public void Priorities_groups_and_delays_together_lose_nothing_over_restarts()
    {
        var random = new QueueService.Testing.SeededRandom(7);
        var expected = new List<string>();
        for (int i = 0; i < 600; i++)
        {
            expected.Add($"{i}");
            Send(
                random.Chance(1, 2) ? $"g{random.Next(40)}" : null, $"{i}", random.Next(10),
                random.Chance(1, 5) ? 5_000 : 0);
            if (i % 100 == 50) _harness.KillAndRestart();
        }

        ulong hash = _harness.Broker.Shard.StateHash();
        _harness.CloseAndRestart();
        Assert.Equal(hash, _harness.Broker.Shard.StateHash());
        _harness.AdvanceMilliseconds(5_000);
        var seen = new List<string>();
        for (List<Received> some = _harness.Receive(50); some.Count > 0; some = _harness.Receive(50))
        {
            seen.AddRange(Bodies(some));
            _harness.Acknowledge([.. some.Select(static message => message.Receipt)]);
        }

        Assert.Equal(expected.Order(), seen.Order());
        Assert.Equal(0, _harness.Stats().Available);
    }

    [Fact]
    public void Browsing_purging_and_deleting_see_all_lanes()
    {
        for (int i = 0; i < 30; i++) Send($"g{i}", $"{i}", i % 3);
        List<Received> all = _harness.Browse();
        Assert.Equal(30, all.Count);
        Assert.Equal(BrokerError.None, _harness.DeleteMessage(all[7].Id));
        Assert.Equal(29, _harness.Browse().Count);
        Assert.True(_harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name())).Succeeded);
        Assert.Empty(_harness.Browse());
        Assert.Empty(_harness.Receive());
        Send("g1", "new");
        Assert.Equal(["new"], Bodies(_harness.Receive()));
    }

    [Fact]
    public void Retention_ends_messages_of_all_lanes()
    {
        _harness.CreateQueue("short", new QueueConfig { RetentionSeconds = 60 });
        for (int i = 0; i < 30; i++) Send($"g{i}", "old", i % 3, queue: "short");
        _harness.AdvanceMilliseconds(59_000);
        Send("g1", "young", queue: "short");
        _harness.AdvanceMilliseconds(2_000);
        _harness.Sweep();
        QueueStats stats = _harness.Run(() => _harness.Broker.GetQueue(BrokerHarness.Name("short"))).Value.Stats;
        Assert.Equal((1, 30), (stats.Available, stats.ExpiredTotal));
    }

    private void Send(string? group, string body, int priority = 0, long delay = 0, string queue = "jobs")
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Add(
            new MessageHeaders { GroupId = group }, Encoding.UTF8.GetBytes(body),
            new SendOptions { Priority = priority, DelayMilliseconds = delay });
        Assert.Equal(
            BrokerError.None, _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(queue), batch)).Error);
    }

    private static List<string> Bodies(List<Received> messages) => [.. messages.Select(static message => message.Body)];
}
