using System.Text.Json;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The fields that a PUT or PATCH names, checked; null resets a field to its default.</summary>
internal sealed class QueueChanges(DefinitionFields fields)
{
    private readonly List<Func<QueueConfig, QueueConfig>> _changes = [];

    private readonly List<string> _given = [];

    /// <summary>The names of the fields that have a value of their own, and of the fields of these:
    /// `tags/team`.</summary>
    public IReadOnlyList<string> Given => _given;

    /// <summary>Reads a JSON object; an empty body is an empty object.</summary>
    public static Problem? Parse(ReadOnlySpan<byte> json, QueueChanges changes) =>
        json.IsEmpty ? null : JsonRequest.Parse(json, changes, ReadObject);

    public QueueConfig Apply(QueueConfig config)
    {
        foreach (Func<QueueConfig, QueueConfig> change in _changes) config = change(config);
        return config;
    }

    /// <summary>A new definition: what is left out takes its default.</summary>
    public QueueConfig Create() => Apply(fields.Defaults);

    /// <summary>Says which immutable fields differ from those of what exists.</summary>
    public Problem Conflict(QueueConfig existing, bool replaces)
    {
        QueueConfig wanted = replaces ? Create() : Apply(existing);
        Problem problem = new(ProblemKind.ImmutableField);
        foreach (QueueField field in fields.Values)
        {
            if (field.OnlyGrows && field.Get(wanted) < field.Get(existing))
                problem.With("/" + field.Name, $"is {field.Get(existing)} and cannot become smaller.");
            if (!field.Immutable || field.Get(wanted) == field.Get(existing)) continue;
            problem.With("/" + field.Name, $"is {field.Choices[field.Get(existing)]} and cannot change.");
        }

        foreach (QueuePolicy policy in fields.Policies)
        {
            if (policy.Fixed is var (pointer, get) && get(wanted) != get(existing))
                problem.With(pointer, $"is {get(existing)} and cannot change.");
        }

        return problem;
    }

    public static Problem? ReadObject(ref Utf8JsonReader json, QueueChanges changes)
    {
        if (json.TokenType != JsonTokenType.StartObject) return Problem.Invalid("", "The body must be a JSON object.");
        Problem? problem = null;
        uint seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int index = JsonRequest.Field(ref json, changes.Fields.Names, ref seen, ref problem);
            json.Read();
            if (index < 0) json.Skip();
            else changes.ReadField(ref json, index, ref problem);
        }

        return problem;
    }

    /// <summary>The names of the fields that differ.</summary>
    public IEnumerable<string> Differences(QueueConfig before, QueueConfig after) =>
    [
        .. fields.Values.Where(field => field.Get(before) != field.Get(after)).Select(static field => field.Name),
        .. fields.Policies.Where(policy => !policy.IsSame(before, after)).Select(static policy => policy.Name),
    ];

    public DefinitionFields Fields => fields;

    /// <summary>Reads the value of a field, on which the reader stands.</summary>
    /// <param name="index">In the names of the fields.</param>
    public void ReadField(ref Utf8JsonReader json, int index, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.Null) Note(json, fields.Names[index]);
        if (index < fields.Values.Length) ReadValue(ref json, fields.Values[index], ref problem);
        else ReadPolicy(ref json, fields.Policies[index - fields.Values.Length], ref problem);
    }

    /// <param name="json">A copy: the value is still to be read.</param>
    private void Note(Utf8JsonReader json, string name)
    {
        _given.Add(name);
        if (json.TokenType != JsonTokenType.StartObject) return;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string inner = $"{name}/{JsonRequest.Name(ref json)}";
            json.Read();
            if (json.TokenType != JsonTokenType.Null) _given.Add(inner);
            json.TrySkip();
        }
    }

    private void ReadPolicy(ref Utf8JsonReader json, QueuePolicy policy, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.Null) _changes.Add(policy.Reset);
        else if (policy.Read(ref json, ref problem) is { } change) _changes.Add(change);
    }

    private void ReadValue(ref Utf8JsonReader json, QueueField field, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.Null) Set(field, field.Get(fields.Defaults));
        else if (TryRead(ref json, field, out long value, ref problem)) Set(field, value);
        json.TrySkip();
    }

    private void Set(QueueField field, long value) => _changes.Add(config => field.Set(config, value));

    private static bool TryRead(ref Utf8JsonReader json, QueueField field, out long value, ref Problem? problem)
    {
        string pointer = "/" + field.Name;
        value = 0;
        if (field.IsFlag)
        {
            value = json.TokenType == JsonTokenType.True ? 1 : 0;
            if (json.TokenType is JsonTokenType.True or JsonTokenType.False) return true;
            Problem.Blame(ref problem, pointer, "must be true or false.");
            return false;
        }

        if (field.Choices.Length == 0)
            return JsonRequest.TryInteger(ref json, field.Min, field.Max, pointer, out value, ref problem);

        bool read = JsonRequest.TryChoice(ref json, field.Choices, pointer, out int choice, ref problem);
        value = choice;
        return read;
    }
}
