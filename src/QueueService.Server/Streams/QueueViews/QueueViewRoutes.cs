using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;
using QueueService.Server.Queues.Live;

namespace QueueService.Server.Streams.QueueViews;

/// <summary>The addresses of queue views, one slice each. Receiving and settling is the code of queues at another
/// address.</summary>
internal static class QueueViewRoutes
{
    public const string Views = StreamRoutes.Stream + "/queue-views";
    public const string View = Views + "/{view}";
    private const string Receipt = View + "/receipts/{receiptHandle}";

    private const string TellsOfGaps =
        " When retention takes records before they are acknowledged, leased ones too, the reader is told at once: " +
        "`gap`, with `lost`, how many, and `partitions`, where: from an offset to before another.";

    private const string TellsWhere =
        " A message has the `partition`, the `offset` (also as `sequenceNumber`) and the `key` of its record; " +
        "`sentAt` is its timestamp, and `attributes` are its headers. Partitions take turns.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ListQueueViews.Map(routes);
        PutQueueView.Map(routes);
        GetQueueView.Map(routes);
        PatchQueueView.Map(routes);
        DeleteQueueView.Map(routes);
        PauseQueueView.Map(routes);
        SeekQueueView.Map(routes);
        MapPull(routes);
    }

    /// <summary>The view that the path names. In the broker it is a subscription of its stream.</summary>
    public static SubscriptionName QueueView(this HttpContext http, ref Problem? problem)
    {
        if (!SubscriptionName.TryParse(http.Stream(ref problem).Log, http.PathValue("view"), out SubscriptionName name))
            Problem.Blame(ref problem, "view", "in the path must be 1 to 128 of A-Z a-z 0-9 . _ -");
        return name;
    }

    private static void MapPull(IEndpointRouteBuilder routes)
    {
        Map("POST", View + "/receive", ReceiveMessages.Handle, ReceiveMessages.Description, TellsWhere);
        Map("GET", View + "/sse", ReceiveEvents.Handle, ReceiveEvents.Description, TellsWhere + TellsOfGaps);
        Map("POST", View + "/consume", ConsumeMessages.Handle, ConsumeMessages.Description, TellsWhere + TellsOfGaps);
        Map("GET", View + "/messages", BrowseMessages.Handle, BrowseMessages.Description,
            " Of a view: what is not acknowledged, also what a filter has not passed over yet.");
        Map("DELETE", Receipt, AcknowledgeMessage.Handle, AcknowledgeMessage.Description,
            " Of a view: the record stays in the stream.");
        Map("PATCH", Receipt, ExtendLease.Handle, ExtendLease.Description);
        Map("POST", Receipt + "/release", ReleaseMessage.Handle, ReleaseMessage.Description);
        Map("POST", Receipt + "/dead-letter", DeadLetterMessage.Handle, DeadLetterMessage.Description,
            " Of a view: the record stays in the stream and is copied; `deadLetter` of the copy says where it came " +
            "from, and its retention begins with the move.");
        SettleBatches.Map(routes, View, static operation => OfView(operation, ""));

        void Map(string method, string path, OperationHandler handler, Operation operation, string more = "") =>
            routes.MapOperation(method, path, handler, OfView(operation, more));
    }

    private static Operation OfView(Operation operation, string more) => operation.At(
        Tags.QueueViews, ProblemsOf(operation)) with
    {
        Id = operation.Id + "OfQueueView",
        Summary = operation.Summary + " (queue view)",
        Description = operation.Description + more,
    };

    private static ProblemKind[] ProblemsOf(Operation operation)
    {
        bool settles = operation.Problems.Contains(ProblemKind.ReceiptExpired);
        bool reads = !settles || operation == DeadLetterMessage.Description;
        return
        [
            QueueViewProblems.NotFound, .. settles ? [QueueViewProblems.RecordExpired] : Array.Empty<ProblemKind>(),
            .. reads ? [StreamProblems.TierUnavailable] : Array.Empty<ProblemKind>(),
        ];
    }
}
