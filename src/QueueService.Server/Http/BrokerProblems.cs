using QueueService.Broker;
using QueueService.Server.Hosting;

namespace QueueService.Server.Http;

/// <summary>The one place that turns the broker's outcomes into problems.</summary>
internal static class BrokerProblems
{
    public static ProblemKind Kind(BrokerError error) => error switch
    {
        BrokerError.QueueNotFound => ProblemKind.QueueNotFound,
        BrokerError.ReceiptExpired => ProblemKind.ReceiptExpired,
        BrokerError.ReceiptInvalid => ProblemKind.ReceiptInvalid,
        BrokerError.MessageNotFound => ProblemKind.MessageNotFound,
        BrokerError.MessageLeased => ProblemKind.MessageLeased,
        BrokerError.PreconditionFailed => ProblemKind.PreconditionFailed,
        BrokerError.ImmutableField => ProblemKind.ImmutableField,
        BrokerError.DelayExceedsRetention => ProblemKind.DelayExceedsRetention,
        BrokerError.MessageTooLarge => ProblemKind.MessageTooLarge,
        BrokerError.DeliverAtTooFar => ProblemKind.DeliverAtTooFar,
        BrokerError.PriorityNotSupported => ProblemKind.PriorityNotSupported,
        BrokerError.DeduplicationNotSupported => ProblemKind.DeduplicationNotSupported,
        BrokerError.DeduplicationWindowFull => ProblemKind.WindowFull,
        BrokerError.TooManyReceiveAttempts => ProblemKind.TooManyReceiveAttempts,
        BrokerError.IdempotencyKeyReused => ProblemKind.IdempotencyKeyReused,
        BrokerError.IdempotencyWindowFull => ProblemKind.IdempotencyWindowFull,
        BrokerError.RedriveNotAllowed => ProblemKind.RedriveNotAllowed,
        BrokerError.NoDeadLetterQueue => ProblemKind.NoDeadLetterQueue,
        BrokerError.DeadLetterQueueNotFound => ProblemKind.DeadLetterQueueNotFound,
        BrokerError.DeadLetterCycle => ProblemKind.DeadLetterCycle,
        BrokerError.TooManyWaiters => ProblemKind.TooManyWaiters,
        BrokerError.TooManyInFlight => ProblemKind.TooManyInFlight,
        BrokerError.TooManyQueues => ProblemKind.TooManyQueues,
        BrokerError.OperationNotFound => ProblemKind.OperationNotFound,
        BrokerError.OperationFinished => ProblemKind.OperationFinished,
        BrokerError.TooManyOperations => ProblemKind.TooManyOperations,
        BrokerError.RedriveTargetNotFound => ProblemKind.RedriveTargetNotFound,
        BrokerError.DiskFull => ProblemKind.DiskFull,
        BrokerError.Overloaded => ProblemKind.Overloaded,
        BrokerError.ShuttingDown => ProblemKind.ShuttingDown,
        BrokerError.StorageFailed => ProblemKind.StorageFailed,
        _ => ProblemKind.InternalError,
    };

    public static Problem Of(BrokerError error) => new(Kind(error));

    public static Task Write(this BrokerError error, HttpContext http)
    {
        if (error == BrokerError.StorageFailed) http.RequestServices.GetRequiredService<BrokerHost>().ReportFailure();
        return Of(error).Write(http);
    }
}
