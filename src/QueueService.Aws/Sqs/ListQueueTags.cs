using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ListQueueTags
{
    public static readonly AwsAction Action = new AwsAction<ListQueueTagsRequest, ListQueueTagsResult>(
        nameof(ListQueueTags), SqsJson.Default.ListQueueTagsRequest, SqsJson.Default.ListQueueTagsResult, Handle);

    private static async ValueTask<Reply<ListQueueTagsResult>> Handle(AwsCall call, ListQueueTagsRequest request)
    {
        Result<QueueDescription> queue = await call.Broker.GetQueue(call.Queue.Queue);
        if (!queue.Succeeded) return SqsErrors.Of(call.Host, queue.Error);
        ValueList<Tag> tags = queue.Value.Config.Tags;
        return new ListQueueTagsResult
        {
            Tags = tags.Count == 0 ? null : tags.ToDictionary(static tag => tag.Key, static tag => tag.Value),
        };
    }
}

internal sealed class ListQueueTagsRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }
}

internal sealed class ListQueueTagsResult
{
    /// <summary>Null when there are none.</summary>
    public Dictionary<string, string>? Tags { get; set; }
}
