using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record SetTopicAttributesRequest(string? TopicArn, string? AttributeName, string? AttributeValue)
    : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

internal static class SetTopicAttributes
{
    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, SetTopicAttributesRequest request)
    {
        if (request.AttributeName is not { } name) return SnsErrors.Missing(nameof(request.AttributeName));
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Value is not { } topic) return found.Error!;
        if (name == TopicAttributes.FifoTopic) return SnsErrors.Invalid("AttributeName", "FifoTopic cannot be changed");
        string value = request.AttributeValue ?? "";
        if (TopicAttributes.Read(name, value, topic.IsFifo, out string? refusal) is not { } change)
        {
            return refusal!.StartsWith("Unknown", StringComparison.Ordinal)
                ? SnsErrors.Invalid("AttributeName")
                : SnsErrors.Invalid(refusal);
        }

        Result<QueueChange> changed = await call.Broker.PatchTopic(topic.Name, change, Precondition.None);
        return changed.Succeeded ? Nothing.Said : SnsErrors.Of(changed.Error);
    }
}
