using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

/// <summary>Topics under random operations, restarts and time, against the simplest thing that could be right: for each
/// subscription a list with what became of every message.</summary>
public sealed partial class TopicModelTests : IDisposable
{
    private const int Steps = 600;
    private const int RetentionSeconds = 900;
    private static readonly string[] Colours = ["red", "blue"];

    private readonly TopicFixture _topic = new(BrokerHarness.Small with { ReadAheadPerLane = 200 });
    private readonly List<Published> _published = [];
    private readonly List<Follower> _followers = [];

    public void Dispose() => _topic.Dispose();

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Subscriptions_agree_with_a_list_of_all_messages(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        _topic.CreateTopic(new QueueConfig { RetentionSeconds = RetentionSeconds });
        Follow("all", filter: null, ordered: false);
        Follow("ordered", filter: null, ordered: true);
        Follow("red", "red", ordered: false);
        Follow("red-ordered", "red", ordered: true);
        for (int step = 0; step < Steps; step++) Step(random, _followers[random.Next(_followers.Count)]);
        foreach (Follower follower in _followers) Drain(follower);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 24)];

    private long Now => _topic.Harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Step(SeededRandom random, Follower follower)
    {
        switch (random.Next(46))
        {
            case < 16:
                Publish(random);
                break;
            case < 26:
                Receive(follower, 1 + random.Next(6), 1_000 * (1 + random.Next(60)));
                break;
            case < 33:
                Settle(follower, random);
                break;
            case < 36:
                _topic.Harness.AdvanceMilliseconds(1 + random.Next(20_000));
                _topic.Harness.Sweep();
                break;
            case 36:
                Seek(follower, random);
                break;
            case 37:
                Redeliver(follower, random);
                break;
            case 38:
                TakeSnapshot(follower, random);
                break;
            case 39 or 40:
                SeekSnapshot(follower, random);
                break;
            case 41 or 42:
                Replay(follower, random);
                break;
            case 43:
                EndReplay(follower);
                break;
            default:
                Restart(random);
                break;
        }
    }

    private void Publish(SeededRandom random)
    {
        string colour = Colours[random.Next(2)];
        string? group = random.Next(3) == 0 ? null : $"g{random.Next(5)}";
        MessageBatch batch = MessageBatch.Rent();
        var headers = new MessageHeaders
        {
            GroupId = group, Attributes = [new MessageAttribute("colour", AttributeKind.String, colour)],
        };
        string body = $"{_published.Count}";
        batch.Add(headers, Encoding.UTF8.GetBytes(body));
        SendOutcome outcome = _topic.Harness.Run(() => _topic.Broker.Publish(TopicFixture.Topic, batch)).Value;
        _published.Add(new Published(_published.Count, colour, group, Now, outcome.IdAt(0).SequenceNumber));
    }

    private void Receive(Follower follower, int max, long visibility)
    {
        List<Published> available = [.. _published.Where(message => IsAvailable(follower, message))];
        List<Received> received = _topic.Receive(follower.Name, max, visibility);
        foreach (Received message in received)
        {
            Published published = _published[int.Parse(message.Body, null)];
            Assert.True(IsAvailable(follower, published), $"{follower.Name} got {published}");
            if (follower.IsOrdered && published.Group is not null) AssertFirst(follower, published, received);
        }

        foreach (Received message in received)
            follower.Leases[int.Parse(message.Body, null)] = (message.Receipt, Now + visibility);

        // Near its end a message may be there or not.
        int certain = available.Count(message => message.At + (RetentionSeconds * 1000L) > Now);
        if (!follower.IsOrdered)
        {
            // Behind a filter, what is new may just be matched; but nothing means that nothing is there.
            int least = Math.Min(follower.Filter is null ? max : 1, certain);
            Assert.True(
                received.Count >= least, $"{follower.Name} got {received.Count} of {string.Join(' ', available)}");
        }
        else
        {
            Assert.True(received.Count > 0 || !available.Exists(message => IsFree(follower, message)), follower.Name);
        }
    }

    private void Settle(Follower follower, SeededRandom random)
    {
        if (follower.Leases.Count == 0) return;
        (int index, (ReceiptHandle receipt, long until)) =
            follower.Leases.ElementAt(random.Next(follower.Leases.Count));
        bool releases = random.Next(4) == 0;
        BrokerError error = _topic.Harness.Run(() => _topic.Broker.Settle(
            TopicFixture.Name(follower.Name).Address, releases ? Settlement.Release : Settlement.Acknowledge, [receipt],
            0))
            .Value.Errors[0];
        if (until <= Now) Assert.Equal(BrokerError.ReceiptExpired, error);
        else if (!IsAged(_published[index])) Assert.Equal(BrokerError.None, error);
        follower.Leases.Remove(index);
        if (error == BrokerError.None && !releases) follower.Done.Add(index);
    }

    private void Seek(Follower follower, SeededRandom random)
    {
        if (_published.Count == 0) return;
        long time = _published[random.Next(_published.Count)].At;
        _topic.Harness.Run(() => _topic.Broker.Seek(TopicFixture.Name(follower.Name), time));
        follower.Replayed = null;
        follower.Leases.Clear();
        follower.Done.Clear();
        follower.Done.UnionWith(_published.Where(message => message.At < time).Select(static message => message.Index));
    }

    private void Redeliver(Follower follower, SeededRandom random)
    {
        List<int> done = [.. follower.Done.Where(index => follower.Wants(_published[index]))];
        if (done.Count == 0) return;
        Published message = _published[done[random.Next(done.Count)]];
        int count = _topic.Harness.Run(() =>
            _topic.Broker.Redeliver(TopicFixture.Name(follower.Name), [message.Position])).Value.Count;
        if (!IsAged(message)) Assert.Equal(1, count);
        if (count == 1) follower.Done.Remove(message.Index);
    }

    private void Restart(SeededRandom random)
    {
        ulong hash = _topic.Broker.Shard.StateHash();
        if (random.Next(2) == 0) _topic.Harness.KillAndRestart();
        else _topic.Harness.CutPowerAndRestart((ulong)_published.Count);
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
    }

    private void Drain(Follower follower)
    {
        _topic.Harness.AdvanceMilliseconds(61_000);
        _topic.Harness.Sweep();
        for (int rounds = 0; rounds < 1_000; rounds++)
        {
            List<Received> received = _topic.Receive(follower.Name, 10, 300_000);
            if (received.Count == 0) break;
            foreach (Received message in received)
            {
                Assert.True(
                    follower.Done.Add(int.Parse(message.Body, null)), $"{follower.Name} got {message.Body} again");
                _topic.Acknowledge(follower.Name, message.Receipt);
            }
        }

        foreach (Published message in _published)
        {
            if (follower.Wants(message) && !IsAged(message))
                Assert.True(follower.Done.Contains(message.Index), $"{follower.Name} lost {message}");
        }
    }

    /// <summary>It may be gone: what is on disk is looked at every ten seconds.</summary>
    private bool IsAged(Published message) => message.At + (RetentionSeconds * 1000L) <= Now;

    private bool IsAvailable(Follower follower, Published message) =>
        follower.Wants(message) && !follower.Done.Contains(message.Index) && !IsLeased(follower, message.Index)
        && message.At + (RetentionSeconds * 1000L) + 20_000 > Now;

    private bool IsLeased(Follower follower, int index) =>
        follower.Leases.TryGetValue(index, out (ReceiptHandle, long Until) lease) && lease.Until > Now;

    /// <summary>An ordered group gives in order, and nothing while one of it is leased.</summary>
    private void AssertFirst(Follower follower, Published message, List<Received> received)
    {
        foreach (Published other in _published.Where(other => other.Group == message.Group && follower.Wants(other)))
        {
            Assert.False(IsLeased(follower, other.Index), $"{follower.Name} got {message} while {other} is leased");
            if (other.Index >= message.Index || follower.Done.Contains(other.Index) || IsAged(other)) continue;
            Assert.Contains(received, one => one.Body == $"{other.Index}");
        }
    }

    private bool IsFree(Follower follower, Published message) =>
        !IsAged(message) && (message.Group is null
        || !_published.Exists(other => other.Group == message.Group && IsLeased(follower, other.Index)));

    private void Follow(string name, string? filter, bool ordered)
    {
        _topic.Subscribe(name, new QueueConfig
        {
            Type = ordered ? QueueType.Fifo : QueueType.Standard,
            Subscription = new SubscriptionConfig
            {
                Filter = filter is null ? "" : $$$"""{"policy":{"colour":["{{{filter}}}"]}}""",
            },
        });
        _followers.Add(new Follower(name, filter, ordered));
    }

    private sealed record Published(int Index, string Colour, string? Group, long At, long Position);

    private sealed record Follower(string Name, string? Filter, bool IsOrdered)
    {
        public Dictionary<int, (ReceiptHandle Receipt, long Until)> Leases { get; } = [];

        /// <summary>Acknowledged, or passed over by a seek.</summary>
        public HashSet<int> Done { get; } = [];

        /// <summary>What the replay is about that was begun last; null when there is none.</summary>
        public HashSet<int>? Replayed { get; set; }

        /// <summary>What was done with when each was taken, and until when it lives.</summary>
        public Dictionary<string, (int[] Done, long Until)> Snapshots { get; } = [];

        public bool Wants(Published message) => Filter is null || message.Colour == Filter;
    }
}
