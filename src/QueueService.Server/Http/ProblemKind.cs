using System.Collections.Frozen;

namespace QueueService.Server.Http;

/// <summary>One kind of problem: the stable part of every answer that is not a success.</summary>
/// <param name="Code">The slug in `code` and in `type` (`/problems/{code}`); never changes once released.</param>
/// <param name="Retriable">The same request may succeed later.</param>
/// <param name="Effect">What happened to the request: one sentence on side effects.</param>
/// <param name="Remedy">What the caller can do.</param>
/// <param name="RetryAfterSeconds">Sent as Retry-After; set for every 429 and 503.</param>
internal sealed record ProblemKind(
    string Code, int Status, string Title, bool Retriable, string Effect, string Remedy, int? RetryAfterSeconds = null)
{
    private const string Nothing = "Nothing was changed.";

    public static readonly ProblemKind InvalidRequest = new(
        "invalid-request", 400, "The request is not valid", false, Nothing,
        "Correct what `errors` names: a JSON pointer is a field of the body, `?name` a query parameter, and anything " +
        "else a header or a part of the path. Unknown names are refused so that no option is silently ignored.");

    public static readonly ProblemKind MalformedJson = new(
        "malformed-json", 400, "The body is not valid JSON", false, Nothing,
        "Send one RFC 8259 JSON text in UTF-8 without comments, trailing commas, duplicate names or trailing text.");

    public static readonly ProblemKind MalformedRequest = new(
        "malformed-request", 400, "The HTTP request is malformed", false, Nothing,
        "Check the framing of the request: Content-Length, chunked encoding, and a body that is sent completely.");

    public static readonly ProblemKind DelayExceedsRetention = new(
        "delay-exceeds-retention", 400, "The message would expire before it becomes visible", false, Nothing,
        "Shorten the delay, or raise retentionSeconds of the queue.");

    public static readonly ProblemKind DeliverAtTooFar = new(
        "deliver-at-too-far", 400, "The time of delivery is too far ahead", false, Nothing,
        "Name a time at most 365 days ahead.");

    public static readonly ProblemKind PriorityNotSupported = new(
        "priority-not-supported", 400, "A FIFO queue has no priorities", false, Nothing,
        "Send the message without a priority, or to a standard queue.");

    public static readonly ProblemKind DeduplicationNotSupported = new(
        "deduplication-not-supported", 400, "A standard queue or topic does not deduplicate", false, Nothing,
        "Send the message without a deduplication id, or to a FIFO queue or topic.");

    public static readonly ProblemKind OptionNotForTopics = new(
        "option-not-for-topics", 400, "A topic hands every message on at once", false, Nothing,
        "Publish without delay, time of delivery, time to live and priority; retentionSeconds of the topic says how " +
        "long messages are kept.");

    public static readonly ProblemKind TooManyTags = new(
        "too-many-tags", 400, "It would have more tags than it may", false, Nothing,
        "There are at most 50 tags: take some away by setting them to null.");

    public static readonly ProblemKind RouteNotFound = new(
        "route-not-found", 404, "There is nothing at this address", false, Nothing,
        "See /swagger or /openapi/v1.json for the paths that exist.");

    public static readonly ProblemKind TopicNotFound = new(
        "topic-not-found", 404, "The topic does not exist", false, Nothing,
        "Create it with PUT /v1/topics/{topic}, or check its name.");

    public static readonly ProblemKind SubscriptionNotFound = new(
        "subscription-not-found", 404, "The subscription does not exist", false, Nothing,
        "Create it with PUT /v1/topics/{topic}/subscriptions/{subscription}, or check both names.");

    public static readonly ProblemKind SnapshotNotFound = new(
        "snapshot-not-found", 404, "The snapshot does not exist", false, Nothing,
        "Take it with PUT /v1/topics/{topic}/subscriptions/{subscription}/snapshots/{snapshot}, or check the names. " +
        "It lives for 7 days, and no longer than its topic keeps messages.");

    public static readonly ProblemKind TooManySnapshots = new(
        "too-many-snapshots", 429, "There are as many snapshots as there may be", true, Nothing,
        "Delete those that are not needed: a subscription has at most 20, and all together take at most 256 MiB.", 60);

    public static readonly ProblemKind SnapshotTooLarge = new(
        "snapshot-too-large", 413, "The snapshot would be too large", false, Nothing,
        "Acknowledge the old messages first that stand between acknowledged ones: each such change takes room, and a " +
        "snapshot has 1 MiB.");

    public static readonly ProblemKind SnapshotIsFiltered = new(
        "snapshot-is-filtered", 409, "The snapshot is that of another subscription, which had a filter", false, Nothing,
        "Use it for its own subscription. For others, what its filter let pass cannot be told from what was " +
        "acknowledged.");

    public static readonly ProblemKind NotPullSubscription = new(
        "not-a-pull-subscription", 409, "The messages of this subscription are delivered to its target", false, Nothing,
        "Only a subscription with the target pull is received from: create one beside it.");

    public static readonly ProblemKind TargetStreamNotFound = new(
        "target-stream-not-found", 422, "The stream to which the subscription is to copy does not exist", false,
        Nothing, "Create the stream that target.stream names, then send the request again.");

    public static readonly ProblemKind TargetQueueNotFound = new(
        "target-queue-not-found", 422, "The queue to which the subscription is to copy does not exist", false, Nothing,
        "Create the queue that target.queue names, then send the request again.");

    public static readonly ProblemKind QueueNotFound = new(
        "queue-not-found", 404, "The queue does not exist", false, Nothing,
        "Create it with PUT /v1/queues/{queue}, or check its name.");

    public static readonly ProblemKind MessageNotFound = new(
        "message-not-found", 404, "The message does not exist", false, Nothing,
        "It was acknowledged, deleted, purged or has expired, or the id is not of this queue.");

    public static readonly ProblemKind ReceiptInvalid = new(
        "receipt-invalid", 404, "This is not a receipt handle of the queue", false, Nothing,
        "Send the receiptHandle as it came with the message, to the queue it came from.");

    public static readonly ProblemKind MethodNotAllowed = new(
        "method-not-allowed", 405, "The method is not allowed here", false, Nothing,
        "Use one of the methods that the Allow header names.");

    public static readonly ProblemKind RequestTimeout = new(
        "request-timeout", 408, "The request did not arrive in time", true, Nothing, "Send the request again.");

    public static readonly ProblemKind MessageLeased = new(
        "message-leased", 409, "The message is leased to a consumer", true, Nothing,
        "Acknowledge it with its receipt handle, or wait until its lease has ended.");

    public static readonly ProblemKind ImmutableField = new(
        "immutable-field", 409, "It exists with another value of a field that cannot change", false, Nothing,
        "Keep the field that `errors` names, or delete it and create it anew.");

    public static readonly ProblemKind CorrelationInUse = new(
        "correlation-in-use", 409, "Another request waits with this correlation id", true, Nothing,
        "Leave Message-Correlation-Id out, or use one that no other request in flight has.");

    public static readonly ProblemKind TooManyPendingRequests = new(
        "too-many-pending-requests", 429, "Too many requests wait for their answers", true, Nothing,
        "Wait as Retry-After says. At most 10,000 requests wait at once: answer them sooner, let them wait less, or " +
        "send messages with a Message-Reply-To of your own.", 1);

    public static readonly ProblemKind ReplyTimeout = new(
        "reply-timeout", 504, "No answer came in time", true,
        "The message was sent. Unless it has a ttl or a delay of its own, nobody receives it any more; somebody may " +
        "have received it already.",
        "Wait longer, or make sure that a consumer answers to the queue in replyTo with the same correlation id.");

    public static readonly ProblemKind ReceiptExpired = new(
        "receipt-expired", 410, "The lease behind this receipt has ended", false, Nothing,
        "The visibility timeout ran out, or the message was acknowledged, released, deleted, purged or received " +
        "again. It may be delivered to another consumer: do not count on this one having processed it alone.");

    public static readonly ProblemKind PreconditionFailed = new(
        "precondition-failed", 412, "If-Match or If-None-Match did not hold", false, Nothing,
        "Read it again, decide again, and send the ETag that it has now.");

    public static readonly ProblemKind RedriveNotAllowed = new(
        "redrive-not-allowed", 403, "The dead-letter queue does not allow this source", false, Nothing,
        "Name the queue in redriveAllowPolicy.sourceQueues of the dead-letter queue, or use another one.");

    public static readonly ProblemKind NoDeadLetterQueue = new(
        "no-dead-letter-queue", 409, "The queue has no dead-letter queue", false, Nothing,
        "Set its redrivePolicy first.");

    public static readonly ProblemKind DeadLetterQueueNotFound = new(
        "dead-letter-queue-not-found", 422, "The dead-letter queue does not exist", false, Nothing,
        "Create the queue that redrivePolicy.deadLetterQueue names, then send the request again.");

    public static readonly ProblemKind DeadLetterCycle = new(
        "dead-letter-cycle", 422, "The dead-letter queue leads back to the queue", false, Nothing,
        "Name a queue whose own dead letters do not come here.");

    public static readonly ProblemKind IdempotencyKeyReused = new(
        "idempotency-key-reused", 422, "The idempotency key was used for another request", false, Nothing,
        "Use a new key for each request, and the same one only to repeat it unchanged.");

    public static readonly ProblemKind IdempotencyKeyInUse = new(
        "idempotency-key-in-use", 409, "The first request with the idempotency key still runs", true,
        "This request did nothing.", "Repeat it when the first one has ended: its outcome is the answer then.");

    public static readonly ProblemKind RequestTooLarge = new(
        "request-too-large", 413, "The request is too large", false, Nothing,
        "A request holds at most 16 MiB; a JSON batch 1,000 messages, an NDJSON batch 10,000. Send several requests.");

    public static readonly ProblemKind MessageTooLarge = new(
        "message-too-large", 413, "The message is larger than the queue or topic allows", false, Nothing,
        "Raise maxMessageBytes (up to 16 MiB) or maxBytes, or send a reference to the data.");

    public static readonly ProblemKind UnsupportedMediaType = new(
        "unsupported-media-type", 415, "The content type is not supported here", false, Nothing,
        "Use a content type that `detail` names.");

    public static readonly ProblemKind UnsupportedContentEncoding = new(
        "unsupported-content-encoding", 415, "Compressed request bodies are not accepted", false, Nothing,
        "Send the body without Content-Encoding. A message may carry compressed bytes: name that in its Content-Type.");

    public static readonly ProblemKind HeadersTooLarge = new(
        "headers-too-large", 431, "The request line or headers are too large", false, Nothing,
        "Send fewer or shorter headers; long values belong into the body.");

    public static readonly ProblemKind TooManyWaiters = new(
        "too-many-waiters", 429, "Too many receives are waiting", true, Nothing,
        "Wait as Retry-After says, use fewer consumers with a larger max, or raise Limits:MaxWaiters.", 1);

    public static readonly ProblemKind TooManyStreams = new(
        "too-many-streams", 429, "Too many live streams are open", true, Nothing,
        "Wait as Retry-After says, use fewer streams with more messages in flight, or raise Limits:MaxLiveStreams.", 1);

    public static readonly ProblemKind TooManyInFlight = new(
        "too-many-in-flight", 429, "Too many messages of the queue are leased", true, Nothing,
        "Acknowledge or release messages first, shorten the visibility timeout, or raise " +
        "Limits:MaxInFlightPerQueue.", 1);

    public static readonly ProblemKind WindowFull = new(
        "window-full", 429, "The deduplication window is full", true, Nothing,
        "Nothing is forgotten before its five minutes are over: send less, or raise Limits:MaxDeduplicationKeys.", 10);

    public static readonly ProblemKind IdempotencyWindowFull = new(
        "idempotency-window-full", 429, "Too many idempotency keys are remembered", true, Nothing,
        "Keys are remembered for 24 hours and never forgotten before: send fewer keyed requests, batches, or raise " +
        "Limits:MaxIdempotencyKeys.", 60);

    public static readonly ProblemKind TooManyReceiveAttempts = new(
        "too-many-receive-attempts", 429, "Too many named receives are remembered", true, Nothing,
        "A queue remembers 20,000 of the last five minutes: receive more messages at once, or without attemptId.", 10);

    public static readonly ProblemKind TooManyTopicReaders = new(
        "too-many-topic-readers", 429, "Too many readers follow topics", true, Nothing,
        "Wait as Retry-After says, close other readers, or raise Limits:MaxTopicReaders.", 5);

    public static readonly ProblemKind TooManyReaders = new(
        "too-many-readers", 429, "Too many readers follow the feed", true, Nothing,
        "Wait as Retry-After says, close other readers, or raise Limits:MaxSystemReaders.", 5);

    public static readonly ProblemKind QueueFull = new(
        "queue-full", 429, "The queue holds as much as maxMessages or maxBytes allow", true, Nothing,
        "Receive and acknowledge messages, send fewer at once, raise the limit of the queue, or set its overflow to " +
        "dropOldest, which makes room unless all older messages are leased or delayed.", 1);

    public static readonly ProblemKind TooManyQueues = new(
        "too-many-queues", 429, "The service holds as many queues, topics or subscriptions as it may", true, Nothing,
        "Delete those that are not needed, or raise Limits:MaxQueues, which bounds each of the three.", 60);

    public static readonly ProblemKind OperationNotFound = new(
        "operation-not-found", 404, "The operation does not exist", false, Nothing,
        "Check its id. Finished operations are kept for 7 days, and at most 1,000 of them.");

    public static readonly ProblemKind OperationFinished = new(
        "operation-finished", 409, "The operation has ended", false, Nothing,
        "Read it to see how; there is nothing to cancel any more.");

    public static readonly ProblemKind TooManyOperations = new(
        "too-many-operations", 429, "As many operations are active as may be", true, Nothing,
        "Wait until one of the 100 has ended, or cancel one.", 10);

    public static readonly ProblemKind RedriveTargetNotFound = new(
        "redrive-target-not-found", 422, "The queue to which messages are to be moved does not exist", false,
        "What was moved before stays moved.", "Create the queue that `to` names, then send the request again.");

    public static readonly ProblemKind AddressDenied = new(
        "address-denied", 422, "Webhooks must not be delivered to this address", false, Nothing,
        "Name an endpoint with a public address, or ask the operator to allow its network by " +
        "Webhooks:AllowedNetworks. The server's own address is never allowed.");

    public static readonly ProblemKind OwnershipNotConfirmed = new(
        "ownership-not-confirmed", 422, "The endpoint did not confirm that it wants the deliveries", false, Nothing,
        "Let the endpoint answer the challenge as the README says, or leave target.challenge out.");

    public static readonly ProblemKind SubscriptionNotConfirmed = new(
        "subscription-not-confirmed", 409, "The owner of the endpoint has not confirmed this subscription of SNS",
        false, Nothing, "Follow the SubscribeURL that the endpoint was sent, then send the request again.");

    public static readonly ProblemKind NotWebhookSubscription = new(
        "not-a-webhook-subscription", 409, "The target of this subscription is no webhook", false, Nothing,
        "Only subscriptions with a webhook as their target have deliveries, secrets and tests.");

    public static readonly ProblemKind TooManySecrets = new(
        "too-many-secrets", 409, "As many keys sign as may at once", false, Nothing,
        "Wait until the overlap of an earlier rotation ends, or rotate with a shorter overlapSeconds: 0 ends all " +
        "others.");

    public static readonly ProblemKind DeliveryNotFound = new(
        "delivery-not-found", 404, "The delivery does not exist", false, Nothing,
        "Check its id. Of finished deliveries, those are known whose attempts are kept: for a week the newest 10,000 " +
        "attempts of a subscription.");

    public static readonly ProblemKind DeliveryInProgress = new(
        "delivery-in-progress", 409, "The delivery is being attempted", true, Nothing,
        "Wait for the end of the attempt, 15 seconds at most.");

    public static readonly ProblemKind DeliveryNotKept = new(
        "delivery-not-kept", 410, "The topic does not keep the message any more", false, Nothing,
        "Publish it again, or raise retentionSeconds of the topic for the next time.");

    public static readonly ProblemKind ImportInterrupted = new(
        "import-interrupted", 400, "The import ended before all of its lines had come", false,
        "The lines that `done` counts were dealt with.", "Send the lines after these again.");

    public static readonly ProblemKind JobNotFound = new(
        "job-not-found", 404, "The job does not exist", false, Nothing, "GET /v1/jobs lists the jobs.");

    public static readonly ProblemKind JobRunning = new(
        "job-running", 409, "The job is running", true, Nothing, "Wait for its end: two runs never overlap.");

    public static readonly ProblemKind InternalError = new(
        "internal-error", 500, "The server made a mistake", false, "Whether the request took effect is not known.",
        "Report it with the traceId. If the request can safely happen twice, try again.");

    public static readonly ProblemKind Overloaded = new(
        "overloaded", 503, "More work is waiting than the server accepts", true, Nothing,
        "Wait as Retry-After says, then send the request again.", 1);

    public static readonly ProblemKind ShuttingDown = new(
        "shutting-down", 503, "The server is stopping", true, Nothing,
        "Send the request again to the restarted server.", 1);

    public static readonly ProblemKind Starting = new(
        "starting", 503, "The server is starting", true, Nothing, "Wait until /health/ready answers 200.", 1);

    public static readonly ProblemKind StorageFailed = new(
        "storage-failed", 503, "The journal failed", true,
        "Whether the request took effect is not known: its bytes may or may not have reached the disk.",
        "Check the disk and restart the server: it recovers from what is really on disk and accepts work again.", 30);

    public static readonly ProblemKind DiskFull = new(
        "disk-full", 507, "The disk is full", true, Nothing,
        "Receive, acknowledge or purge messages (these still work), or give the server more space. New messages are " +
        "accepted again by themselves.");

    public static readonly IReadOnlyList<ProblemKind> All =
    [
        InvalidRequest, MalformedJson, MalformedRequest, DelayExceedsRetention, DeliverAtTooFar, TooManyTags,
        PriorityNotSupported, DeduplicationNotSupported, OptionNotForTopics,
        RouteNotFound, QueueNotFound, TopicNotFound, SubscriptionNotFound, NotPullSubscription,
        TargetQueueNotFound, TargetStreamNotFound,
        SnapshotNotFound, TooManySnapshots, SnapshotTooLarge, SnapshotIsFiltered,
        MessageNotFound, ReceiptInvalid,
        MethodNotAllowed, RequestTimeout, MessageLeased, ImmutableField,
        ReceiptExpired, PreconditionFailed,
        RedriveNotAllowed, NoDeadLetterQueue, DeadLetterQueueNotFound, DeadLetterCycle,
        IdempotencyKeyReused, IdempotencyKeyInUse, IdempotencyWindowFull,
        RequestTooLarge, MessageTooLarge, UnsupportedMediaType, UnsupportedContentEncoding, HeadersTooLarge,
        TooManyWaiters, TooManyStreams, TooManyReaders, TooManyTopicReaders, TooManyInFlight, WindowFull,
        TooManyReceiveAttempts, QueueFull,
        TooManyQueues, OperationNotFound, OperationFinished, TooManyOperations, RedriveTargetNotFound,
        AddressDenied, OwnershipNotConfirmed, NotWebhookSubscription, SubscriptionNotConfirmed, TooManySecrets,
        DeliveryNotFound,
        DeliveryInProgress, DeliveryNotKept, ImportInterrupted, JobNotFound, JobRunning, CorrelationInUse,
        TooManyPendingRequests, ReplyTimeout, InternalError, Overloaded,
        ShuttingDown, Starting, StorageFailed,
        DiskFull,
        .. DurableStreams.DurableStreamProblems.All, .. Streams.Tables.TableProblems.All,
        .. Streams.QueueViews.QueueViewProblems.All, .. Streams.StreamProblems.All,
        .. Streams.Groups.GroupProblems.All,
    ];

    public static readonly FrozenDictionary<string, ProblemKind> ByCode = All.ToFrozenDictionary(kind => kind.Code);

    public string Type => "/problems/" + Code;
}
