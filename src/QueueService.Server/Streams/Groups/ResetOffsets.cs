using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class ResetOffsets
{
    private static readonly Operation Description = new(
        "resetOffsets", Tags.Groups, "Set the offsets of a consumer group",
        "`to` is `earliest`, `latest`, `time` (the first record of that instant or later), `offset` or `shift` " +
        "(records forward, or back when negative), for all partitions or those that `partitions` names; what lies " +
        "outside a partition is moved to its nearest end. With `dryRun` it only says what it would do; else the " +
        "group must have no members.")
    {
        IsKeyed = true,
        Request = [Content.Json("ResetRequest", """{"to":"time","time":"2026-11-21T10:00:00Z","dryRun":true}""")],
        RequestRequired = true,
        Replies =
        [
            new(200, "The offsets before and after.", Content.Json(
                "ResetResult", """{"dryRun":true,"partitions":[{"partition":0,"from":42,"to":17}]}"""))
                { Headers = [Answers.DurabilityHeader] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, GroupProblems.GroupNotFound,
            StreamProblems.PartitionNotFound, GroupProblems.GroupHasMembers, ProblemKind.UnsupportedMediaType,
            ProblemKind.UnsupportedContentEncoding, ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", GroupRoutes.OneGroup + "/offsets/reset", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        ResetDraft draft = new();
        problem ??= await JsonBody.Read(http, host, draft, ResetDraft.Read) ?? draft.Check();
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        ResetRequest request = draft.ToRequest();
        IdempotencyToken? token = key.ToToken(http, draft.ToString());
        Result<ResetOutcome> result = await host.Broker.ResetOffsets(name, request, token);
        IdempotencyKey.Tell(http, token);
        if (!result.Succeeded) await result.Error.Write(http);
        else if (result.Value.Refused != BrokerError.None) await Refused(result.Value).Write(http);
        else await Answer(http, result.Value, request.DryRun);
    }

    private static Problem Refused(ResetOutcome outcome) => BrokerProblems.Of(outcome.Refused)
        .With("/partitions", $"names {outcome.Partition}, which is no partition of the stream.");

    private static Task Answer(HttpContext http, ResetOutcome outcome, bool dryRun)
    {
        http.Promise(Durability.Fsync);
        JsonOutput output = JsonOutput.Rent();
        output.Raw(dryRun ? "{\"dryRun\":true,\"partitions\":["u8 : "{\"dryRun\":false,\"partitions\":["u8);
        for (int i = 0; i < outcome.Moves.Count; i++)
        {
            OffsetMove move = outcome.Moves[i];
            output.Raw(i > 0 ? ",{\"partition\":"u8 : "{\"partition\":"u8).Number(move.Partition);
            if (move.From is { } from) output.Raw(",\"from\":"u8).Number(from);
            output.Raw(",\"to\":"u8).Number(move.To).Raw("}"u8);
        }

        output.Raw("]}"u8);
        return http.Answer(200, Answers.Json, output);
    }
}
