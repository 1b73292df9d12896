using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Streams.Tables;

namespace QueueService.Server.Service;

/// <summary>A bound as people and programs read it.</summary>
/// <param name="Bounds">What it is a bound of, in one sentence.</param>
/// <param name="Past">The problem that a caller gets beyond it; null for a range, whose problem is
/// <see cref="ProblemKind.InvalidRequest"/> and names the field.</param>
internal sealed record Limit(string Name, long Value, string Unit, string Bounds, ProblemKind? Past = null)
{
    /// <summary>What happens instead of a problem.</summary>
    public string? Instead { get; init; }

    /// <summary>The key of the configuration that changes it.</summary>
    public string? Setting { get; init; }

    public ProblemKind Problem => Past ?? ProblemKind.InvalidRequest;
}

/// <summary>All bounds in one list; every value comes from where it is enforced.</summary>
internal static partial class LimitList
{
    public static IReadOnlyList<Limit> Of(LimitOptions process) =>
    [
        .. Process(process), .. Requests, .. Messages, .. Definitions, .. Groups, .. QueueViews(process), .. Webhooks,
        .. DurableStreams(process),
    ];

    private static IEnumerable<Limit> Process(LimitOptions limits) =>
    [
        new("waiters", limits.MaxWaiters, "receives", "Receives that wait at once.", ProblemKind.TooManyWaiters)
        {
            Setting = "Limits:MaxWaiters",
        },
        new("inFlightPerQueue", limits.MaxInFlightPerQueue, "messages",
            "Leased messages of one queue, subscription or queue view.", ProblemKind.TooManyInFlight)
        {
            Setting = "Limits:MaxInFlightPerQueue",
        },
        new("queues", limits.MaxQueues, "queues", "Queues in all.", ProblemKind.TooManyQueues)
        {
            Setting = "Limits:MaxQueues",
        },
        new("topics", limits.MaxQueues, "topics", "Topics in all.", ProblemKind.TooManyQueues)
        {
            Setting = "Limits:MaxQueues",
        },
        new("subscriptions", limits.MaxQueues, "subscriptions", "Subscriptions in all.", ProblemKind.TooManyQueues)
        {
            Setting = "Limits:MaxQueues",
        },
        new("deduplicationKeys", limits.MaxDeduplicationKeys, "keys",
            "Deduplication keys of the last five minutes, over all queues.", ProblemKind.WindowFull)
        {
            Setting = "Limits:MaxDeduplicationKeys",
        },
        new("idempotencyKeys", limits.MaxIdempotencyKeys, "keys", "Idempotency keys of the last 24 hours.",
            ProblemKind.IdempotencyWindowFull) { Setting = "Limits:MaxIdempotencyKeys" },
        new("readAheadPerLane", limits.ReadAheadPerLane, "messages",
            "Messages of one of the 16 lanes of a queue whose groups are known ahead of their delivery.")
        {
            Setting = "Limits:ReadAheadPerLane",
            Instead = "Those behind are handed out later; blockedReason says when all in front are blocked.",
        },
        new("liveStreams", limits.MaxLiveStreams, "streams", "Live receives and duplex streams at once.",
            ProblemKind.TooManyStreams) { Setting = "Limits:MaxLiveStreams" },
        new("topicReaders", limits.MaxTopicReaders, "readers", "Readers of topics as server-sent events.",
            ProblemKind.TooManyTopicReaders) { Setting = "Limits:MaxTopicReaders" },
        new("systemReaders", limits.MaxSystemReaders, "readers", "Readers of the system feed.",
            ProblemKind.TooManyReaders) { Setting = "Limits:MaxSystemReaders" },
        new("tableKeys", limits.MaxTableKeys, "keys", "Keys of all tables of compacted streams that are in memory.",
            TableProblems.TooManyKeys) { Setting = "Limits:MaxTableKeys" },
        new("tableScans", TableLimits.Scans, "scans", "Scans of one table that wait for their next page.",
            TableProblems.TooManyScans),
        new("connections", limits.MaxConnections, "connections", "Open connections.")
        {
            Setting = "Limits:MaxConnections", Instead = "The connection is closed.",
        },
        new("bodiesInFlightBytes", limits.MaxBodiesInFlightBytes, "bytes", "Request bodies in memory.",
            ProblemKind.Overloaded) { Setting = "Limits:MaxBodiesInFlightBytes" },
    ];

    private static readonly Limit[] Requests =
    [
        new("requestBytes", Limits.RequestBytes, "bytes", "The body of one request.", ProblemKind.RequestTooLarge),
        new("requestHeaderBytes", Limits.RequestHeaderBytes, "bytes", "All headers of one request.",
            ProblemKind.HeadersTooLarge),
        new("requestHeaders", Limits.RequestHeaders, "headers", "Headers of one request.", ProblemKind.HeadersTooLarge),
        new("batchMessages", Limits.BatchMessages, "messages", "Messages of a JSON batch.",
            ProblemKind.RequestTooLarge),
        new("lineBatchMessages", Limits.LineBatchMessages, "messages", "Messages of an NDJSON batch.",
            ProblemKind.RequestTooLarge),
        new("receiveMessages", ReceiveRequest.MaxMessages, "messages", "Messages that one receive asks for."),
        new("receiveWaitSeconds", QueueConfigLimits.MaxReceiveWaitSeconds, "seconds", "The wait of a receive."),
        new("settleReceipts", Limits.SettleReceipts, "receipts", "Receipts that one request settles."),
        new("prefetch", Limits.Prefetch, "messages", "Unacknowledged messages of one live receive."),
        new("credit", Limits.Credit, "messages", "Messages that one consume stream may be owed."),
        new("pendingRequests", Limits.PendingRequests, "requests", "Requests that wait for their answers.",
            ProblemKind.TooManyPendingRequests),
        new("receiveAttempts", QueueConfigLimits.MaxReceiveAttempts, "receives",
            "Named receives of the last five minutes, per queue or subscription.", ProblemKind.TooManyReceiveAttempts),
        new("idempotencyKeyLength", Limits.IdempotencyKeyLength, "characters", "An idempotency key."),
        new("importBytes", Limits.ImportBytes, "bytes", "The body of an import.", ProblemKind.RequestTooLarge),
        new("activeOperations", OperationLimits.Active, "operations", "Operations that are queued or running.",
            ProblemKind.TooManyOperations),
        new("keptOperations", OperationLimits.Kept, "operations", "Operations that are kept, finished ones included.")
        {
            Instead = "The oldest finished one is forgotten.",
        },
        new("redriveRatePerSecond", OperationLimits.MaxRatePerSecond, "messages", "ratePerSecond of a redrive."),
        new("pageItems", Limits.PageItems, "items", "Items of one page of a listing.")
        {
            Instead = "A larger limit is taken as this one.",
        },
        new("jsonDepth", Limits.JsonDepth, "levels", "Nesting of a JSON body.", ProblemKind.MalformedJson),
        new("eventDepth", Limits.EventDepth, "levels", "Nesting of a CloudEvent.", ProblemKind.MalformedJson),
    ];

    private static readonly Limit[] Messages =
    [
        new("messageBytes", QueueConfigLimits.MaxMessageBytes, "bytes",
            "The body of a message; a queue's maxMessageBytes may say less.", ProblemKind.MessageTooLarge),
        new("attributes", Limits.Attributes, "attributes", "Attributes of a message."),
        new("attributeNameLength", Limits.AttributeNameLength, "characters",
            "The name of an attribute, of A-Z a-z 0-9 . _ -"),
        new("attributeValueBytes", Limits.AttributeValueBytes, "bytes", "The value of an attribute, as text."),
        new("messageHeaderBytes", Limits.HeaderBytes, "bytes",
            "Attributes, correlation id, reply address and trace context of a message together."),
        new("shortTextBytes", Limits.ShortTextBytes, "bytes", "A correlation id or a reply address."),
        new("routingKeyBytes", FilterLimits.RoutingKeyBytes, "bytes", "A routing key."),
        new("contentTypeLength", Limits.ContentTypeLength, "characters", "The content type of a message."),
        new("numberLength", Limits.NumberLength, "characters", "A number among attributes."),
        new("traceStateLength", Limits.TraceStateLength, "characters", "The trace state of a message.")
        {
            Instead = "The trace state is left out.",
        },
        new("delaySeconds", QueueConfigLimits.MaxDelaySeconds, "seconds",
            "The delay of a message, or how far ahead its time of delivery is.", ProblemKind.DeliverAtTooFar),
        new("priority", QueueConfigLimits.MaxPriority, "levels above 0", "The priority of a message."),
        new("groupLength", QueueConfigLimits.MaxGroupCharacters, "characters",
            "A message group, a deduplication id or an attempt id."),
        new("droppedMessages", QueueConfigLimits.MaxDroppedPerSend, "messages",
            "Messages that one send drops with overflow dropOldest.", ProblemKind.QueueFull),
    ];

    private static readonly Limit[] Definitions =
    [
        new(
            "queueNameLength", QueueName.MaxLength, "characters",
            "The name of a queue, a topic or a subscription, of A-Z a-z 0-9 . _ -"),
        new("visibilityTimeoutSeconds", QueueConfigLimits.MaxVisibilityTimeoutSeconds, "seconds", "A lease."),
        new("retentionSecondsMin", QueueConfigLimits.MinRetentionSeconds, "seconds", "The shortest retention."),
        new("retentionSeconds", QueueConfigLimits.MaxRetentionSeconds, "seconds", "The longest retention."),
        new("maxMessages", QueueConfigLimits.MaxMaxMessages, "messages", "maxMessages of a queue."),
        new("maxBytes", QueueConfigLimits.MaxMaxBytes, "bytes", "maxBytes of a queue."),
        new("maxReceiveCount", RedrivePolicy.MaxMaxReceiveCount, "deliveries", "maxReceiveCount of a redrivePolicy."),
        new("tags", Tag.MaxPerQueue, "tags", "Tags of a queue, a topic or a subscription.", ProblemKind.TooManyTags),
        new("tagKeyLength", Tag.MaxKeyLength, "characters", "The key of a tag, of A-Z a-z 0-9 . _ / -"),
        new("tagValueLength", Tag.MaxValueLength, "characters", "The value of a tag."),
        new("alarms", Alarm.MaxPerQueue, "alarms", "Alarms of a queue."),
        new("alarmAbove", Alarm.MaxAbove, "messages, bytes or seconds", "The threshold of an alarm."),
        new("alarmForSeconds", Alarm.MaxForSeconds, "seconds", "How long an alarm's condition has to hold."),
        new("systemEvents", Limits.SystemEvents, "events", "Events that the system feed keeps.")
        {
            Instead = "A reader that is further behind gets a gap event.",
        },
        new("filterBytes", FilterLimits.FilterBytes, "bytes", "The filter of a subscription, as JSON."),
        new("filterDepth", FilterLimits.Depth, "levels", "Keys below each other in a filter's policy."),
        new("filterKeys", FilterLimits.Keys, "keys", "Keys with conditions in a filter's policy."),
        new("filterCombinations", FilterLimits.Combinations, "combinations",
            "The numbers of values of all keys of a filter's policy, multiplied."),
        new("filterValues", FilterLimits.Values, "values", "Values of all keys of a filter's policy."),
        new("filterTextBytes", FilterLimits.TextBytes, "bytes", "A string in a filter's policy."),
        new("filterWildcards", FilterLimits.Wildcards, "asterisks", "Asterisks in one wildcard pattern."),
        new("filterWildcardPoints", FilterLimits.WildcardPoints, "points",
            "Of all wildcard patterns of a filter: one asterisk counts 1, each of several 3."),
        new("filterDigits", FilterLimits.Digits, "digits", "A number in a filter's policy."),
        new("snapshots", SnapshotLimits.PerSubscription, "snapshots", "Snapshots of a subscription.",
            ProblemKind.TooManySnapshots),
        new("snapshotBytes", SnapshotLimits.Bytes, "bytes",
            "One snapshot: 2 to 4 for each change between acknowledged and other messages.",
            ProblemKind.SnapshotTooLarge),
        new("snapshotTotalBytes", SnapshotLimits.TotalBytes, "bytes", "All snapshots together.",
            ProblemKind.TooManySnapshots),
        new("snapshotSeconds", SnapshotLimits.Lifetime / 1_000, "seconds", "How long a snapshot lives.")
        {
            Instead = "It is deleted; earlier when its topic kept messages for less when it was taken.",
        },
        new("tagFilters", Limits.TagFilters, "filters", "Tags that one listing asks for."),
        new("bootstrapFileBytes", Limits.BootstrapFileBytes, "bytes", "One bootstrap file.")
        {
            Instead = "The server does not start.",
        },
        new("sourceQueues", RedriveAllowPolicy.MaxSourceQueues, "queues", "Sources of a redriveAllowPolicy."),
    ];
}
