using System.Text.Json;
using System.Text.Unicode;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Reads the JSON forms of a batch: `{"messages":[…]}` or `{"records":[…]}`, and a list of CloudEvents.
/// </summary>
internal static class BatchReader
{
    public static Problem? ReadMessages(ReadOnlySpan<byte> body, BatchIntake intake) =>
        JsonRequest.Parse(body, intake, ReadObject) ?? RefuseEmpty(intake, "/" + intake.Reader.ListName);

    public static Problem? ReadEvents(ReadOnlySpan<byte> body, BatchIntake intake)
    {
        if (!Utf8.IsValid(body)) return new Problem(ProblemKind.MalformedJson, "The body is not valid UTF-8.");
        try
        {
            Utf8JsonReader json = new(body, CloudEventReader.Options);
            json.Read();
            if (json.TokenType != JsonTokenType.StartArray)
                return Problem.Invalid("", "A batch of CloudEvents must be a JSON array.");
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (intake.AddEvent(ref json, body) is { } problem) return problem;
            }

            while (json.Read())
            {
            }

            return RefuseEmpty(intake, "");
        }
        catch (JsonException malformed)
        {
            return JsonRequest.Malformed(malformed);
        }
    }

    /// <summary>One line of an NDJSON batch. In a partial batch a malformed line is its own problem only.</summary>
    public static Problem? ReadLine(ReadOnlySpan<byte> line, BatchIntake intake)
    {
        if (!Utf8.IsValid(line))
            return intake.Refuse(new Problem(ProblemKind.MalformedJson).With("", "The line is not valid UTF-8."));
        int before = intake.Count;
        try
        {
            Utf8JsonReader json = new(line, JsonRequest.Strict);
            // What follows the message is checked first: once it is in the batch, it cannot be taken out.
            Utf8JsonReader ahead = json;
            while (ahead.Read())
            {
            }

            json.Read();
            return intake.Add(ref json, "");
        }
        catch (JsonException malformed)
        {
            if (intake.Count != before) return JsonRequest.Malformed(malformed);
            return intake.Refuse(JsonRequest.Malformed(malformed).With("", "The line is not valid JSON."));
        }
    }

    public static Problem? RefuseEmpty(BatchIntake intake, string pointer) =>
        intake.Count > 0 ? null : Problem.Invalid(pointer, "A batch must not be empty.");

    private static Problem? ReadObject(ref Utf8JsonReader json, BatchIntake intake)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        FieldNames fields = new(intake.Reader.ListName);
        string place = "/" + intake.Reader.ListName;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = JsonRequest.Field(ref json, fields, ref seen, ref problem);
            json.Read();
            if (field < 0)
            {
                json.TrySkip();
                continue;
            }

            if (json.TokenType != JsonTokenType.StartArray)
                return Problem.Invalid(place, $"must be a list of {intake.Reader.ListName}.");
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (intake.Add(ref json, place) is { } refused) return refused;
            }
        }

        return problem;
    }
}
