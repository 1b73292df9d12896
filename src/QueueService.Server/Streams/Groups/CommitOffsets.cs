using System.Text;
using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class CommitOffsets
{
    private static readonly Operation Description = new(
        "commitOffsets", Tags.Groups, "Commit offsets",
        "`offsets` are those of the records to be read next, as `nextOffsets` of a poll are: all of them are " +
        "committed or none. The member has to own each partition, and to have owned it since the `generation` of the " +
        "poll that brought the records, else 409 `stale-generation`. Without `member` and `generation` only a group " +
        "that has no members is committed to.")
    {
        IsKeyed = true,
        Request = [Content.Json("CommitRequest", """{"member":"worker-1","generation":3,"offsets":{"0":42}}""")],
        RequestRequired = true,
        Replies = [new(204, "The offsets are committed.") { Headers = [Answers.DurabilityHeader] }],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, GroupProblems.GroupNotFound,
            StreamProblems.PartitionNotFound, GroupProblems.StaleGeneration, GroupProblems.GroupHasMembers,
            GroupProblems.OffsetBeyondEnd, ProblemKind.UnsupportedMediaType, ProblemKind.UnsupportedContentEncoding,
            ProblemKind.RequestTooLarge,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("POST", GroupRoutes.OneGroup + "/commit", Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        RequestQuery.ReadKeyed(http, [], ref problem);
        IdempotencyKey key = IdempotencyKey.Read(http, ref problem);
        CommitDraft draft = new();
        problem ??= await JsonBody.Read(http, host, draft, CommitDraft.Read) ?? draft.Check();
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        IdempotencyToken? token = key.ToToken(http, draft.ToString());
        Result<CommitOutcome> result = await host.Broker.Commit(
            name, new CommitRequest(draft.Member, draft.Generation, draft.Offsets!), token);
        IdempotencyKey.Tell(http, token);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
        }
        else if (result.Value.Refused != BrokerError.None)
        {
            await GroupProblems.Of(result.Value.Refused, result.Value.Partition, "/offsets").Write(http);
        }
        else
        {
            http.Promise(Durability.Fsync);
            await http.Answer(204);
        }
    }

    private sealed class CommitDraft
    {
        private static readonly FieldNames Fields = new("member", "generation", "offsets");

        public string? Member { get; private set; }

        public long? Generation { get; private set; }

        public PartitionOffsets? Offsets { get; private set; }

        public static Problem? Read(ref Utf8JsonReader json, CommitDraft draft)
        {
            if (json.TokenType != JsonTokenType.StartObject)
                return Problem.Invalid("", "The body must be a JSON object.");
            Problem? problem = null;
            uint seen = 0;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
                json.Read();
                if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
                if (field == 0) draft.Member = OffsetsReader.Name(ref json, "/member", ref problem);
                else if (field == 1) draft.Generation = OffsetsReader.Generation(ref json, ref problem);
                else if (field == 2) draft.Offsets = OffsetsReader.Read(ref json, "/offsets", ref problem);
                json.TrySkip();
            }

            return problem;
        }

        public Problem? Check()
        {
            Problem? problem = null;
            if (Offsets is not { Count: > 0 })
                Problem.Blame(ref problem, "/offsets", "must name at least one partition.");
            if (Member is null && Generation is not null)
                Problem.Blame(ref problem, "/member", "is needed with a generation.");
            if (Member is not null && Generation is null)
                Problem.Blame(ref problem, "/generation", "is needed with a member.");
            return problem;
        }

        /// <summary>All that matters of the request.</summary>
        public override string ToString()
        {
            StringBuilder text = new($"{Member}\n{Generation}");
            foreach ((int partition, long offset) in Offsets!) text.Append($"\n{partition}:{offset}");
            return text.ToString();
        }
    }
}
