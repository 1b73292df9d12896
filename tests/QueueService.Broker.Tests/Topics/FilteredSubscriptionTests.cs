using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics;

public sealed class FilteredSubscriptionTests : IDisposable
{
    private readonly TopicFixture _topic = new(BrokerHarness.Small with { ReadAheadPerLane = 20 });

    public FilteredSubscriptionTests() => _topic.CreateTopic();

    public void Dispose() => _topic.Dispose();

    [Fact]
    public void A_subscription_gets_what_its_filter_lets_through()
    {
        _topic.Subscribe("red", Colour("red"));
        _topic.Subscribe("all");
        Publish("red", "1");
        Publish("blue", "2");
        Publish("red", "3");
        Assert.Equal(["1", "3"], _topic.Bodies("red"));
        Assert.Empty(_topic.Bodies("red"));
        Assert.Equal(["1", "2", "3"], _topic.Bodies("all"));
    }

    [Fact]
    public void A_waiting_receive_is_answered_by_a_message_that_matches_and_by_no_other()
    {
        _topic.Subscribe("red", Colour("red"));
        Task<Result<ReceivedMessages>> waiting = BrokerHarness.Begin(() => _topic.Broker.Receive(
            TopicFixture.Name("red").Address, new ReceiveRequest { Max = 10, WaitMilliseconds = 10_000 },
            CancellationToken.None));
        Publish("blue", "1");
        Turns();
        Assert.False(waiting.IsCompleted);
        Publish("red", "2");
        Turns();
        Assert.Equal("2", Assert.Single(BrokerHarness.Read(BrokerHarness.Answer(waiting).Value)).Body);
    }

    [Fact]
    public void What_was_published_is_received_at_once_by_a_receive_that_does_not_wait()
    {
        _topic.Subscribe("red", Colour("red"));
        Assert.Empty(_topic.Bodies("red"));
        for (int i = 0; i < 30; i++)
        {
            Publish("red", $"{i}");
            Assert.Equal([$"{i}"], _topic.Bodies("red"));
        }
    }

    [Fact]
    public void More_matches_than_are_known_at_once_are_all_delivered()
    {
        _topic.Subscribe("red", Colour("red"));
        Assert.Empty(_topic.Bodies("red"));
        for (int i = 0; i < 100; i++) Publish(i % 2 == 0 ? "red" : "blue", $"{i}");
        List<string> received = [];
        while (_topic.Bodies("red", 7) is { Length: > 0 } some) received.AddRange(some);
        Assert.Equal(Enumerable.Range(0, 50).Select(static i => $"{2 * i}"), received);
    }

    [Fact]
    public void What_was_skipped_or_acknowledged_stays_so_over_a_restart()
    {
        _topic.Subscribe("red", Colour("red"));
        for (int i = 0; i < 40; i++) Publish(i % 4 == 0 ? "red" : "blue", $"{i}");
        foreach (Received message in _topic.Receive("red", 5)) _topic.Acknowledge("red", message.Receipt);
        ulong hash = _topic.Broker.Shard.StateHash();
        _topic.Harness.KillAndRestart();
        Assert.Equal(hash, _topic.Broker.Shard.StateHash());
        Assert.Equal(["20", "24", "28", "32", "36"], _topic.Bodies("red"));
    }

    [Fact]
    public void A_changed_filter_holds_for_everything_that_was_not_delivered_or_skipped()
    {
        _topic.Subscribe("s", Colour("red"));
        Publish("red", "1");
        Publish("blue", "2");
        _topic.Subscribe("s", Colour("blue"));
        Assert.Equal(["2"], _topic.Bodies("s"));
        _topic.Subscribe("s");
        Publish("green", "3");
        Assert.Equal(["3"], _topic.Bodies("s"));
    }

    [Fact]
    public void Whoever_waits_while_the_filter_changes_is_told_by_the_new_one()
    {
        _topic.Subscribe("s", Colour("red"));
        Task<Result<ReceivedMessages>> waiting = Wait();
        _topic.Subscribe("s");
        Publish("blue", "1");
        Turns();
        Assert.Equal("1", Assert.Single(BrokerHarness.Read(BrokerHarness.Answer(waiting).Value)).Body);
        waiting = Wait();
        _topic.Subscribe("s", Colour("green"));
        Publish("red", "2");
        Turns();
        Assert.False(waiting.IsCompleted);
        Publish("green", "3");
        Turns();
        Assert.Equal("3", Assert.Single(BrokerHarness.Read(BrokerHarness.Answer(waiting).Value)).Body);

        Task<Result<ReceivedMessages>> Wait()
        {
            Task<Result<ReceivedMessages>> receive = BrokerHarness.Begin(() => _topic.Broker.Receive(
                TopicFixture.Name("s").Address, new ReceiveRequest { Max = 10, WaitMilliseconds = 10_000 },
                CancellationToken.None));
            Turns();
            return receive;
        }
    }

    [Fact]
    public void Ordered_groups_stay_in_order_behind_a_filter()
    {
        _topic.Subscribe("s", Colour("red") with { Type = QueueType.Fifo });
        Publish("red", "a1", "a");
        Publish("blue", "a2", "a");
        Publish("red", "a3", "a");
        Publish("red", "b1", "b");
        Publish("red", "free");
        Received leased = Assert.Single(_topic.Receive("s", 1));
        string group = leased.Body[..1];
        string[] others = _topic.Bodies("s");
        Assert.DoesNotContain(others, body => body.StartsWith(group, StringComparison.Ordinal));
        _topic.Acknowledge("s", leased.Receipt);
        string[] rest = _topic.Bodies("s");
        Assert.Equal(["a1", "a3", "b1", "free"], others.Append(leased.Body).Concat(rest).Order());
    }

    [Fact]
    public void A_dead_letter_of_a_filtered_subscription_is_moved()
    {
        _topic.Harness.CreateQueue("dead");
        _topic.Subscribe("red", Colour("red") with { Redrive = new RedrivePolicy("dead", 1) });
        Publish("blue", "1");
        Publish("red", "2");
        Assert.Equal(["2"], _topic.Receive("red", visibility: 1_000).Select(static m => m.Body));
        _topic.Harness.AdvanceMilliseconds(1_001);
        _topic.Harness.Sweep();
        Assert.Equal("2", Assert.Single(_topic.Harness.ReceiveFrom("dead")).Body);
    }

    /// <summary>Against the simplest thing that could be right: a list per subscription.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Subscriptions_agree_with_a_list_for_each(int seed)
    {
        string[] colours = ["red", "blue", "green"];
        var random = new SeededRandom((ulong)seed);
        var expected = colours.ToDictionary(static colour => colour, static _ => new List<string>());
        var received = colours.ToDictionary(static colour => colour, static _ => new List<string>());
        foreach (string colour in colours) _topic.Subscribe(colour, Colour(colour));
        for (int step = 0; step < 400; step++)
        {
            string colour = colours[random.Next(3)];
            switch (random.Next(12))
            {
                case < 7:
                    string body = $"{step}";
                    Publish(colour, body, random.Next(4) == 0 ? $"g{random.Next(40)}" : null);
                    expected[colour].Add(body);
                    break;
                case < 11:
                    foreach (Received message in _topic.Receive(colour, 1 + random.Next(9)))
                    {
                        received[colour].Add(message.Body);
                        Assert.Equal(BrokerError.None, _topic.Acknowledge(colour, message.Receipt));
                    }

                    break;
                default:
                    ulong hash = _topic.Broker.Shard.StateHash();
                    if (random.Next(2) == 0) _topic.Harness.KillAndRestart();
                    else _topic.Harness.CutPowerAndRestart((ulong)step);
                    Assert.Equal(hash, _topic.Broker.Shard.StateHash());
                    break;
            }
        }

        foreach (string colour in colours)
        {
            while (_topic.Receive(colour) is { Count: > 0 } some)
            {
                foreach (Received message in some)
                {
                    received[colour].Add(message.Body);
                    _topic.Acknowledge(colour, message.Receipt);
                }
            }

            Assert.Equal(expected[colour].Order(), received[colour].Order());
        }
    }

    [Fact]
    public void Whether_a_text_is_a_number_is_up_to_the_subscription()
    {
        var filter = new SubscriptionConfig { Filter = """{"policy":{"size":[{"numeric":[">",1]}]}}""" };
        _topic.Subscribe("lenient", new QueueConfig { Subscription = filter });
        _topic.Subscribe(
            "strict", new QueueConfig { Subscription = filter with { Numbers = NumberMatching.NumbersOnly } });
        PublishSizes();
        Assert.Equal(["text", "number", "array"], _topic.Bodies("lenient"));
        Assert.Equal(["number", "array"], _topic.Bodies("strict"));

        // A definition that does not say it keeps it, and it is the same after a restart.
        Assert.Equal(
            NumberMatching.NumbersOnly,
            _topic.Subscribe("strict", new QueueConfig { Subscription = filter }).Queue.Config.Subscription!.Numbers);
        _topic.Harness.CloseAndRestart();
        PublishSizes();
        Assert.Equal(["number", "array"], _topic.Bodies("strict"));
        _topic.Harness.Run(() => _topic.Broker.PatchSubscription(
            TopicFixture.Name("strict"),
            static config => config with { Subscription = config.Subscription! with { Numbers = default } },
            Precondition.None));
        PublishSizes();
        Assert.Equal(["text", "number", "array"], _topic.Bodies("strict"));
    }

    private void PublishSizes()
    {
        MessageBatch batch = MessageBatch.Rent();
        Add("text", AttributeKind.String, "2");
        Add("number", AttributeKind.Number, "2");
        Add("array", AttributeKind.StringArray, "[\"a\",2]");
        Add("binary", AttributeKind.Binary, "Mg==");
        Assert.True(_topic.Harness.Run(() => _topic.Broker.Publish(TopicFixture.Topic, batch)).Succeeded);

        void Add(string body, AttributeKind kind, string value) => batch.Add(
            new MessageHeaders { Attributes = [new MessageAttribute("size", kind, value)] }, Encoding.UTF8.GetBytes(
                body));
    }

    private static QueueConfig Colour(string colour) => new()
    {
        Subscription = new SubscriptionConfig { Filter = $$$"""{"policy":{"colour":["{{{colour}}}"]}}""" },
    };

    private void Publish(string colour, string body, string? group = null)
    {
        MessageBatch batch = MessageBatch.Rent();
        var headers = new MessageHeaders
        {
            GroupId = group, Attributes = [new MessageAttribute("colour", AttributeKind.String, colour)],
        };
        batch.Add(headers, Encoding.UTF8.GetBytes(body));
        Assert.True(_topic.Harness.Run(() => _topic.Broker.Publish(TopicFixture.Topic, batch)).Succeeded);
    }

    private void Turns()
    {
        for (int i = 0; i < 5; i++) _topic.Harness.Turn();
    }
}
