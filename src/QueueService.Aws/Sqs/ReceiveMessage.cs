using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ReceiveMessage
{
    public static readonly AwsAction Action = new AwsAction<ReceiveMessageRequest, ReceiveMessageResult>(
        nameof(ReceiveMessage), SqsJson.Default.ReceiveMessageRequest, SqsJson.Default.ReceiveMessageResult, Handle);

    /// <summary>What was asked is brought into a form of bounded size first: a thousand of them may be
    /// waiting.</summary>
    private static ValueTask<Reply<ReceiveMessageResult>> Handle(AwsCall call, ReceiveMessageRequest request)
    {
        AskedAttributes asked = new(request);
        AwsError? refused = Check(call, request) ?? asked.Error;
        return refused is null
            ? Receive(call, ToBroker(request), asked)
            : ValueTask.FromResult<Reply<ReceiveMessageResult>>(refused);
    }

    private static async ValueTask<Reply<ReceiveMessageResult>> Receive(
        AwsCall call, ReceiveRequest request, AskedAttributes asked)
    {
        QueueConfig? config = call.Broker.Peek(call.Queue.Queue);

        // Only a receive that may wait has something to cancel.
        bool waits = request.WaitMilliseconds is { } wait ? wait > 0 : config?.ReceiveWaitSeconds > 0;
        CancellationToken gone = waits ? call.Http.RequestAborted : CancellationToken.None;
        Result<ReceivedMessages> result = await call.Broker.Receive(call.Queue.Queue, request, gone);
        if (!result.Succeeded) return SqsErrors.Of(call.Host, result.Error);
        using ReceivedMessages messages = result.Value;
        if (waits && gone.IsCancellationRequested)
        {
            await Release(call, messages);
            return new ReceiveMessageResult();
        }

        ReceiveMessageResult answer = new() { Messages = IncomingMessage.ReadAll(call, messages, config, asked) };
        await call.Host.ReportDamage(messages);
        return answer;
    }

    private static AwsError? Check(AwsCall call, ReceiveMessageRequest request)
    {
        if (request.ReceiveRequestAttemptId is { } attempt)
        {
            if (!call.Queue.IsFifo)
            {
                return ProtocolErrors.Invalid(
                    "ReceiveRequestAttemptId", attempt,
                    "The request include parameter that is not valid for this queue type");
            }

            if (!MessageText.IsId(attempt))
            {
                return ProtocolErrors.Invalid(
                    "ReceiveRequestAttemptId", attempt,
                    "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in " +
                    "length.");
            }
        }

        return ProtocolErrors.CheckRange(
                "MaxNumberOfMessages", request.MaxNumberOfMessages, 1, AwsLimits.ReceivedMessages,
                $"Must be between 1 and {AwsLimits.ReceivedMessages}, if provided.")
            ?? ProtocolErrors.CheckRange(
                "WaitTimeSeconds", request.WaitTimeSeconds, 0, AwsLimits.MaxWaitSeconds,
                $"Must be >= 0 and <= {AwsLimits.MaxWaitSeconds}, if provided.")
            ?? ProtocolErrors.CheckRange(
                "VisibilityTimeout", request.VisibilityTimeout, 0, AwsLimits.MaxVisibilitySeconds,
                $"Must be >= 0 and <= {AwsLimits.MaxVisibilitySeconds}, if provided.");
    }

    private static ReceiveRequest ToBroker(ReceiveMessageRequest request) => new()
    {
        Max = request.MaxNumberOfMessages ?? 1,
        WaitMilliseconds = request.WaitTimeSeconds * 1_000,
        VisibilityMilliseconds = request.VisibilityTimeout * 1_000L,
        AttemptId = request.ReceiveRequestAttemptId,
        MaxLeased = AwsLimits.InFlight,
        MovesDeadLetters = true,
        RepeatsWholeOnly = true,
    };

    /// <summary>Nobody got these messages: they go back at once instead of waiting for their timeout.</summary>
    private static async ValueTask Release(AwsCall call, ReceivedMessages messages)
    {
        List<ReceiptHandle> handles = new(messages.Count);
        for (int i = 0; i < messages.Count; i++)
            if (messages.TryRead(i, out MessageView message)) handles.Add(message.Receipt);

        // Whatever the outcome, the timeout remains as the second way back.
        if (handles.Count > 0) await call.Broker.Settle(call.Queue.Queue, Settlement.Release, handles);
    }
}

internal sealed class ReceiveMessageRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    /// <summary>The older name of <see cref="MessageSystemAttributeNames"/>; both count.</summary>
    public List<string>? AttributeNames { get; set; }

    public List<string>? MessageSystemAttributeNames { get; set; }

    public List<string>? MessageAttributeNames { get; set; }

    public int? MaxNumberOfMessages { get; set; }

    public int? VisibilityTimeout { get; set; }

    public int? WaitTimeSeconds { get; set; }

    public string? ReceiveRequestAttemptId { get; set; }
}

internal sealed class ReceiveMessageResult
{
    /// <summary>Left out when there are none.</summary>
    public List<ReceivedMessage>? Messages { get; init; }
}

/// <summary>AWS's shape `Message`.</summary>
internal sealed class ReceivedMessage
{
    public string MessageId { get; init; } = "";

    public string ReceiptHandle { get; init; } = "";

    public string MD5OfBody { get; init; } = "";

    public Utf8Text Body { get; init; }

    public Dictionary<string, string>? Attributes { get; init; }

    public string? MD5OfMessageAttributes { get; init; }

    public Dictionary<string, MessageAttributeValue>? MessageAttributes { get; init; }
}
