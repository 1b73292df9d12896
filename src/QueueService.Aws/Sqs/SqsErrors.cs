using QueueService.Aws.Protocol;
using QueueService.Broker;

namespace QueueService.Aws.Sqs;

/// <summary>The errors of SQS's model, and what becomes of the broker's.</summary>
internal static class SqsErrors
{
    private const string Prefix = "AWS.SimpleQueueService.";

    public static readonly ErrorKind QueueDoesNotExist =
        new(nameof(QueueDoesNotExist), Prefix + "NonExistentQueue", 400);

    public static readonly ErrorKind QueueNameExists = new(nameof(QueueNameExists), "QueueAlreadyExists", 400);
    public static readonly ErrorKind QueueDeletedRecently = Prefixed(nameof(QueueDeletedRecently));
    public static readonly ErrorKind PurgeQueueInProgress = Prefixed(nameof(PurgeQueueInProgress), 403);
    public static readonly ErrorKind OverLimit = Plain(nameof(OverLimit), 403);
    public static readonly ErrorKind RequestThrottled = Plain(nameof(RequestThrottled), 403);
    public static readonly ErrorKind ReceiptHandleIsInvalid = Plain(nameof(ReceiptHandleIsInvalid), 404);
    public static readonly ErrorKind InvalidAddress = Plain(nameof(InvalidAddress), 404);
    public static readonly ErrorKind ResourceNotFound = Plain("ResourceNotFoundException", 404);
    public static readonly ErrorKind MessageNotInflight = Prefixed(nameof(MessageNotInflight));
    public static readonly ErrorKind UnsupportedOperation = Prefixed(nameof(UnsupportedOperation));
    public static readonly ErrorKind TooManyEntriesInBatchRequest = Prefixed(nameof(TooManyEntriesInBatchRequest));
    public static readonly ErrorKind EmptyBatchRequest = Prefixed(nameof(EmptyBatchRequest));
    public static readonly ErrorKind BatchEntryIdsNotDistinct = Prefixed(nameof(BatchEntryIdsNotDistinct));
    public static readonly ErrorKind BatchRequestTooLong = Prefixed(nameof(BatchRequestTooLong));
    public static readonly ErrorKind InvalidBatchEntryId = Prefixed(nameof(InvalidBatchEntryId));
    public static readonly ErrorKind InvalidAttributeName = Plain(nameof(InvalidAttributeName), 400);
    public static readonly ErrorKind InvalidAttributeValue = Plain(nameof(InvalidAttributeValue), 400);
    public static readonly ErrorKind InvalidMessageContents = Plain(nameof(InvalidMessageContents), 400);

    private const string Gone = "The specified queue does not exist";

    public static readonly AwsError NoSuchQueue = QueueDoesNotExist.With(Gone + ".") with
    {
        QueryMessage = Gone + " for this wsdl version.",
    };

    public static readonly AwsError BadCharacters = InvalidMessageContents.With(
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD " +
        "| #x10000 to #x10FFFF");

    public static AwsError UnknownAttribute(string name) => InvalidAttributeName.With($"Unknown Attribute {name}.");

    public static AwsError BadAttribute(string name, string? reason = null) => InvalidAttributeValue.With(
        $"Invalid value for the parameter {name}." + (reason is null ? "" : $" Reason: {reason}"));

    public static AwsError BadReceipt(string handle) =>
        ReceiptHandleIsInvalid.With($"The input receipt handle \"{handle}\" is not a valid receipt handle.");

    public static AwsError TooLong(int bytes) => ProtocolErrors.InvalidParameterValue.With(
        $"One or more parameters are invalid. Reason: Message must be shorter than {bytes} bytes.");

    /// <summary>What the actions do not foresee themselves: the state of the server and its limits.</summary>
    public static AwsError Of(AwsHost host, BrokerError error)
    {
        if (error == BrokerError.StorageFailed) host.ReportFailure();
        return error switch
        {
            BrokerError.QueueNotFound => NoSuchQueue,
            BrokerError.TooManyInFlight => OverLimit.With(
                "Too many messages in flight: the queue has as many received messages as it may."),
            BrokerError.TooManyQueues => OverLimit.With("The service has as many queues as it may."),
            BrokerError.TooManyTags => ProtocolErrors.InvalidParameterValue.With("A queue has at most 50 tags."),
            BrokerError.MessageTooLarge => TooLong(AwsLimits.MessageBytes),
            BrokerError.DeduplicationNotSupported => ProtocolErrors.InvalidParameterValue.With(
                "The request includes a parameter that is not valid for this queue type."),
            BrokerError.DelayExceedsRetention => ProtocolErrors.InvalidParameterValue.With(
                "One or more parameters are invalid. Reason: The delay is longer than the queue keeps messages."),
            BrokerError.QueueFull =>
                OverLimit.With("The queue is full: it holds as many messages as its owner allows."),
            BrokerError.DeduplicationWindowFull or BrokerError.TooManyReceiveAttempts or BrokerError.TooManyWaiters
                or BrokerError.TooManyOperations or BrokerError.Overloaded => RequestThrottled.With(
                    "The server is at one of its limits. Try again."),
            BrokerError.DiskFull => ProtocolErrors.ServiceUnavailable.With("The disk is full. Try again."),
            BrokerError.ShuttingDown => ProtocolErrors.ServiceUnavailable.With("The server is stopping. Try again."),
            BrokerError.StorageFailed => ProtocolErrors.ServiceUnavailable.With(
                "The storage failed. Whether the request was carried out is not known."),
            BrokerError.TierUnavailable => ProtocolErrors.ServiceUnavailable.With(
                "The object store does not answer. Try again."),
            _ => ProtocolErrors.InternalFailure.With($"The request failed: {error}."),
        };
    }

    private static ErrorKind Plain(string type, int status) => new(type, type, status);

    private static ErrorKind Prefixed(string type, int status = 400) => new(type, Prefix + type, status);
}
