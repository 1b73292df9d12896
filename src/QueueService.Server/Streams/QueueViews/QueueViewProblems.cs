using QueueService.Server.Http;

namespace QueueService.Server.Streams.QueueViews;

/// <summary>The problems that only queue views have.</summary>
internal static class QueueViewProblems
{
    public static readonly ProblemKind NotFound = new(
        "queue-view-not-found", 404, "The queue view does not exist", false, "Nothing was changed.",
        "Create it with PUT /v1/streams/{stream}/queue-views/{view}, or check both names.");

    public static readonly ProblemKind RecordExpired = new(
        "record-expired", 410, "The stream does not keep the record any more", false, "Nothing was changed.",
        "Its retention ended while it was leased or after it was acknowledged: there is nothing left to be settled. " +
        "Consume faster, or raise retentionSeconds or retentionBytes of the stream.");

    public static readonly IReadOnlyList<ProblemKind> All = [NotFound, RecordExpired];
}
