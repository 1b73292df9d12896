using QueueService.Server.Http;

namespace QueueService.Server.Streams.Tables;

/// <summary>The problems that only tables have.</summary>
internal static class TableProblems
{
    private const string Nothing = "Nothing was changed.";

    public static readonly ProblemKind KeyNotFound = new(
        "table-key-not-found", 404, "The key has no value", false, Nothing,
        "No record with this key is kept, or the newest one says that it has no value any more.");

    public static readonly ProblemKind NotCompacted = new(
        "stream-not-compacted", 409, "The stream has no table", false, Nothing,
        "Only a stream whose cleanup is `compact` or `compactAndDelete` keeps the newest record of each key.");

    public static readonly ProblemKind ScanExpired = new(
        "scan-expired", 410, "The scan of the table is over", false, Nothing,
        "A scan lasts five minutes, and not beyond a restart: start again without the cursor.");

    public static readonly ProblemKind TooManyScans = new(
        "too-many-scans", 429, "The table is being scanned by as many as may be", true, Nothing,
        "Read the scans that were begun to their ends, or ask for the whole answer as events.", 5);

    public static readonly ProblemKind Loading = new(
        "table-loading", 503, "The table is still being read", true, Nothing,
        "The stream is long, and nobody had asked for its table lately. Ask again: reading goes on where it was.", 1);

    public static readonly ProblemKind TooManyKeys = new(
        "too-many-table-keys", 507, "The table has more keys than fit into memory", false, Nothing,
        "Raise Limits:MaxTableKeys, which counts the keys of all tables, or read the stream itself.");

    public static readonly IReadOnlyList<ProblemKind> All =
        [KeyNotFound, NotCompacted, ScanExpired, TooManyScans, Loading, TooManyKeys];
}
