using System.Text.Json;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>What the owner of a consumer group declares, read from JSON.</summary>
internal sealed class GroupSettings
{
    public static readonly string[] Resets = ["earliest", "latest"];

    public static readonly string[] Assignors = ["stickyCooperative", "range"];

    private static readonly FieldNames Fields = new(
        "autoOffsetReset", "assignor", "sessionTimeoutSeconds", "processingTimeoutSeconds");

    public GroupConfig Config { get; private set; } = new();

    public static Problem? Read(ref Utf8JsonReader json, GroupSettings settings)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            settings.ReadField(ref json, field, ref problem);
            json.TrySkip();
        }

        return problem;
    }

    /// <summary>A session timeout, as the owner of a group or a member names it.</summary>
    public static bool TryReadSession(
        ref Utf8JsonReader json, string pointer, out int seconds, ref Problem? problem)
    {
        bool read = JsonRequest.TryInteger(
            ref json, GroupLimits.MinSessionTimeoutSeconds, GroupLimits.MaxSessionTimeoutSeconds, pointer,
            out long value, ref problem);
        seconds = (int)value;
        return read;
    }

    private void ReadField(ref Utf8JsonReader json, int field, ref Problem? problem)
    {
        switch (field)
        {
            case 0 when JsonRequest.TryChoice(ref json, Resets, "/autoOffsetReset", out int reset, ref problem):
                Config = Config with { AutoOffsetReset = (OffsetReset)reset };
                break;
            case 1 when JsonRequest.TryChoice(ref json, Assignors, "/assignor", out int assignor, ref problem):
                Config = Config with { Assignor = (GroupAssignor)assignor };
                break;
            case 2 when TryReadSession(ref json, "/sessionTimeoutSeconds", out int session, ref problem):
                Config = Config with { SessionTimeoutSeconds = session };
                break;
            case 3 when JsonRequest.TryInteger(
                ref json, GroupLimits.MinProcessingTimeoutSeconds, GroupLimits.MaxProcessingTimeoutSeconds,
                "/processingTimeoutSeconds", out long processing, ref problem):
                Config = Config with { ProcessingTimeoutSeconds = (int)processing };
                break;
            default:
                break;
        }
    }
}
