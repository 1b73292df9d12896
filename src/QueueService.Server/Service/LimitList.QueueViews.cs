using QueueService.Broker.QueueViews;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Service;

/// <summary>Bounds of queue views.</summary>
internal static partial class LimitList
{
    private static IEnumerable<Limit> QueueViews(LimitOptions limits) =>
    [
        new("queueViews", limits.MaxQueues, "views", "Queue views in all.", ProblemKind.TooManyQueues)
        {
            Setting = "Limits:MaxQueues",
        },
        new("queueViewHoles", QueueViewLimits.HoleBlocks, "blocks",
            "Blocks of 65,536 offsets in which some records are acknowledged and others not, of all partitions of a " +
            "view; each partition has an equal share.")
        {
            Instead =
                "Nothing new of the partition is handed out before older records are acknowledged; blockedReason " +
                "says so.",
        },
        new("queueViewPartitionHolesMin", QueueViewLimits.MinHoleBlocks, "blocks",
            "What a partition may have of them in any case.")
        {
            Instead = "As above.",
        },
    ];
}
