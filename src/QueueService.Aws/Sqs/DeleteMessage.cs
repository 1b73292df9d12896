using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class DeleteMessage
{
    public static readonly AwsAction Action = new AwsAction<DeleteMessageRequest, Nothing>(
        nameof(DeleteMessage), SqsJson.Default.DeleteMessageRequest, null, Handle);

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, DeleteMessageRequest request)
    {
        if (Receipts.Read(request.ReceiptHandle, out ReceiptHandle handle) is { } refused) return refused;
        Result<SettleOutcome> settled = await call.Broker.Settle(
            call.Queue.Queue, Settlement.AcknowledgeLate, [handle]);
        if (!settled.Succeeded) return SqsErrors.Of(call.Host, settled.Error);
        return Receipts.Of(call.Host, settled.Value.Errors[0], request.ReceiptHandle!) is { } error
            ? error
            : Nothing.Said;
    }
}

internal sealed class DeleteMessageRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public string? ReceiptHandle { get; set; }
}
