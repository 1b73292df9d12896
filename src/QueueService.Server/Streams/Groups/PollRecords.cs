using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class PollRecords
{
    private const string Example = $$"""
        {"generation":3,"assignment":[0],"records":[{{RecordJson.Example}}],"nextOffsets":{"0":42},"lag":0}
        """;

    private static readonly Operation Description = new(
        "pollRecords", Tags.Groups, "Read as a member of a consumer group",
        "The first poll of a member joins the group, and creates it when it does not exist. Each answers the " +
        "partitions that are the member's and their next records, from the committed offsets on: poll, process, and " +
        "poll again with `commit` set to `nextOffsets`. So a lost answer loses nothing. `autoCommit` commits what is " +
        "answered with the answer: at most once. `max: 0` is a heartbeat. `revoked` are partitions that go to " +
        "another member: they stay the member's, also for commits, until its next poll for records, or one that " +
        "names this `generation`. A second poll of a member ends one that waits. An Idempotency-Key is refused: a " +
        "repeated poll is a new one, and answers again what was not committed.")
    {
        Request =
        [
            Content.Json("PollRequest", """{"member":"worker-1","max":100,"waitSeconds":20,"commit":{"0":41}}"""),
        ],
        RequestRequired = true,
        Replies =
        [
            new(200, "What is the member's, and records of it.", Content.Json("PollAnswer", Example))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, StreamProblems.PartitionNotFound,
            GroupProblems.StaleGeneration, GroupProblems.MemberFenced, GroupProblems.OffsetBeyondEnd,
            GroupProblems.TooManyGroups, GroupProblems.TooManyMembers, ProblemKind.TooManyWaiters,
            ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge,
            ProblemKind.DiskFull, StreamProblems.TierUnavailable,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", GroupRoutes.OneGroup + "/poll", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        RequestQuery.Read(http, [], ref problem);
        PollDraft draft = new();
        problem ??= await JsonBody.Read(http, host, draft, PollDraft.Read) ?? draft.Check();
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        PollRequest request = draft.Request;
        CancellationToken gone = request.WaitMilliseconds == 0 ? CancellationToken.None : http.RequestAborted;
        Result<PollAnswer> result = await host.Broker.Poll(name, request, gone);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        using PollAnswer answer = result.Value;
        if (answer.Refused != BrokerError.None)
        {
            await GroupProblems.Of(answer.Refused, answer.Partition, answer.BlamesPositions ? "/positions" : "/commit")
                .Write(http);
            return;
        }

        http.Promise(Durability.Fsync);
        await PollJson.Write(http, answer);
        await host.ReportDamage(answer.Records!);
    }
}
