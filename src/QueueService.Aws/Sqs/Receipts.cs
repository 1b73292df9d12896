using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>What becomes of receipts, alone or in a batch.</summary>
internal static class Receipts
{
    public static AwsError? Read(string? text, out ReceiptHandle handle)
    {
        handle = default;
        if (string.IsNullOrEmpty(text)) return ProtocolErrors.Missing("ReceiptHandle");
        return ReceiptHandle.TryParse(text, out handle) ? null : SqsErrors.BadReceipt(text);
    }

    public static AwsError? CheckVisibility(int? seconds) => seconds is null
        ? ProtocolErrors.Missing("VisibilityTimeout")
        : ProtocolErrors.CheckRange(
            "VisibilityTimeout", seconds, 0, AwsLimits.MaxVisibilitySeconds,
            $"VisibilityTimeout must be an integer between 0 and {AwsLimits.MaxVisibilitySeconds}.");

    /// <summary>Null when it succeeded.</summary>
    public static AwsError? Of(AwsHost host, BrokerError error, string text) => error switch
    {
        BrokerError.None => null,
        BrokerError.ReceiptInvalid => SqsErrors.BadReceipt(text),
        BrokerError.ReceiptExpired => ProtocolErrors.Invalid("ReceiptHandle", text, "The receipt handle has expired."),
        BrokerError.MessageNotFound => ProtocolErrors.Invalid(
            "ReceiptHandle", text, "Message does not exist or is not available for visibility timeout change."),
        BrokerError.MessageNotLeased => SqsErrors.MessageNotInflight.With(
            "The message referred to isn't in flight: its visibility timeout has ended."),
        BrokerError.ExtensionTooLong => ProtocolErrors.InvalidParameterValue.With(
            "Value for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is " +
            "beyond " +
            $"the limit [{AwsLimits.MaxVisibilitySeconds} seconds]"),
        _ => SqsErrors.Of(host, error),
    };
}
