using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ChangeMessageVisibilityBatch
{
    public static readonly AwsAction Action =
        new AwsAction<ChangeMessageVisibilityBatchRequest, BatchResult<BatchResultEntry>>(
            nameof(ChangeMessageVisibilityBatch), SqsJson.Default.ChangeMessageVisibilityBatchRequest,
            SqsJson.Default.BatchResultBatchResultEntry, Handle);

    private static async ValueTask<Reply<BatchResult<BatchResultEntry>>> Handle(
        AwsCall call, ChangeMessageVisibilityBatchRequest request)
    {
        if (Batches.Check(request.Entries, "ChangeMessageVisibilityBatchRequestEntry") is { } refused) return refused;
        ReceiptBatch batch = new(call);
        foreach (ChangeMessageVisibilityBatchEntry entry in request.Entries!)
        {
            AwsError? wrong = Receipts.Read(entry.ReceiptHandle, out ReceiptHandle handle)
                ?? Receipts.CheckVisibility(entry.VisibilityTimeout);
            batch.Add(entry.Id!, entry.ReceiptHandle, wrong, handle, entry.VisibilityTimeout);
        }

        return await batch.Settle(Settlement.ExtendWithin12Hours);
    }
}

internal sealed class ChangeMessageVisibilityBatchRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public List<ChangeMessageVisibilityBatchEntry>? Entries { get; set; }
}

internal sealed class ChangeMessageVisibilityBatchEntry : IBatchEntry
{
    public string? Id { get; set; }

    public string? ReceiptHandle { get; set; }

    public int? VisibilityTimeout { get; set; }
}
