using QueueService.Aws.Protocol;
using QueueService.Aws.Sqs;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record CreateTopicRequest(
    string? Name, Dictionary<string, string>? Attributes, List<SnsTag>? Tags, string? DataProtectionPolicy);

internal sealed record CreateTopicResult(string TopicArn);

/// <summary>Creates a topic, or answers the one that has the name, if it has these attributes and tags.</summary>
internal static class CreateTopic
{
    public static async ValueTask<Reply<CreateTopicResult>> Handle(AwsCall call, CreateTopicRequest request)
    {
        if (request.Name is null) return SnsErrors.Missing(nameof(request.Name));
        Dictionary<string, string> attributes = request.Attributes ?? [];
        bool isFifo = TopicAttributes.IsTrue(attributes.GetValueOrDefault(TopicAttributes.FifoTopic, ""));
        if (RefuseName(request.Name, isFifo) is { } wrongName) return wrongName;
        if (Configure(attributes, isFifo, out QueueConfig config) is { } wrongAttribute) return wrongAttribute;
        if (SnsTags.Refuse(request.Tags ?? []) is { } wrongTags) return wrongTags;
        config = config with { Tags = SnsTags.Merge(config.Tags, request.Tags ?? []) };
        if (request.DataProtectionPolicy is { } policy)
        {
            if (PutDataProtectionPolicy.Refuse(policy) is { } wrongPolicy) return wrongPolicy;
            config = Annotations.With(config, TopicAttributes.DataProtectionPolicy, policy);
        }

        Reply<FoundTopic> existing = await TopicLookup.ByName(call, request.Name);
        if (existing.Value is { } topic) return Compare(topic, request);
        if (!TopicName.TryParse(request.Name, out TopicName name)) return SnsErrors.Invalid("Topic Name");
        Result<QueueChange> made =
            await call.Broker.PutTopic(name, config, new Precondition(null, MustNotExist: true));
        if (made.Succeeded) return new CreateTopicResult(call.Host.Sns.Naming.ArnOf(name, config));
        if (made.Error == BrokerError.TooManyQueues)
            return SnsErrors.TopicLimitExceeded.With("The service has as many topics as it may.");
        if (made.Error != BrokerError.PreconditionFailed) return SnsErrors.Of(made.Error);

        // Somebody has made it meanwhile.
        existing = await TopicLookup.ByName(call, request.Name);
        return existing.Value is { } other ? Compare(other, request) : existing.Error!;
    }

    private static AwsError? RefuseName(string name, bool isFifo)
    {
        bool hasSuffix = name.EndsWith(SnsNaming.FifoSuffix, StringComparison.Ordinal);
        string stem = hasSuffix && isFifo ? name[..^SnsNaming.FifoSuffix.Length] : name;
        bool isName = stem.Length > 0 && stem.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        if (isFifo && (!hasSuffix || !isName))
        {
            return SnsErrors.Invalid(
                "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII " +
                "letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.");
        }

        if (!isName) return SnsErrors.Invalid("Topic Name");
        return name.Length <= SnsLimits.TopicNameCharacters
            ? null
            : SnsErrors.Invalid("Topic Name", $"this server takes at most {SnsLimits.TopicNameCharacters} characters");
    }

    private static AwsError? Configure(Dictionary<string, string> attributes, bool isFifo, out QueueConfig config)
    {
        config = new QueueConfig { Type = isFifo ? QueueType.Fifo : QueueType.Standard };
        foreach ((string name, string value) in attributes)
        {
            if (TopicAttributes.Read(name, value, isFifo, out string? refusal) is not { } change)
                return SnsErrors.Invalid("Attributes", refusal!);
            config = change(config);
        }

        return null;
    }

    /// <summary>An attribute that is not named does not differ, and neither does one that would change
    /// nothing.</summary>
    private static Reply<CreateTopicResult> Compare(FoundTopic topic, CreateTopicRequest request)
    {
        foreach ((string name, string value) in request.Attributes ?? [])
        {
            bool isSame = name == TopicAttributes.FifoTopic
                ? TopicAttributes.IsTrue(value) == topic.IsFifo
                : TopicAttributes.Read(name, value, topic.IsFifo, out _) is { } change &&
                    TopicAttributes.Show(change(topic.Config), name) == TopicAttributes.Show(topic.Config, name);
            if (!isSame) return SnsErrors.Invalid("Attributes", "Topic already exists with different attributes");
        }

        return request.Tags is { } tags && !topic.Config.Tags.Equals(SnsTags.Merge(ValueList<Tag>.Empty, tags))
            ? SnsErrors.Invalid("Tags", "Topic already exists with different tags")
            : new CreateTopicResult(topic.Arn);
    }
}
