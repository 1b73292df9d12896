using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record DeleteTopicRequest(string? TopicArn) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

/// <summary>Deletes a topic with its subscriptions; one that is not there is no mistake.</summary>
internal static class DeleteTopic
{
    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, DeleteTopicRequest request)
    {
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Error == SnsErrors.NoTopic) return Nothing.Said;
        if (found.Value is not { } topic) return found.Error!;
        if (TopicAttributes.ArchivePolicyOf(topic.Config) is not null)
        {
            return SnsErrors.InvalidState.With(
                "Invalid state: Cannot delete topic with an ArchivePolicy. Remove the ArchivePolicy first.");
        }

        BrokerError error = await call.Broker.DeleteTopic(topic.Name, Precondition.None);
        return error is BrokerError.None or BrokerError.TopicNotFound ? Nothing.Said : SnsErrors.Of(error);
    }
}
