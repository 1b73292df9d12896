using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record PublishRequest(
    string? TopicArn, string? TargetArn, string? PhoneNumber, string? Message, string? Subject,
    string? MessageStructure,
    Dictionary<string, SnsAttributeValue>? MessageAttributes, string? MessageDeduplicationId, string? MessageGroupId)
    : ITopicRequest, IPublishedContent
{
    string? ITopicRequest.ResourceArn => TopicArn ?? TargetArn;
}

internal sealed record PublishResult(string MessageId, string? SequenceNumber);

/// <summary>Publishes one message.</summary>
internal static class Publish
{
    public static async ValueTask<Reply<PublishResult>> Handle(AwsCall call, PublishRequest request)
    {
        if (request.PhoneNumber is not null)
            return SnsErrors.Invalid("PhoneNumber", "this server sends no SMS");
        if ((request.TopicArn ?? request.TargetArn) is not { } arn)
            return SnsErrors.Invalid("TopicArn or TargetArn", "no value for required parameter");
        string parameter = request.TopicArn is null ? "TargetArn" : "TopicArn";
        Reply<FoundTopic> found = await TopicLookup.Topic(call, arn, parameter);
        if (found.Value is not { } topic) return found.Error!;
        Reply<PublishContent> read = PublishContent.Read(request, topic, call.Caller.UserId);
        if (read.Value is not { } content) return read.Error!;
        if (content.Bytes > SnsLimits.MessageBytes) return SnsErrors.Invalid("Message too long");
        var batch = MessageBatch.Rent();
        batch.Add(content.Headers, content.Body);
        Result<SendOutcome> sent = await call.Broker.Publish(topic.Name, batch);
        return sent.Succeeded ? Answer(sent.Value, 0, topic.IsFifo) : SnsErrors.Of(sent.Error);
    }

    /// <summary>Of the n-th accepted message.</summary>
    public static PublishResult Answer(in SendOutcome sent, int n, bool isFifo)
    {
        MessageId id = sent.IdAt(n);
        return new PublishResult(id.ToString(), isFifo ? PublishedMessage.SequenceOf(id.SequenceNumber) : null);
    }
}
