using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>A topic that exists.</summary>
/// <param name="Arn">As AWS calls it.</param>
internal sealed record FoundTopic(TopicName Name, QueueDescription Description, string Arn)
{
    public QueueConfig Config => Description.Config;

    public bool IsFifo => Config.Type == QueueType.Fifo;
}

/// <summary>A subscription that exists, and its topic.</summary>
internal sealed record FoundSubscription(
    FoundTopic Topic, SubscriptionName Name, QueueDescription Description, string Arn)
{
    public QueueConfig Config => Description.Config;

    /// <summary>Null when it was made over `/v1`.</summary>
    public SnsSubscription? Sns => SnsSubscription.Of(Config);
}

/// <summary>A request about a topic.</summary>
internal interface ITopicRequest
{
    /// <summary>As given; null when it is missing. Of a request about a subscription that one's, with its
    /// name.</summary>
    string? ResourceArn { get; }

    /// <summary>Whoever follows a link that SNS has sent makes it, without a signature.</summary>
    bool IsForLinks => false;

    /// <summary>Of a request to subscribe, as its next one.</summary>
    string? Protocol => null;

    string? Endpoint => null;
}

/// <summary>Finds what an ARN names.</summary>
internal static class TopicLookup
{
    public static async ValueTask<Reply<FoundTopic>> Topic(AwsCall call, string? arn, string parameter = "TopicArn")
    {
        if (string.IsNullOrEmpty(arn)) return SnsErrors.Missing(parameter);
        if (SnsArn.RefuseShort(arn) is { } tooShort) return SnsErrors.Invalid(parameter, tooShort);
        if (SnsArn.TopicOf(arn, call.Options.Region, call.Options.AccountId) is not { } name)
            return arn.StartsWith("arn:aws:sns:", StringComparison.Ordinal)
                ? SnsErrors.NoTopic
                : SnsErrors.Invalid(parameter);
        return await ByName(call, name);
    }

    /// <summary>The address of the topic that an ARN, also one of a subscription, is about. Looks at definitions that
    /// may be a moment younger than the last commit: only to choose a name.</summary>
    public static bool TryResolve(AwsHost host, string arn, out QueueName topic)
    {
        AwsOptions options = host.Options;
        string? name = SnsArn.TopicOf(arn, options.Region, options.AccountId)
            ?? SnsArn.SubscriptionOf(arn, options.Region, options.AccountId)?.Topic;
        topic = default;
        if (!TopicName.TryParse(name, out TopicName known)) return false;
        topic = known.Address;
        if (host.Broker.Peek(topic) is null && name!.EndsWith(SnsNaming.FifoSuffix, StringComparison.Ordinal) &&
            TopicName.TryParse(name[..^SnsNaming.FifoSuffix.Length], out TopicName plain))
            topic = plain.Address;
        return true;
    }

    /// <summary>By the name that AWS knows: a FIFO topic of `/v1` may have no `.fifo` at its end.</summary>
    public static async ValueTask<Reply<FoundTopic>> ByName(AwsCall call, string name)
    {
        if (!TopicName.TryParse(name, out TopicName topic)) return SnsErrors.NoTopic;
        Result<QueueDescription> found = await call.Broker.GetTopic(topic);
        bool hasSuffix = name.EndsWith(SnsNaming.FifoSuffix, StringComparison.Ordinal);
        if (found.Error == BrokerError.TopicNotFound && hasSuffix &&
            TopicName.TryParse(name[..^SnsNaming.FifoSuffix.Length], out TopicName plain))
        {
            found = await call.Broker.GetTopic(plain);
            topic = plain;
        }

        if (!found.Succeeded) return SnsErrors.Of(found.Error);
        QueueType type = found.Value.Config.Type;

        // A FIFO topic is known by its name with the suffix only, and so is nothing else.
        return SnsNaming.NameOf(topic.Value, type) == name
            ? new FoundTopic(topic, found.Value, call.Host.Sns.Naming.ArnOf(topic, found.Value.Config))
            : SnsErrors.NoTopic;
    }

    public static async ValueTask<Reply<FoundSubscription>> Subscription(AwsCall call, string? arn)
    {
        const string Parameter = "SubscriptionArn";
        if (string.IsNullOrEmpty(arn)) return SnsErrors.Missing(Parameter);
        if (SnsArn.RefuseShort(arn) is { } tooShort) return SnsErrors.Invalid(Parameter, tooShort);
        if (SnsArn.SubscriptionOf(arn, call.Options.Region, call.Options.AccountId) is not var (topic, name))
            return SnsErrors.Invalid(Parameter);
        Reply<FoundTopic> found = await ByName(call, topic);
        if (found.Value is not { } known)
            return found.Error == SnsErrors.NoTopic ? SnsErrors.NoSubscription : found.Error!;
        if (!SubscriptionName.TryParse(known.Name, name, out SubscriptionName subscription))
            return SnsErrors.NoSubscription;
        return await ByName(call, known, subscription);
    }

    public static async ValueTask<Reply<FoundSubscription>> ByName(
        AwsCall call, FoundTopic topic, SubscriptionName name)
    {
        Result<QueueDescription> found = await call.Broker.GetSubscription(name);
        if (!found.Succeeded) return SnsErrors.Of(found.Error);
        return new FoundSubscription(topic, name, found.Value, call.Host.Sns.Naming.ArnOf(name, topic.Config));
    }
}
