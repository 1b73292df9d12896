using System.Text.Json;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Operations;

/// <summary>Reads the body of a redrive.</summary>
internal static class RedriveReader
{
    private static readonly FieldNames Fields = new("to", "filter", "limit", "ratePerSecond", "dryRun");

    public static Problem? Read(ref Utf8JsonReader json, RedriveDraft draft)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, Fields, ref seen, ref problem);
            json.Read();
            if (JsonRequest.IsLeftOut(ref json, field, ref seen)) continue;
            switch (field)
            {
                case 0: draft.To = ReadName(ref json, "/to", ref problem); break;
                case 1: draft.Filter = FilterReader.Read(ref json, "/filter", ref problem); break;
                case 2:
                    if (JsonRequest.TryInteger(ref json, 1, long.MaxValue, "/limit", out long limit, ref problem))
                        draft.Limit = limit;
                    break;
                case 3:
                    if (JsonRequest.TryInteger(
                        ref json, 1, OperationLimits.MaxRatePerSecond, "/ratePerSecond", out long rate, ref problem))
                        draft.RatePerSecond = (int)rate;
                    break;
                case 4: draft.DryRun = ReadFlag(ref json, "/dryRun", ref problem); break;
                default: break;
            }

            json.TrySkip();
        }

        return problem;
    }

    /// <summary>The name of a queue; null and blamed when it cannot be one.</summary>
    public static string? ReadName(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        string text = json.TokenType == JsonTokenType.String ? JsonRequest.Name(ref json) : "";
        if (QueueName.TryParse(text, out _)) return text;
        Problem.Blame(ref problem, pointer, "must be the name of a queue: 1 to 128 of A-Z a-z 0-9 . _ -");
        return null;
    }

    private static bool ReadFlag(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
            Problem.Blame(ref problem, pointer, "must be true or false.");
        return json.TokenType == JsonTokenType.True;
    }
}
