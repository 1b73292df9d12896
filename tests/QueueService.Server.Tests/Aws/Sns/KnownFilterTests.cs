using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Server.Tests.Aws.Sns;

public sealed class KnownFilterTests
{
    private static readonly SnsSubscription Plain = new()
    {
        Protocol = "sqs", Endpoint = SnsApi.QueuePrefix + "jobs", Origin = "http://localhost",
    };

    [Theory]
    [InlineData("""{ "a" : [1.0] }""", "MessageAttributes")]
    [InlineData("""{"a":{"b":["ü"]}}""", "MessageBody")]
    public void What_was_given_is_answered_as_it_was_as_long_as_it_holds(string policy, string scope)
    {
        SnsSubscription known = Plain with { FilterPolicy = policy, FilterPolicyScope = scope };
        string filter = KnownFilter.ToBroker(policy, scope, out _)!;
        Assert.Equal(known, KnownFilter.In(known, filter));
        Assert.Null(KnownFilter.In(known, "").FilterPolicy);
        Assert.NotEqual(policy, KnownFilter.In(known, """{"scope":"attributes","policy":{"c":["d"]}}""").FilterPolicy);
    }

    [Theory]
    [InlineData("""{"scope":"attributes","policy":{"a":["\u00FC",1.50,true]}}""", """{"a":["ü",1.50,true]}""",
        "MessageAttributes")]
    [InlineData("""{"scope":"body","policy":{"a":{"b":[{"prefix":"x"}]}}}""", """{"a":{"b":[{"prefix":"x"}]}}""",
        "MessageBody")]
    public void What_the_broker_has_is_said_in_the_words_of_SNS(string filter, string policy, string scope)
    {
        SnsSubscription known = KnownFilter.In(Plain, filter);
        Assert.Equal((policy, scope, false), (known.FilterPolicy, known.FilterPolicyScope, known.HasOtherFilter));
        Assert.Equal(known, KnownFilter.In(known, KnownFilter.ToBroker(policy, scope, out _)!));
    }

    [Theory]
    [InlineData("""{"routingKey":"a.*"}""")]
    [InlineData("""{"scope":"attributes","policy":{"a":["b"]},"routingKey":"a.*"}""")]
    public void A_routing_key_cannot_be_said(string filter)
    {
        SnsSubscription known = KnownFilter.In(Plain with { FilterPolicy = """{"a":["b"]}""" }, filter);
        Assert.Equal((null, null, true), (known.FilterPolicy, known.FilterPolicyScope, known.HasOtherFilter));
    }

    [Fact]
    public void What_earlier_versions_kept_of_the_definition_is_not_believed()
    {
        QueueConfig config = new()
        {
            Redrive = new RedrivePolicy("dead", 1_000),
            Subscription = new SubscriptionConfig { Target = SubscriptionTarget.Queue, Destination = "jobs" },
            Annotations = new ValueList<Tag>(
            [
                new Tag(SnsSubscription.Annotation, """
                    {"protocol":"sqs","endpoint":"arn:aws:sqs:us-east-1:000000000000:jobs","origin":"http://localhost",
                    "isRaw":false,"redrivePolicy":"{}","roleArn":"r"}
                    """),
            ]),
        };
        SnsSubscription known = SnsSubscription.Of(config)!;
        Assert.Equal((true, "dead", "r"), (known.IsRaw, known.DeadLetterQueue, known.RoleArn));
    }
}
