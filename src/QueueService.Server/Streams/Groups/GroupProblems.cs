using QueueService.Broker;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>Why offsets were not committed, with the field that is to blame.</summary>
internal static class GroupProblems
{
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
