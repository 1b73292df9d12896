using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class GetQueueAttributes
{
    public static readonly AwsAction Action = new AwsAction<GetQueueAttributesRequest, GetQueueAttributesResult>(
        nameof(GetQueueAttributes), SqsJson.Default.GetQueueAttributesRequest,
        SqsJson.Default.GetQueueAttributesResult, Handle);

    private static async ValueTask<Reply<GetQueueAttributesResult>> Handle(
        AwsCall call, GetQueueAttributesRequest request)
    {
        Result<QueueDescription> queue = await call.Broker.GetQueue(call.Queue.Queue);
        if (!queue.Succeeded) return SqsErrors.Of(call.Host, queue.Error);
        string? unknown = QueueAttributes.Select(
            call, queue.Value, request.AttributeNames ?? [], out Dictionary<string, string>? selected);
        return unknown is null
            ? new GetQueueAttributesResult { Attributes = selected }
            : SqsErrors.UnknownAttribute(unknown);
    }
}

internal sealed class GetQueueAttributesRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public List<string>? AttributeNames { get; set; }
}

internal sealed class GetQueueAttributesResult
{
    /// <summary>Left out when none was asked for.</summary>
    public Dictionary<string, string>? Attributes { get; init; }
}
