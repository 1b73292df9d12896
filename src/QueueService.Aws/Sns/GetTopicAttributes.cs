using System.Globalization;
using QueueService.Aws.Protocol;
using QueueService.Aws.Sqs;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record GetTopicAttributesRequest(string? TopicArn) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

internal sealed record AttributesResult(Dictionary<string, string> Attributes);

internal static class GetTopicAttributes
{
    private static readonly string[] Fifo =
    [
        TopicAttributes.FifoTopic, TopicAttributes.ContentBasedDeduplication, TopicAttributes.FifoThroughputScope,
    ];

    public static async ValueTask<Reply<AttributesResult>> Handle(AwsCall call, GetTopicAttributesRequest request)
    {
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Value is not { } topic) return found.Error!;
        Dictionary<string, string> attributes = [];
        foreach (string name in TopicAttributes.Kept.Concat(Fifo))
            if (TopicAttributes.Show(topic.Config, name) is { } value) attributes[name] = value;
        attributes["TopicArn"] = topic.Arn;
        attributes["Owner"] = call.Options.AccountId;
        attributes.TryAdd(TopicAttributes.Policy, DefaultPolicy(topic.Arn, call.Options.AccountId));
        string? delivery = Annotations.Find(topic.Config, TopicAttributes.DeliveryPolicy);
        DeliveryPolicy own = delivery is null
            ? DeliveryPolicy.None
            : DeliveryPolicyReader.Read(delivery, ofTopic: true, out _) ?? DeliveryPolicy.None;
        attributes["EffectiveDeliveryPolicy"] = DeliveryPolicyWriter.OfTopic(own);
        if (attributes.ContainsKey(TopicAttributes.ArchivePolicy))
            attributes["BeginningArchiveTime"] =
                PublishedMessage.TimeOf(BeginningOf(topic, call.Host.Time.GetUtcNow()));
        return await Count(call, topic.Name, attributes) is { } error ? error : new AttributesResult(attributes);
    }

    /// <summary>What a topic allows that has no policy of its own: its owner, everything.</summary>
    public static string DefaultPolicy(string arn, string account) =>
        $$$"""
        {"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",
        "Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",
        "SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],
        "Resource":"{{{arn}}}","Condition":{"StringEquals":{"AWS:SourceOwner":"{{{account}}}" } } } ] }
        """.Replace("\n", "", StringComparison.Ordinal);

    private static long BeginningOf(FoundTopic topic, DateTimeOffset now) => Math.Max(
        topic.Description.CreatedAt, (now - TimeSpan.FromSeconds(topic.Config.RetentionSeconds))
            .ToUnixTimeMilliseconds());

    private static async ValueTask<AwsError?> Count(
        AwsCall call, TopicName topic, Dictionary<string, string> attributes)
    {
        Dictionary<SubscriptionState, int> counts = [];
        await foreach (Result<QueueDescription> one in SubscriptionList.All(call.Broker, topic))
        {
            if (!one.Succeeded) return SnsErrors.Of(one.Error);
            if (SubscriptionList.StateOf(one.Value.Config, call.Host.Time) is { } state)
                counts[state] = counts.GetValueOrDefault(state) + 1;
        }

        foreach (SubscriptionState state in Enum.GetValues<SubscriptionState>())
            attributes["Subscriptions" + state] =
                counts.GetValueOrDefault(state).ToString(CultureInfo.InvariantCulture);
        return null;
    }
}
