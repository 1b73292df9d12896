using QueueService.Broker;
using QueueService.Server.DurableStreams;
using QueueService.Server.Hosting;
using QueueService.Server.Streams;
using QueueService.Server.Streams.Groups;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Http;

/// <summary>The one place that turns the broker's outcomes into problems.</summary>
internal static class BrokerProblems
{
    public static ProblemKind Kind(BrokerError error) => error switch
    {
        BrokerError.QueueNotFound => ProblemKind.QueueNotFound,
        BrokerError.TopicNotFound => ProblemKind.TopicNotFound,
        BrokerError.SubscriptionNotFound => ProblemKind.SubscriptionNotFound,
        BrokerError.StreamNotFound => StreamProblems.StreamNotFound,
        BrokerError.QueueViewNotFound => QueueViewProblems.NotFound,
        BrokerError.RecordExpired => QueueViewProblems.RecordExpired,
        BrokerError.DurableStreamNotFound or BrokerError.ForkSourceNotFound => DurableStreamProblems.NotFound,
        BrokerError.DurableStreamGone => DurableStreamProblems.Gone,
        BrokerError.DurableStreamExists => DurableStreamProblems.Exists,
        BrokerError.DurableStreamClosed => DurableStreamProblems.Closed,
        BrokerError.ContentTypeMismatch => DurableStreamProblems.ContentTypeMismatch,
        BrokerError.StreamSequenceNotRising => DurableStreamProblems.SequenceNotRising,
        BrokerError.ForkSourceGone => DurableStreamProblems.ForkSourceGone,
        BrokerError.ForkTooDeep => DurableStreamProblems.ForkTooDeep,
        BrokerError.ProducerEpochNotBegun or BrokerError.DurableOffsetBeyondEnd or BrokerError.ForkOffsetBeyondEnd =>
            ProblemKind.InvalidRequest,
        BrokerError.TierNotConfigured => StreamProblems.TierNotConfigured,
        BrokerError.TierNotForCompaction => StreamProblems.TierNotForCompaction,
        BrokerError.TierInUse => StreamProblems.TierInUse,
        BrokerError.TierUnavailable => StreamProblems.TierUnavailable,
        BrokerError.PartitionNotFound => StreamProblems.PartitionNotFound,
        BrokerError.RetentionNotSupported => StreamProblems.RetentionNotSupported,
        BrokerError.KeyRequired => StreamProblems.KeyRequired,
        BrokerError.ProducerFenced => StreamProblems.ProducerFenced,
        BrokerError.ProducerSequenceGap => StreamProblems.ProducerSequenceGap,
        BrokerError.GroupNotFound => GroupProblems.GroupNotFound,
        BrokerError.MemberNotFound => GroupProblems.MemberNotFound,
        BrokerError.MemberFenced => GroupProblems.MemberFenced,
        BrokerError.StaleGeneration => GroupProblems.StaleGeneration,
        BrokerError.OffsetBeyondEnd => GroupProblems.OffsetBeyondEnd,
        BrokerError.GroupHasMembers => GroupProblems.GroupHasMembers,
        BrokerError.TooManyGroups => GroupProblems.TooManyGroups,
        BrokerError.TooManyMembers => GroupProblems.TooManyMembers,
        BrokerError.ProducerSequenceReused => StreamProblems.ProducerSequenceReused,
        BrokerError.TooManyProducers => StreamProblems.TooManyProducers,
        BrokerError.TargetStreamNotFound => ProblemKind.TargetStreamNotFound,
        BrokerError.TargetQueueNotFound => ProblemKind.TargetQueueNotFound,
        BrokerError.SnapshotNotFound => ProblemKind.SnapshotNotFound,
        BrokerError.TooManySnapshots => ProblemKind.TooManySnapshots,
        BrokerError.SnapshotTooLarge => ProblemKind.SnapshotTooLarge,
        BrokerError.SnapshotIsFiltered => ProblemKind.SnapshotIsFiltered,
        BrokerError.NotPullSubscription => ProblemKind.NotPullSubscription,
        BrokerError.OptionNotForTopics => ProblemKind.OptionNotForTopics,
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
        BrokerError.TooManyTags => ProblemKind.TooManyTags,
        BrokerError.QueueFull => ProblemKind.QueueFull,
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

    public static Problem Of(BrokerError error) => error switch
    {
        BrokerError.TierNotConfigured => new Problem(Kind(error))
            .With("/tier", "needs a server with Tier:Directory or Tier:S3."),
        BrokerError.TierNotForCompaction => new Problem(Kind(error))
            .With("/tier", "needs the cleanup `delete`."),
        BrokerError.TierInUse => new Problem(Kind(error))
            .With("/cleanup", "must stay `delete` while segments are in the object store."),
        _ => new Problem(Kind(error)),
    };

    public static Task Write(this BrokerError error, HttpContext http)
    {
        if (error == BrokerError.StorageFailed) http.RequestServices.GetRequiredService<BrokerHost>().ReportFailure();
        Problem problem = Reached(error, http) is { } limit ? new Problem(Kind(error), limit) : Of(error);
        return problem.Write(http);
    }

    /// <summary>Names the limit of the process that was reached; null when it was none.</summary>
    private static string? Reached(BrokerError error, HttpContext http)
    {
        LimitOptions limits = http.RequestServices.GetRequiredService<ServerOptions>().Limits;
        string? limit = error switch
        {
            BrokerError.TooManyWaiters => $"The limit of {limits.MaxWaiters} waiting receives",
            BrokerError.TooManyInFlight =>
                $"The limit of {limits.MaxInFlightPerQueue} leased messages of a queue or subscription",
            BrokerError.TooManyQueues => $"The limit of {limits.MaxQueues} queues, topics or subscriptions",
            _ => null,
        };
        return limit is null ? null : $"{limit} is reached. {Kind(error).Effect} {Kind(error).Remedy}";
    }
}
