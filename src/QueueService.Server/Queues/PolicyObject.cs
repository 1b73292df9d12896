using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Reads the fields of one policy, one after the other; null resets a field to its default.</summary>
internal ref struct PolicyObject(string pointer, FieldNames known)
{
    private uint _seen;
    private bool _opened;

    /// <summary>Which of the known fields the reader stands on the value of.</summary>
    public int Index { get; private set; }

    private readonly string Pointer => $"{pointer}/{known[Index]}";

    /// <summary>Goes to the next known field; what is not known is blamed.</summary>
    public bool Next(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (!_opened && json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, pointer, "must be a JSON object.");
            json.TrySkip();
            return false;
        }

        _opened = true;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            Index = JsonRequest.Field(ref json, known, ref _seen, ref problem, pointer);
            json.Read();
            if (Index >= 0) return true;
            json.TrySkip();
        }

        return false;
    }

    public readonly int Choice(ref Utf8JsonReader json, string[] choices, int otherwise, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.Null) return otherwise;
        if (JsonRequest.TryChoice(ref json, choices, Pointer, out int choice, ref problem)) return choice;
        json.TrySkip();
        return otherwise;
    }

    public readonly int Integer(ref Utf8JsonReader json, int min, int max, int otherwise, ref Problem? problem) =>
        (int)Long(ref json, min, max, otherwise, ref problem);

    public readonly long Long(ref Utf8JsonReader json, long min, long max, long otherwise, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.Null) return otherwise;
        JsonRequest.TryInteger(ref json, min, max, Pointer, out long value, ref problem);
        json.TrySkip();
        return value;
    }

    public readonly bool Flag(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
        {
            Problem.Blame(ref problem, Pointer, "must be true or false.");
            json.TrySkip();
            return false;
        }

        return json.TokenType == JsonTokenType.True;
    }

    /// <summary>A number with up to three decimals.</summary>
    public readonly int Thousandths(ref Utf8JsonReader json, int min, int max, int otherwise, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.Null) return otherwise;
        if (json.TokenType == JsonTokenType.Number && json.TryGetDecimal(out decimal value)
            && value >= min / 1_000m && value <= max / 1_000m && value * 1_000 == decimal.Truncate(value * 1_000))
            return (int)(value * 1_000);
        Problem.Blame(
            ref problem, Pointer,
            FormattableString.Invariant(
                $"must be a number from {min / 1_000} to {max / 1_000} with up to three decimals."));
        json.TrySkip();
        return otherwise;
    }

    public readonly string? Name(ref Utf8JsonReader json, ref Problem? problem) => Name(ref json, Pointer, ref problem);

    public readonly List<string> Names(ref Utf8JsonReader json, int max, ref Problem? problem)
    {
        List<string> names = [];
        if (json.TokenType == JsonTokenType.Null) return names;
        if (json.TokenType != JsonTokenType.StartArray)
        {
            Problem.Blame(ref problem, Pointer, "must be a list of queue names.");
            json.TrySkip();
            return names;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (Name(ref json, $"{Pointer}/{names.Count}", ref problem) is { } name) names.Add(name);
        }

        if (names.Count > max) Problem.Blame(ref problem, Pointer, $"must list at most {max} queues.");
        return names;
    }

    private static string? Name(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        string text = json.TokenType == JsonTokenType.String ? JsonRequest.Name(ref json) : "";
        json.TrySkip();
        if (QueueName.TryParse(text, out _)) return text;
        Problem.Blame(ref problem, pointer, "must be the name of a queue: 1 to 128 of A-Z a-z 0-9 . _ -");
        return null;
    }
}
