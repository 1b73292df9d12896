using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of what is done to leases.</summary>
internal static class ReceiptSchemas
{
    /// <summary>Of the right shape, and of no store.</summary>
    public const string ExampleHandle = "AQAAAAEAAAAAAAAAAAAAACoAAAAAAAAAc2VhbGVkISE";

    public const string HandlePattern = "^[A-Za-z0-9_-]+$";

    public static void AddTo(SchemaSet set)
    {
        set.Add("ReceiveRequest", Closed(Object(
            "What a receive does besides.",
            ("acknowledge?", Handles("Acknowledged in the same commit, before messages are handed out.", 0)))));
        set.Add("ExtendRequest", Closed(Object("How long a lease is.", ("visibilityTimeoutSeconds", Lease()))));
        set.Add("ReleaseRequest", Closed(Object("When a message is available again.", ("delaySeconds?", Delay()))));
        set.Add("ReceiptBatch", Closed(Object("Receipts.", ("receiptHandles", Handles("Which messages.", 1)))));
        set.Add("ReleaseBatch", Closed(Object(
            "Receipts to give back.", ("receiptHandles", Handles("Which messages.", 1)), ("delaySeconds?", Delay()))));
        set.Add("ExtendBatch", Closed(Object(
            "Receipts to extend.",
            ("receiptHandles", Handles("Which messages.", 1)), ("visibilityTimeoutSeconds", Lease()))));
        set.Add("RescheduleRequest", Closed(Object(
            "When a message becomes visible: one of both.",
            ("delaySeconds?", Integer("Seconds from now.", 0, QueueConfigLimits.MaxDelaySeconds)),
            ("deliverAt?", Instant("At most 365 days ahead.")))));
        set.Add("Lease", Object("A lease.", ("visibleAt", Instant("When it ends."))));
        set.Add("SettleResult", Object(
            "The outcome of one receipt.",
            ("receiptHandle", Text("As it was given.")),
            ("status", Integer("2xx, or the status of the problem.", 200, 599)),
            ("problem?", set.Ref("Problem"))));
        set.Add("SettleResults", Object(
            "The outcome of each receipt, in the order given.",
            ("results", List("One for each receipt.", set.Ref("SettleResult"))),
            ("visibleAt?", Instant("When the messages that succeeded become visible."))));
    }

    private static OpenApiSchema Handles(string description, int min) => List(
        description, Text("A receipt handle.", HandlePattern), min, Limits.SettleReceipts);

    private static OpenApiSchema Lease() => Integer(
        "Seconds from now; 0 releases.", 0, QueueConfigLimits.MaxVisibilityTimeoutSeconds);

    private static OpenApiSchema Delay() => Integer(
        "Seconds from now; left out: as the retryPolicy says, without one at once.", 0,
        QueueConfigLimits.MaxVisibilityTimeoutSeconds);
}
