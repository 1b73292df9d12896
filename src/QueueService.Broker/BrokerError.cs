namespace QueueService.Broker;

/// <summary>Every expected outcome other than success. Unless said otherwise an error had no side effect.</summary>
public enum BrokerError
{
    None = 0,
    QueueNotFound,
    TopicNotFound,
    SubscriptionNotFound,
    StreamNotFound,
    QueueViewNotFound,

    GroupNotFound,

    /// <summary>The consumer group has no such member.</summary>
    MemberNotFound,

    /// <summary>Another process has taken over as the same instance.</summary>
    MemberFenced,

    /// <summary>The member does not own the partition, or has not since the generation that it names.</summary>
    StaleGeneration,

    /// <summary>The partition has no such offset yet.</summary>
    OffsetBeyondEnd,

    /// <summary>Its members decide about offsets, and keep the group.</summary>
    GroupHasMembers,

    /// <summary>The service has as many consumer groups as it may.</summary>
    TooManyGroups,

    /// <summary>The consumer group has as many members as it may.</summary>
    TooManyMembers,

    DurableStreamNotFound,

    /// <summary>The durable stream was deleted, or has expired, and is kept for its forks.</summary>
    DurableStreamGone,

    /// <summary>There is another durable stream at the path, or one that is kept for its forks.</summary>
    DurableStreamExists,

    /// <summary>Nothing is appended to the durable stream any more.</summary>
    DurableStreamClosed,

    /// <summary>The content type is not that of the durable stream.</summary>
    ContentTypeMismatch,

    /// <summary>The Stream-Seq is not greater than that of the append before.</summary>
    StreamSequenceNotRising,

    /// <summary>The first request of a producer's epoch must have the sequence number 0.</summary>
    ProducerEpochNotBegun,

    /// <summary>The offset lies beyond the end of the durable stream.</summary>
    DurableOffsetBeyondEnd,

    /// <summary>There is no durable stream that could be forked at this path.</summary>
    ForkSourceNotFound,

    /// <summary>The durable stream that is to be forked was deleted, and is kept for its forks.</summary>
    ForkSourceGone,

    /// <summary>The durable stream that is to be forked ends before this offset.</summary>
    ForkOffsetBeyondEnd,

    /// <summary>The fork would be a fork of a fork, and so on, more often than it may.</summary>
    ForkTooDeep,

    /// <summary>The stream is to move segments to an object store, and none is configured.</summary>
    TierNotConfigured,

    /// <summary>A stream that is compacted keeps its segments on the disk.</summary>
    TierNotForCompaction,

    /// <summary>The stream has segments in the object store, and cannot be compacted while it has.</summary>
    TierInUse,

    /// <summary>Records are in the object store, which did not give them. Retriable.</summary>
    TierUnavailable,

    /// <summary>The stream has no such partition.</summary>
    PartitionNotFound,

    /// <summary>Of a stream that is only compacted, nothing is deleted by time or size.</summary>
    RetentionNotSupported,

    /// <summary>The records of a compacted stream need a key.</summary>
    KeyRequired,

    /// <summary>Another process with a higher epoch produces under this id.</summary>
    ProducerFenced,

    /// <summary>Requests of the producer are missing between the last one and this.</summary>
    ProducerSequenceGap,

    /// <summary>The sequence number of a producer was used for another request, or is too old to be answered again.
    /// </summary>
    ProducerSequenceReused,

    /// <summary>As many producers of the stream are remembered as may be. Retriable.</summary>
    TooManyProducers,

    /// <summary>The subscription has no snapshot of this name, or its time is over.</summary>
    SnapshotNotFound,

    /// <summary>The subscription, or all together, have as many snapshots as they may.</summary>
    TooManySnapshots,

    /// <summary>Acknowledged and other messages alternate too often to be written down as one snapshot.</summary>
    SnapshotTooLarge,

    /// <summary>The snapshot is that of another subscription, which had a filter when it was taken.</summary>
    SnapshotIsFiltered,

    /// <summary>The queue to which a subscription is to copy does not exist.</summary>
    TargetQueueNotFound,

    /// <summary>The stream to which a subscription is to copy does not exist.</summary>
    TargetStreamNotFound,

    /// <summary>The messages of the subscription are delivered to its target: nobody else receives or settles them.
    /// </summary>
    NotPullSubscription,

    /// <summary>The lease behind this receipt has ended: its time ran out, the message was released, acknowledged,
    /// deleted, purged or received again.</summary>
    ReceiptExpired,

    /// <summary>The stream of a queue view does not keep the leased record any more.</summary>
    RecordExpired,

    /// <summary>Not a receipt of this queue: altered, or made up.</summary>
    ReceiptInvalid,
    MessageNotFound,

    /// <summary>The message is leased to a consumer, so it cannot be deleted by id.</summary>
    MessageLeased,

    /// <summary>The message is here, but the lease behind the receipt has ended.</summary>
    MessageNotLeased,

    /// <summary>The message would be leased for more than 12 hours after its receive.</summary>
    ExtensionTooLong,

    /// <summary>If-Match or If-None-Match did not hold.</summary>
    PreconditionFailed,

    /// <summary>An existing queue differs in a field that cannot change.</summary>
    ImmutableField,

    /// <summary>The queue would have more tags than it may.</summary>
    TooManyTags,

    /// <summary>The annotations have more bytes than they may; nobody sets them over /v1.</summary>
    AnnotationsTooLarge,

    /// <summary>The body is larger than the queue's maxMessageBytes.</summary>
    MessageTooLarge,

    /// <summary>The message would be past the queue's retention before it becomes visible.</summary>
    DelayExceedsRetention,

    /// <summary>The time of delivery is more than a year ahead.</summary>
    DeliverAtTooFar,

    /// <summary>A FIFO queue keeps the order of its groups, so it has no priorities.</summary>
    PriorityNotSupported,

    /// <summary>A topic hands every message on at once: it has no delays, times to live or priorities.</summary>
    OptionNotForTopics,

    /// <summary>Only FIFO queues deduplicate.</summary>
    DeduplicationNotSupported,

    /// <summary>The deduplication keys of the last five minutes take all the memory they may. Retriable.</summary>
    DeduplicationWindowFull,

    /// <summary>More named receives of the last five minutes are remembered than the limit. Retriable.</summary>
    TooManyReceiveAttempts,

    /// <summary>The idempotency key was used for another request.</summary>
    IdempotencyKeyReused,

    /// <summary>As many idempotency keys are remembered as may be. Retriable.</summary>
    IdempotencyWindowFull,

    /// <summary>The redrive policy names a queue that does not exist.</summary>
    DeadLetterQueueNotFound,

    /// <summary>The redrive policies would lead from the queue back to itself.</summary>
    DeadLetterCycle,

    /// <summary>The redriveAllowPolicy of the dead-letter queue does not allow this source.</summary>
    RedriveNotAllowed,

    /// <summary>The queue has no redrive policy that says where the message should go.</summary>
    NoDeadLetterQueue,

    /// <summary>More receives are waiting than the limit.</summary>
    TooManyWaiters,

    /// <summary>More messages of the queue are leased than the limit.</summary>
    TooManyInFlight,

    /// <summary>The message does not fit below maxMessages and maxBytes of its queue. Retriable.</summary>
    QueueFull,

    /// <summary>The service has as many queues, topics or subscriptions as it may.</summary>
    TooManyQueues,

    OperationNotFound,

    /// <summary>The operation has ended, so it cannot be cancelled or go on.</summary>
    OperationFinished,

    /// <summary>Another redrive of the queue is queued or running.</summary>
    RedriveActive,

    /// <summary>As many operations are queued or running as may be.</summary>
    TooManyOperations,

    /// <summary>The queue to which a redrive is to move messages does not exist, or is the one they are in.</summary>
    RedriveTargetNotFound,

    /// <summary>The disk is full but for the reserve; acknowledging and deleting still work. Retriable.</summary>
    DiskFull,

    /// <summary>More work waits than the server accepts (commands, bodies in flight or journal). Retriable.</summary>
    Overloaded,

    /// <summary>The server is stopping. Retriable elsewhere, no side effect.</summary>
    ShuttingDown,

    /// <summary>The journal failed: nothing is accepted until a restart. Whether this operation happened is unknown.
    /// </summary>
    StorageFailed,
}

/// <summary>A value, or why there is none.</summary>
public readonly record struct Result<T>(BrokerError Error, T Value)
{
    public bool Succeeded => Error == BrokerError.None;

    public static implicit operator Result<T>(T value) => new(BrokerError.None, value);

    public static implicit operator Result<T>(BrokerError error) => new(error, default!);
}
