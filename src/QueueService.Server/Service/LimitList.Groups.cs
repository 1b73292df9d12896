using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;
using QueueService.Server.Streams.Groups;

namespace QueueService.Server.Service;

/// <summary>Bounds of consumer groups.</summary>
internal static partial class LimitList
{
    private static readonly Limit[] Groups =
    [
        new("consumerGroups", GroupLimits.MaxGroups, "groups", "Consumer groups in all.", GroupProblems.TooManyGroups),
        new("groupMembers", GroupLimits.MaxMembers, "members", "Members of one consumer group.",
            GroupProblems.TooManyMembers),
        new("groupNameLength", GroupLimits.NameLength, "characters",
            "The name of a consumer group, a member or an instance, of A-Z a-z 0-9 . _ -"),
        new("pollRecords", StreamLimits.MaxRecordsPerRead, "records", "Records that one poll asks for."),
        new("pollWaitSeconds", QueueConfigLimits.MaxReceiveWaitSeconds, "seconds", "The wait of a poll."),
        new("sessionTimeoutSeconds", GroupLimits.MaxSessionTimeoutSeconds, "seconds", "The session of a member."),
        new("processingTimeoutSeconds", GroupLimits.MaxProcessingTimeoutSeconds, "seconds",
            "How long a member may go without asking for records or committing."),
    ];
}
