using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>What a poll asks for, read from JSON.</summary>
internal sealed class PollDraft
{
    private static readonly FieldNames Fields = new(
        "member", "instanceId", "max", "waitSeconds", "sessionTimeoutSeconds", "generation", "positions", "commit",
        "autoCommit");

    public PollRequest Request { get; private set; } = new("", GroupLimits.DefaultPollRecords);

    public static Problem? Read(ref Utf8JsonReader json, PollDraft draft)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            draft.Request = ReadField(ref json, field, draft.Request, ref problem);
            json.TrySkip();
        }

        return problem;
    }

    public Problem? Check()
    {
        Problem? problem = null;
        if (Request.Member.Length == 0) Problem.Blame(ref problem, "/member", $"is needed: {GroupRoutes.NameRule}");
        if (Request is { Max: 0, WaitMilliseconds: > 0 })
            Problem.Blame(ref problem, "/waitSeconds", "must be 0 for a heartbeat, which is max: 0.");
        if (Request is { Positions: not null, Generation: null })
            Problem.Blame(ref problem, "/generation", "is needed with positions.");
        return problem;
    }

    private static PollRequest ReadField(
        ref Utf8JsonReader json, int field, PollRequest request, ref Problem? problem) => field switch
    {
        0 => request with { Member = OffsetsReader.Name(ref json, "/member", ref problem) ?? "?" },
        1 => request with { InstanceId = OffsetsReader.Name(ref json, "/instanceId", ref problem) },
        2 => request with { Max = (int)Integer(ref json, StreamLimits.MaxRecordsPerRead, "/max", ref problem) },
        3 => request with
        {
            WaitMilliseconds = 1_000 * (int)Integer(
                ref json, QueueConfigLimits.MaxReceiveWaitSeconds, "/waitSeconds", ref problem),
        },
        4 when GroupSettings.TryReadSession(ref json, "/sessionTimeoutSeconds", out int seconds, ref problem) =>
            request with { SessionTimeoutSeconds = seconds },
        5 => request with { Generation = OffsetsReader.Generation(ref json, ref problem) },
        6 => request with { Positions = OffsetsReader.Read(ref json, "/positions", ref problem) },
        7 => request with { Commit = OffsetsReader.Read(ref json, "/commit", ref problem) },
        8 => request with { AutoCommit = OffsetsReader.Flag(ref json, "/autoCommit", ref problem) },
        _ => request,
    };

    private static long Integer(ref Utf8JsonReader json, int max, string pointer, ref Problem? problem) =>
        JsonRequest.TryInteger(ref json, 0, max, pointer, out long value, ref problem) ? value : 0;
}
