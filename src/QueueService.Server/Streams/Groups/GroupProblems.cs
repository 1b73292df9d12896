using QueueService.Broker;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>The problems that only consumer groups have.</summary>
internal static class GroupProblems
{
    private const string Nothing = "Nothing was changed.";

    public static readonly ProblemKind GroupNotFound = new(
        "group-not-found", 404, "The consumer group does not exist", false, Nothing,
        "Poll it, or create it with PUT /v1/streams/{stream}/groups/{group}, or check its name.");

    public static readonly ProblemKind MemberNotFound = new(
        "member-not-found", 404, "The consumer group has no such member", false, Nothing,
        "It has left already, or its session has ended.");

    public static readonly ProblemKind StaleGeneration = new(
        "stale-generation", 409, "The partition is not this member's any more", false, Nothing,
        "Poll without `commit` and `positions`: the answer says what the member owns now, and its records from the " +
        "committed offsets on. What it has processed and not committed is processed again, by whoever owns it.");

    public static readonly ProblemKind MemberFenced = new(
        "member-fenced", 409, "Another process has taken over as this instance", false, Nothing,
        "Stop, or join under a new member name: whoever polls with the instanceId last has its partitions.");

    public static readonly ProblemKind OffsetBeyondEnd = new(
        "offset-beyond-end", 422, "The partition has no such offset yet", false, Nothing,
        "Commit the offset behind the last record that was processed: nextOffsets of the poll that brought it.");

    public static readonly ProblemKind GroupHasMembers = new(
        "group-has-members", 409, "The consumer group has members", true, Nothing,
        "Stop them, or let them leave with DELETE …/members/{member}: they decide about offsets.");

    public static readonly ProblemKind TooManyGroups = new(
        "too-many-groups", 429, "The service holds as many consumer groups as it may", true, Nothing,
        "Delete those that are not needed.", 60);

    public static readonly ProblemKind TooManyMembers = new(
        "too-many-members", 429, "The consumer group has as many members as it may", true, Nothing,
        "Use one name for each process, over all its polls: silent members go after their session timeout.", 30);

    public static readonly IReadOnlyList<ProblemKind> All =
    [
        GroupNotFound, MemberNotFound, StaleGeneration, MemberFenced, OffsetBeyondEnd, GroupHasMembers,
        TooManyGroups, TooManyMembers,
    ];

    /// <summary>Why offsets were not committed, with the field that is to blame.</summary>
    /// <param name="partition">Negative when none is to blame.</param>
    /// <param name="field">The object that has the partition.</param>
    public static Problem Of(BrokerError error, int partition, string field)
    {
        Problem problem = BrokerProblems.Of(error);
        return error switch
        {
            BrokerError.StaleGeneration when partition < 0 =>
                problem.With("/generation", "is of a session that has ended, or of no generation of this group."),
            BrokerError.StaleGeneration =>
                problem.With($"{field}/{partition}", "is not the member's, or not since this generation."),
            BrokerError.OffsetBeyondEnd =>
                problem.With($"{field}/{partition}", "lies beyond the end of the partition."),
            BrokerError.PartitionNotFound => problem.With($"{field}/{partition}", "is no partition of the stream."),
            _ => problem,
        };
    }
}
