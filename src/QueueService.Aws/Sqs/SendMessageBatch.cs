using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class SendMessageBatch
{
    public static readonly AwsAction Action =
        new AwsAction<SendMessageBatchRequest, BatchResult<SendMessageBatchResultEntry>>(
            nameof(SendMessageBatch), SqsJson.Default.SendMessageBatchRequest,
            SqsJson.Default.BatchResultSendMessageBatchResultEntry, Handle);

    private static async ValueTask<Reply<BatchResult<SendMessageBatchResultEntry>>> Handle(
        AwsCall call, SendMessageBatchRequest request)
    {
        QueueConfig? config = call.Broker.Peek(call.Queue.Queue);
        if (Check(call, request, config) is { } refused) return refused;
        AwsError?[] errors = new AwsError?[request.Entries!.Count];
        MessageBatch batch = MessageBatch.Rent();
        batch.Partial = true;
        long total = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = new OutgoingMessage(call, request.Entries[i]).Add(config, batch, out int bytes);
            total += bytes;
        }

        if (total > AwsLimits.MessageBytes || batch.Count == 0)
        {
            batch.Dispose();
            return total > AwsLimits.MessageBytes ? TooLong(total) : Tell(call, request, errors, default);
        }

        Result<SendOutcome> sent = await call.Broker.Send(call.Queue.Queue, batch);
        return sent.Succeeded ? Tell(call, request, errors, sent.Value) : SqsErrors.Of(call.Host, sent.Error);
    }

    private static AwsError? Check(AwsCall call, SendMessageBatchRequest request, QueueConfig? config)
    {
        if (Batches.Check(request.Entries, "SendMessageBatchRequestEntry") is { } refused) return refused;
        foreach (SendMessageBatchEntry entry in request.Entries!)
            if (new OutgoingMessage(call, entry).CheckIds(config, inBatch: true) is { } wrong) return wrong;
        return null;
    }

    private static AwsError TooLong(long total) => SqsErrors.BatchRequestTooLong.With(
        $"Batch requests cannot be longer than {AwsLimits.MessageBytes} bytes. You have sent {total} bytes.");

    private static BatchResult<SendMessageBatchResultEntry> Tell(
        AwsCall call, SendMessageBatchRequest request, AwsError?[] errors, SendOutcome outcome)
    {
        BatchResult<SendMessageBatchResultEntry> result = new();
        int sent = 0;
        int accepted = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            SendMessageBatchEntry entry = request.Entries![i];
            AwsError? error = errors[i];
            if (error is null && outcome.Errors?[sent++] is { } late and not BrokerError.None)
                error = late == BrokerError.MessageTooLarge
                    ? SqsErrors.TooLong(SendMessage.LimitOf(call))
                    : SqsErrors.Of(call.Host, late);
            if (error is null) result.Successful.Add(Tell(call, entry, outcome.IdAt(accepted++)));
            else result.Fail(entry.Id!, error);
        }

        return result;
    }

    private static SendMessageBatchResultEntry Tell(AwsCall call, SendMessageBatchEntry entry, MessageId id) => new()
    {
        Id = entry.Id!,
        MessageId = id.ToString(),
        MD5OfMessageBody = MessageDigest.OfBody(entry.MessageBody!.Value.Span),
        MD5OfMessageAttributes = MessageDigest.OfAttributes(entry.MessageAttributes),
        MD5OfMessageSystemAttributes = MessageDigest.OfAttributes(entry.MessageSystemAttributes),
        SequenceNumber = call.Queue.IsFifo ? SendMessage.SequenceOf(id.SequenceNumber) : null,
    };
}

internal sealed class SendMessageBatchRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public List<SendMessageBatchEntry>? Entries { get; set; }
}

internal sealed class SendMessageBatchEntry : MessageFields, IBatchEntry
{
    public string? Id { get; set; }
}

internal sealed class SendMessageBatchResultEntry
{
    public string Id { get; init; } = "";

    public string MessageId { get; init; } = "";

    public string MD5OfMessageBody { get; init; } = "";

    public string? MD5OfMessageAttributes { get; init; }

    public string? MD5OfMessageSystemAttributes { get; init; }

    public string? SequenceNumber { get; init; }
}
