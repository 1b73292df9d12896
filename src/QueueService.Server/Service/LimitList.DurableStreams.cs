using QueueService.Broker.DurableStreams;
using QueueService.Server.DurableStreams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Service;

/// <summary>Bounds of durable streams.</summary>
internal static partial class LimitList
{
    private static IEnumerable<Limit> DurableStreams(LimitOptions limits) =>
    [
        new("durableStreams", limits.MaxQueues, "streams", "Durable streams in all.", ProblemKind.TooManyQueues)
        {
            Setting = "Limits:MaxQueues",
        },
        new("durableStreamPathLength", DurableStreamLimits.PathLength, "characters", "The path of a durable stream."),
        new("durableStreamTtlSeconds", DurableStreamLimits.MaxTtlSeconds, "seconds", "Stream-TTL."),
        new("streamSequenceLength", DurableStreamLimits.SequenceLength, "characters", "Stream-Seq."),
        new("forkDepth", DurableStreamLimits.MaxForkDepth, "streams", "A durable stream and those it is forked from.",
            DurableStreamProblems.ForkTooDeep),
        new("durableStreamPollSeconds", (long)Limits.DurableStreamPoll.TotalSeconds, "seconds",
            "The wait of a long-poll of a durable stream.") { Instead = "It answers 204." },
        new("durableStreamFollowSeconds", (long)Limits.DurableStreamFollow.TotalSeconds, "seconds",
            "Server-sent events of a durable stream in one request.")
        {
            Instead = "The answer ends; the client goes on.",
        },
    ];
}
