using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Tests.Queues;

public sealed class AnnotationTests : IDisposable
{
    private static readonly ValueList<Tag> Policy = new([new Tag("Policy", "{\"ä\":1}"), new Tag("Kms", "")]);

    private readonly BrokerHarness _harness = new();

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void Annotations_survive_restarts_and_a_definition_that_does_not_know_them()
    {
        string created = _harness.CreateQueue(config: new QueueConfig { Annotations = Policy }).Queue.ETag;
        QueueDescription replaced = _harness.CreateQueue(config: new QueueConfig { DelaySeconds = 5 }).Queue;
        Assert.Equal(Policy, replaced.Config.Annotations);
        Assert.NotEqual(created, replaced.ETag);
        _harness.KillAndRestart();
        Assert.Equal(Policy, Get().Config.Annotations);
        _harness.CloseAndRestart();
        Assert.Equal(Policy, Get().Config.Annotations);
        Assert.Equal(5, Get().Config.DelaySeconds);
    }

    [Fact]
    public void A_change_of_annotations_is_a_change_of_the_definition()
    {
        string created = _harness.CreateQueue().Queue.ETag;
        Result<QueueChange> changed = Annotate(Policy);
        Assert.True(changed.Value.Changed);
        Assert.NotEqual(created, changed.Value.Queue.ETag);
        Assert.False(Annotate(new ValueList<Tag>(Policy)).Value.Changed);
        Assert.Empty(Annotate(ValueList<Tag>.Empty).Value.Queue.Config.Annotations);
    }

    [Fact]
    public void Declared_queues_and_subscriptions_keep_their_annotations()
    {
        _harness.CreateQueue(config: new QueueConfig { Annotations = Policy });
        var declaration = new QueueDeclaration(BrokerHarness.Name(), new QueueConfig { DelaySeconds = 1 });
        IReadOnlyList<QueuePlan> plans = _harness.Run(() => _harness.Broker.PlanQueues([declaration])).Value;
        Assert.Equal(Policy, Assert.Single(plans).Declaration.Config.Annotations);
        Assert.Equal(BrokerError.None, _harness.Run(() => _harness.Broker.ApplyPlan(plans)));
        Assert.Equal((1, Policy), (Get().Config.DelaySeconds, Get().Config.Annotations));

        Assert.True(TopicName.TryParse("news", out TopicName topic));
        Assert.True(SubscriptionName.TryParse(topic, "all", out SubscriptionName name));
        _harness.Run(() => _harness.Broker.PutTopic(topic, new QueueConfig(), Precondition.None));
        var config = new QueueConfig { Subscription = new SubscriptionConfig() };
        Subscribe(name, config with { Annotations = Policy });
        Assert.Equal(Policy, Subscribe(name, config with { VisibilityTimeoutSeconds = 9 }).Config.Annotations);
    }

    [Fact]
    public void Annotations_of_256_KiB_are_taken_and_one_byte_more_is_refused()
    {
        string key = new('k', 1_000);
        string value = new('é', (QueueConfigLimits.MaxAnnotationBytes - 1_000) / 2);
        _harness.CreateQueue();
        Assert.True(Annotate(new ValueList<Tag>([new Tag(key, value)])).Succeeded);
        Assert.Equal(
            BrokerError.AnnotationsTooLarge,
            Annotate(new ValueList<Tag>([new Tag(key, value), new Tag("a", "")])).Error);
        Assert.Equal(
            BrokerError.AnnotationsTooLarge,
            _harness.Run(() => _harness.Broker.PutQueue(
                BrokerHarness.Name("other"),
                new QueueConfig { Annotations = new ValueList<Tag>([new Tag(key + "k", value)]) },
                Precondition.None)).Error);
        _harness.KillAndRestart();
        Assert.Equal(value, Assert.Single(Get().Config.Annotations).Value);
    }

    private QueueDescription Get() => _harness.Run(() => _harness.Broker.GetQueue(BrokerHarness.Name())).Value;

    private Result<QueueChange> Annotate(ValueList<Tag> annotations) => _harness.Run(() => _harness.Broker.PatchQueue(
        BrokerHarness.Name(), config => config with { Annotations = annotations }, Precondition.None));

    private QueueDescription Subscribe(SubscriptionName name, QueueConfig config)
    {
        Result<QueueChange> result = _harness.Run(() =>
            _harness.Broker.PutSubscription(new SubscriptionRequest(name, config, Precondition.None)));
        Assert.Equal(BrokerError.None, result.Error);
        return result.Value.Queue;
    }
}
