using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ChangeMessageVisibility
{
    public static readonly AwsAction Action = new AwsAction<ChangeMessageVisibilityRequest, Nothing>(
        nameof(ChangeMessageVisibility), SqsJson.Default.ChangeMessageVisibilityRequest, null, Handle);

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, ChangeMessageVisibilityRequest request)
    {
        if (Receipts.CheckVisibility(request.VisibilityTimeout) is { } badTimeout) return badTimeout;
        if (Receipts.Read(request.ReceiptHandle, out ReceiptHandle handle) is { } refused) return refused;
        Result<SettleOutcome> settled = await call.Broker.Settle(
            call.Queue.Queue, Settlement.ExtendWithin12Hours, [handle], request.VisibilityTimeout * 1_000L);
        if (!settled.Succeeded) return SqsErrors.Of(call.Host, settled.Error);
        return Receipts.Of(call.Host, settled.Value.Errors[0], request.ReceiptHandle!) is { } error
            ? error
            : Nothing.Said;
    }
}

internal sealed class ChangeMessageVisibilityRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public string? ReceiptHandle { get; set; }

    public int? VisibilityTimeout { get; set; }
}
