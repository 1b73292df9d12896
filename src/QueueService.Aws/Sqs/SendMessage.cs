using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class SendMessage
{
    public static readonly AwsAction Action = new AwsAction<SendMessageRequest, SendMessageResult>(
        nameof(SendMessage), SqsJson.Default.SendMessageRequest, SqsJson.Default.SendMessageResult, Handle);

    private static async ValueTask<Reply<SendMessageResult>> Handle(AwsCall call, SendMessageRequest request)
    {
        QueueConfig? config = call.Broker.Peek(call.Queue.Queue);
        OutgoingMessage message = new(call, request);
        MessageBatch batch = MessageBatch.Rent();
        AwsError? refused = message.CheckIds(config, inBatch: false) ?? message.Add(config, batch, out _);
        if (refused is not null)
        {
            batch.Dispose();
            return refused;
        }

        SendMessageResult result = new()
        {
            MD5OfMessageBody = MessageDigest.OfBody(request.MessageBody!.Value.Span),
            MD5OfMessageAttributes = MessageDigest.OfAttributes(request.MessageAttributes),
            MD5OfMessageSystemAttributes = MessageDigest.OfAttributes(request.MessageSystemAttributes),
        };
        Result<SendOutcome> sent = await call.Broker.Send(call.Queue.Queue, batch);
        if (sent.Error == BrokerError.MessageTooLarge) return SqsErrors.TooLong(LimitOf(call));
        if (!sent.Succeeded) return SqsErrors.Of(call.Host, sent.Error);
        MessageId id = sent.Value.IdAt(0);
        result.MessageId = id.ToString();
        if (call.Queue.IsFifo) result.SequenceNumber = SequenceOf(id.SequenceNumber);
        return result;
    }

    /// <summary>As many digits as AWS writes.</summary>
    public static string SequenceOf(long number) => number.ToString("D20", null);

    /// <summary>Of the queue, for the sentence about it.</summary>
    public static int LimitOf(AwsCall call) => Math.Min(
        call.Broker.Peek(call.Queue.Queue)?.MaxMessageBytes ?? AwsLimits.MessageBytes, AwsLimits.MessageBytes);
}

internal sealed class SendMessageRequest : MessageFields, IQueueRequest
{
    public string? QueueUrl { get; set; }
}

internal sealed class SendMessageResult
{
    public string MD5OfMessageBody { get; set; } = "";

    public string? MD5OfMessageAttributes { get; set; }

    public string? MD5OfMessageSystemAttributes { get; set; }

    public string MessageId { get; set; } = "";

    /// <summary>FIFO only.</summary>
    public string? SequenceNumber { get; set; }
}
