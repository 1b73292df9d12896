using QueueService.Aws.Protocol;
using QueueService.Broker;

namespace QueueService.Aws.Sns;

/// <summary>The errors of SNS, as its model names them.</summary>
internal static class SnsErrors
{
    public static readonly ErrorKind InvalidParameter = new("InvalidParameterException", "InvalidParameter", 400);

    public static readonly ErrorKind ParameterValueInvalid =
        new("InvalidParameterValueException", "ParameterValueInvalid", 400);

    public static readonly ErrorKind ValidationError = new("ValidationError", "ValidationError", 400);

    public static readonly ErrorKind NotFound = new("NotFoundException", "NotFound", 404);

    public static readonly ErrorKind ResourceNotFound = new("ResourceNotFoundException", "ResourceNotFound", 404);

    public static readonly ErrorKind AuthorizationError = new("AuthorizationErrorException", "AuthorizationError", 403);

    public static readonly ErrorKind InvalidState = new("InvalidStateException", "InvalidState", 400);

    public static readonly ErrorKind TopicLimitExceeded = new("TopicLimitExceededException", "TopicLimitExceeded", 403);

    public static readonly ErrorKind SubscriptionLimitExceeded =
        new("SubscriptionLimitExceededException", "SubscriptionLimitExceeded", 403);

    public static readonly ErrorKind FilterPolicyLimitExceeded =
        new("FilterPolicyLimitExceededException", "FilterPolicyLimitExceeded", 403);

    public static readonly ErrorKind TagLimitExceeded = new("TagLimitExceededException", "TagLimitExceeded", 400);

    public static readonly ErrorKind Throttled = new("ThrottledException", "Throttled", 429);

    public static readonly ErrorKind InternalError = new("InternalErrorException", "InternalError", 500);

    public static readonly ErrorKind BatchEntryIdsNotDistinct =
        new("BatchEntryIdsNotDistinctException", "BatchEntryIdsNotDistinct", 400);

    public static readonly ErrorKind BatchRequestTooLong =
        new("BatchRequestTooLongException", "BatchRequestTooLong", 400);

    public static readonly ErrorKind EmptyBatchRequest = new("EmptyBatchRequestException", "EmptyBatchRequest", 400);

    public static readonly ErrorKind InvalidBatchEntryId =
        new("InvalidBatchEntryIdException", "InvalidBatchEntryId", 400);

    public static readonly ErrorKind TooManyEntriesInBatchRequest =
        new("TooManyEntriesInBatchRequestException", "TooManyEntriesInBatchRequest", 400);

    public static readonly AwsError NoTopic = NotFound.With("Topic does not exist");

    public static readonly AwsError NoSubscription = NotFound.With("Subscription does not exist");

    /// <summary>AWS's sentence about a parameter.</summary>
    public static AwsError Invalid(string what) => InvalidParameter.With("Invalid parameter: " + what);

    public static AwsError Invalid(string parameter, string reason) =>
        InvalidParameter.With($"Invalid parameter: {parameter} Reason: {reason}");

    /// <summary>A parameter that must be there is not.</summary>
    public static AwsError Missing(string parameter)
    {
        string member = char.ToLowerInvariant(parameter[0]) + parameter[1..];
        return ValidationError.With(
            $"1 validation error detected: Value null at '{member}' failed to satisfy constraint: " +
            "Member must not be null");
    }

    /// <summary>What the broker says, where an action has nothing better to say.</summary>
    public static AwsError Of(BrokerError error) => error switch
    {
        BrokerError.TopicNotFound => NoTopic,
        BrokerError.SubscriptionNotFound => NoSubscription,
        BrokerError.TargetQueueNotFound => Invalid("Endpoint", "The queue does not exist"),
        BrokerError.DeadLetterQueueNotFound =>
            Invalid("RedrivePolicy: deadLetterTargetArn is a queue that does not exist"),
        BrokerError.RedriveNotAllowed =>
            Invalid("RedrivePolicy: the dead-letter queue does not allow this source (RedriveAllowPolicy)"),
        BrokerError.DeadLetterCycle => Invalid("RedrivePolicy: the dead-letter queue leads back to the subscription"),
        BrokerError.AnnotationsTooLarge => Invalid("Attributes", "all attributes together take more than 256 KiB"),
        BrokerError.TooManyTags =>
            TagLimitExceeded.With("Could not complete request: tag quota of per resource exceeded"),
        BrokerError.MessageTooLarge => Invalid("Message too long"),
        BrokerError.DiskFull => InternalError.With("The disk is full: nothing new is taken until there is room."),
        BrokerError.StorageFailed => InternalError.With(
            "The storage failed. Whether the request was carried out is not known."),
        BrokerError.ShuttingDown => ProtocolErrors.ServiceUnavailable.With("The server is stopping. Try again."),
        BrokerError.TierUnavailable => ProtocolErrors.ServiceUnavailable.With(
            "The object store does not answer. Try again."),
        BrokerError.DeduplicationWindowFull or BrokerError.Overloaded or BrokerError.QueueFull =>
            Throttled.With("Rate exceeded"),
        _ => InternalError.With($"The request could not be carried out ({error})."),
    };
}
