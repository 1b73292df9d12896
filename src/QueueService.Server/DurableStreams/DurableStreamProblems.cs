using QueueService.Server.Http;

namespace QueueService.Server.DurableStreams;

/// <summary>The problems that only durable streams have.</summary>
internal static class DurableStreamProblems
{
    private const string Nothing = "Nothing was changed.";

    public static readonly ProblemKind NotFound = new(
        "durable-stream-not-found", 404, "There is no durable stream at this path", false, Nothing,
        "Create it with PUT, or check the path. A stream with a time to live ends by itself.");

    public static readonly ProblemKind Gone = new(
        "durable-stream-gone", 410, "The durable stream was deleted or has expired", false, Nothing,
        "Its records are only kept for its forks. The path is free again when the last of them is gone.");

    public static readonly ProblemKind Exists = new(
        "durable-stream-exists", 409, "There is another durable stream at this path", false, Nothing,
        "A stream is created with one content type, life and source, which do not change: use another path, or " +
        "delete it. The path of a deleted stream is free when its last fork is gone.");

    public static readonly ProblemKind Closed = new(
        "durable-stream-closed", 409, "The durable stream is closed", false, Nothing,
        "Nothing can be appended to it any more: use another stream, or a fork of this one.");

    public static readonly ProblemKind ContentTypeMismatch = new(
        "content-type-mismatch", 409, "The content type is not that of the durable stream", false, Nothing,
        "Send the content type that HEAD of the stream tells.");

    public static readonly ProblemKind SequenceNotRising = new(
        "stream-sequence-not-rising", 409, "Stream-Seq is not greater than that of the append before", false, Nothing,
        "Somebody else has appended, or this is a retry. Values are compared byte by byte: 10 is less than 2.");

    public static readonly ProblemKind ForkSourceGone = new(
        "fork-source-gone", 409, "The durable stream that is to be forked was deleted or has expired", false, Nothing,
        "Fork one of its forks instead.");

    public static readonly ProblemKind ForkTooDeep = new(
        "fork-too-deep", 409, "The fork would be a fork of a fork too often", false, Nothing,
        "At most 16 streams lie behind each other: fork one that is nearer to the first.");

    public static readonly IReadOnlyList<ProblemKind> All =
        [NotFound, Gone, Exists, Closed, ContentTypeMismatch, SequenceNotRising, ForkSourceGone, ForkTooDeep];
}
