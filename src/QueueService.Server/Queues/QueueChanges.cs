using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The fields that a PUT or PATCH names, checked; null resets a field to its default.</summary>
internal sealed class QueueChanges
{
    private static readonly QueueConfig Defaults = new();

    private readonly List<(QueueField Field, int? Value)> _changes = [];

    /// <summary>Reads a JSON object; an empty body is an empty object.</summary>
    public static Problem? Parse(ReadOnlySpan<byte> json, QueueChanges changes) =>
        json.IsEmpty ? null : JsonRequest.Parse(json, changes, ReadObject);

    public QueueConfig Apply(QueueConfig config)
    {
        foreach ((QueueField field, int? value) in _changes)
            config = field.Set(config, value ?? field.Get(Defaults));
        return config;
    }

    /// <summary>Says which immutable fields differ from those of the existing queue.</summary>
    public Problem Conflict(QueueConfig existing, bool replaces)
    {
        QueueConfig wanted = Apply(replaces ? Defaults : existing);
        Problem problem = new(ProblemKind.ImmutableField);
        foreach (QueueField field in QueueFields.All)
        {
            if (!field.Immutable || field.Get(wanted) == field.Get(existing)) continue;
            problem.With("/" + field.Name, $"is {field.Choices[field.Get(existing)]} and cannot change.");
        }

        return problem;
    }

    private static Problem? ReadObject(ref Utf8JsonReader json, QueueChanges changes)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int index = JsonRequest.Field(ref json, QueueFields.Names, ref seen, ref problem);
            json.Read();
            if (index >= 0) changes.ReadValue(ref json, QueueFields.All[index], ref problem);
            else json.Skip();
        }

        return problem;
    }

    /// <summary>Any case: what .NET's own converter makes of an enum in a generated client is `Fsync`.</summary>
    private static int IndexOf(string[] choices, string text) =>
        Array.FindIndex(choices, choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase));

    private void ReadValue(ref Utf8JsonReader json, QueueField field, ref Problem? problem)
    {
        string pointer = "/" + field.Name;
        if (json.TokenType == JsonTokenType.Null)
        {
            _changes.Add((field, null));
        }
        else if (field.Choices.Length == 0)
        {
            if (JsonRequest.TryInteger(ref json, field.Min, field.Max, pointer, out long value, ref problem))
                _changes.Add((field, (int)value));
            json.TrySkip();
        }
        else
        {
            int choice = json.TokenType == JsonTokenType.String
                ? IndexOf(field.Choices, JsonRequest.Name(ref json))
                : -1;
            if (choice >= 0) _changes.Add((field, choice));
            else Problem.Blame(ref problem, pointer, $"must be one of {string.Join(", ", field.Choices)}.");
            json.TrySkip();
        }
    }
}
