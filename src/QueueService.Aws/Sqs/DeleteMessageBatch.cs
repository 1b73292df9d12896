using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class DeleteMessageBatch
{
    public static readonly AwsAction Action = new AwsAction<DeleteMessageBatchRequest, BatchResult<BatchResultEntry>>(
        nameof(DeleteMessageBatch), SqsJson.Default.DeleteMessageBatchRequest,
        SqsJson.Default.BatchResultBatchResultEntry, Handle);

    private static async ValueTask<Reply<BatchResult<BatchResultEntry>>> Handle(
        AwsCall call, DeleteMessageBatchRequest request)
    {
        if (Batches.Check(request.Entries, "DeleteMessageBatchRequestEntry") is { } refused) return refused;
        ReceiptBatch batch = new(call);
        foreach (DeleteMessageBatchEntry entry in request.Entries!)
            batch.Add(
                entry.Id!, entry.ReceiptHandle, Receipts.Read(entry.ReceiptHandle, out ReceiptHandle handle), handle);
        return await batch.Settle(Settlement.AcknowledgeLate);
    }
}

internal sealed class DeleteMessageBatchRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public List<DeleteMessageBatchEntry>? Entries { get; set; }
}

internal sealed class DeleteMessageBatchEntry : IBatchEntry
{
    public string? Id { get; set; }

    public string? ReceiptHandle { get; set; }
}
