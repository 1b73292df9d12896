using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Topics;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Queues;

public sealed class DeclarationTests
{
    [Fact]
    public void Declared_queues_are_judged_by_what_all_of_them_lead_to()
    {
        using var harness = new BrokerHarness();
        harness.CreateQueue("b");
        harness.CreateQueue("a", DeadLettersTo("b"));

        // One after the other this would be a cycle for a moment.
        IReadOnlyList<QueuePlan> plans = Plan(harness, ("b", DeadLettersTo("a")), ("a", new QueueConfig()));
        Assert.All(plans, static plan => Assert.Empty(plan.Errors));
        Assert.Equal(["a", "b"], plans.Select(static plan => plan.Declaration.Name.Value));
        Assert.Equal(BrokerError.None, harness.Run(() => harness.Broker.ApplyPlan(plans)));
        Assert.Equal("a", Config(harness, "b").Redrive!.DeadLetterQueue);
        Assert.Null(Config(harness, "a").Redrive);
        Assert.All(Plan(harness, ("b", DeadLettersTo("a"))), static plan => Assert.False(plan.IsChange));
    }

    [Fact]
    public void A_cycle_is_blamed_on_the_queues_in_it_and_ends_the_search_of_others()
    {
        using var harness = new BrokerHarness();
        IReadOnlyList<QueuePlan> plans = Plan(
            harness, ("a", DeadLettersTo("b")), ("b", DeadLettersTo("c")), ("c", DeadLettersTo("b")));
        Assert.Equal(
            ["b", "c"],
            plans.Where(static plan => plan.Errors.Contains(BrokerError.DeadLetterCycle))
                .Select(static plan => plan.Declaration.Name.Value).Order());
    }

    [Fact]
    public void More_queues_than_the_limit_and_fields_that_cannot_change_are_refused()
    {
        using var harness = new BrokerHarness(BrokerHarness.Small with { MaxQueues = 2 });
        harness.CreateQueue("old");
        IReadOnlyList<QueuePlan> plans = Plan(
            harness, ("one", new QueueConfig()), ("two", new QueueConfig()),
            ("old", new QueueConfig { Durability = Durability.Os }));
        Assert.Equal(
            [BrokerError.TooManyQueues, BrokerError.ImmutableField], plans.SelectMany(static plan => plan.Errors));
    }

    [Fact]
    public void A_plan_of_many_queues_is_applied_in_steps_and_survives_a_power_cut()
    {
        using var harness = new BrokerHarness();
        (string, QueueConfig)[] queues =
        [
            .. Enumerable.Range(0, 250).Select(static n => ($"q{n}", new QueueConfig
            {
                Tags = new ValueList<Tag>([new Tag("n", $"{n % 3}")]),
            })),
        ];
        Assert.Equal(BrokerError.None, harness.Run(() => harness.Broker.ApplyPlan(Plan(harness, queues))));
        harness.CutPowerAndRestart(3);
        Result<QueuePage> page =
            harness.Run(() => harness.Broker.ListQueues("", null, 1_000, [new TagFilter("n", "1")]));
        Assert.Equal(83, page.Value.Queues.Count);
        Assert.Null(page.Value.Next);
    }

    [Fact]
    public void Topics_and_subscriptions_are_declared_behind_the_queues_that_they_name()
    {
        using var topic = new TopicFixture(BrokerHarness.Small with { MaxQueues = 2 });
        BrokerHarness harness = topic.Harness;
        var copies = new SubscriptionConfig { Target = SubscriptionTarget.Queue, Destination = "copies" };
        QueueDeclaration[] declared =
        [
            new(TopicFixture.Name("a").Address, new QueueConfig { Subscription = copies }),
            new(
                TopicFixture.Name("b").Address,
                new QueueConfig { Subscription = copies with { Destination = "lost" } }),
            new(TopicFixture.Name("c").Address, new QueueConfig { Subscription = new SubscriptionConfig() }),
            new(TopicFixture.Topic.Address, new QueueConfig { Durability = Durability.Os }),
            new(BrokerHarness.Name("copies"), new QueueConfig()),
        ];
        IReadOnlyList<QueuePlan> plans = harness.Run(() => harness.Broker.PlanQueues(declared)).Value;
        Assert.Equal(
            ["copies", "orders/", "orders/a", "orders/b", "orders/c"],
            plans.Select(static plan => plan.Declaration.Name.Value));
        Assert.Equal([BrokerError.TargetQueueNotFound], plans[3].Errors);
        Assert.Equal([BrokerError.TooManyQueues], plans[4].Errors);
        Assert.All(plans.Take(3), static plan => Assert.Empty(plan.Errors));

        declared = [.. declared.Where(static one => !one.Name.Value.EndsWith('b') && !one.Name.Value.EndsWith('c'))];
        plans = harness.Run(() => harness.Broker.PlanQueues(declared)).Value;
        Assert.Equal(BrokerError.None, harness.Run(() => harness.Broker.ApplyPlan(plans)));
        harness.CutPowerAndRestart(1);
        plans = harness.Run(() => harness.Broker.PlanQueues(declared)).Value;
        Assert.All(plans, static plan => Assert.False(plan.IsChange));
        Assert.Equal(Durability.Os, plans[2].Existing!.Durability);
    }

    private static QueueConfig DeadLettersTo(string queue) => new() { Redrive = new RedrivePolicy(queue, 5) };

    private static QueueConfig Config(BrokerHarness harness, string queue) =>
        harness.Run(() => harness.Broker.GetQueue(BrokerHarness.Name(queue))).Value.Config;

    private static IReadOnlyList<QueuePlan> Plan(
        BrokerHarness harness, params (string Name, QueueConfig Config)[] queues)
    {
        QueueDeclaration[] declared =
            [.. queues.Select(static queue => new QueueDeclaration(BrokerHarness.Name(queue.Name), queue.Config))];
        return harness.Run(() => harness.Broker.PlanQueues(declared)).Value;
    }
}
