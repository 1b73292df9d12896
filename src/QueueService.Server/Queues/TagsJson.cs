using System.Text.Json;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>The tags of a queue as JSON, `{"team":"payments"}`, and as a filter, `?tag=team:payments`.</summary>
internal static class TagsJson
{
    private const string Pointer = "/tags";

    public static readonly string KeyRule = $"1 to {Tag.MaxKeyLength} of A-Z a-z 0-9 . _ / -";

    private static readonly string ValueRule =
        $"must be a string of at most {Tag.MaxValueLength} characters, none of them a control character.";

    /// <summary>As merge patch has it: keys left out stay, null takes a key away.</summary>
    public static Func<QueueConfig, QueueConfig>? Read(ref Utf8JsonReader json, ref Problem? problem)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Problem.Blame(ref problem, Pointer, "must be a JSON object of strings.");
            json.TrySkip();
            return null;
        }

        Dictionary<string, string?> changes = new(StringComparer.Ordinal);
        int given = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = JsonRequest.Name(ref json);
            string pointer = $"{Pointer}/{JsonRequest.Escape(key)}";
            if (!Tag.IsKey(key)) Problem.Blame(ref problem, pointer, $"must have a name that is {KeyRule}");
            json.Read();
            string? value = ReadValue(ref json, pointer, ref problem);
            if (!changes.TryAdd(key, value)) Problem.Blame(ref problem, pointer, "is given twice.");
            if (value is not null) given++;
        }

        if (given > Tag.MaxPerQueue) Problem.Blame(ref problem, Pointer, $"must hold at most {Tag.MaxPerQueue} tags.");
        return config => config with { Tags = Tag.Merge(config.Tags, changes) };
    }

    public static bool Write(JsonOutput output, QueueConfig config)
    {
        output.Raw("{"u8);
        for (int i = 0; i < config.Tags.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            output.Text(config.Tags[i].Key).Raw(":"u8).Text(config.Tags[i].Value);
        }

        output.Raw("}"u8);
        return true;
    }

    /// <summary>`key:value`, or `key` alone for any value.</summary>
    public static List<TagFilter> ReadFilters(IReadOnlyList<string> given, ref Problem? problem)
    {
        List<TagFilter> filters = [];
        foreach (string text in given)
        {
            string[] parts = text.Split(':', 2);
            if (!Tag.IsKey(parts[0]) || (parts.Length == 2 && !Tag.IsValue(parts[1])))
                Problem.Blame(ref problem, "?tag", $"must be key:value, or key alone; a key is {KeyRule}");
            else filters.Add(new TagFilter(parts[0], parts.Length == 2 ? parts[1] : null));
        }

        if (filters.Count > Limits.TagFilters)
            Problem.Blame(ref problem, "?tag", $"must be given at most {Limits.TagFilters} times.");
        return filters;
    }

    private static string? ReadValue(ref Utf8JsonReader json, string pointer, ref Problem? problem)
    {
        if (json.TokenType == JsonTokenType.Null) return null;
        string value = "";
        bool valid = json.TokenType == JsonTokenType.String
            && JsonRequest.TryText(ref json, pointer, out value, ref problem) && Tag.IsValue(value);
        if (!valid) Problem.Blame(ref problem, pointer, ValueRule);
        json.TrySkip();
        return value;
    }
}
