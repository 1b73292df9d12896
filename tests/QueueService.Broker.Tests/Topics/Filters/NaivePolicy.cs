using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>The filter language again, the slow and plain way: over JSON documents, with strings and regular
/// expressions.</summary>
internal static class NaivePolicy
{
    public static bool Matches(JsonElement policy, JsonElement? message, bool numbersInStrings) =>
        policy.EnumerateObject().All(clause => Matches(clause, message, numbersInStrings));

    public static bool MatchesKey(string pattern, string key) => Regex.IsMatch(
        key.Length == 0 ? "" : key + ".",
        "^" + string.Concat(pattern.Length == 0 ? [] : pattern.Split('.').Select(word => word switch
        {
            "*" => @"([^.]*\.)",
            "#" => @"([^.]*\.)*",
            _ => Regex.Escape(word) + @"\.",
        })) + "$",
        RegexOptions.None, TimeSpan.FromSeconds(5));

    private static bool Matches(JsonProperty clause, JsonElement? message, bool numbersInStrings)
    {
        if (clause.Name == "$or")
            return clause.Value.EnumerateArray().Any(branch => Matches(branch, message, numbersInStrings));
        JsonElement? value = message is { ValueKind: JsonValueKind.Object } parent
            && parent.TryGetProperty(clause.Name, out JsonElement found) ? found : null;
        List<JsonElement> elements = value is null ? [] : [.. Flat(value.Value)];
        if (clause.Value.ValueKind == JsonValueKind.Object)
        {
            List<JsonElement> objects = elements.FindAll(element => element.ValueKind == JsonValueKind.Object);
            return objects.Count == 0
                ? Matches(clause.Value, null, numbersInStrings)
                : objects.Exists(element => Matches(clause.Value, element, numbersInStrings));
        }

        bool inStrings = numbersInStrings && value is { ValueKind: JsonValueKind.String };
        List<JsonElement> leaves = elements.FindAll(element => element.ValueKind != JsonValueKind.Object);
        return clause.Value.EnumerateArray().Any(condition => IsAbsence(condition)
            ? leaves.Count == 0
            : leaves.Exists(leaf => Holds(condition, leaf, inStrings)));
    }

    private static IEnumerable<JsonElement> Flat(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Flat) : [value];

    private static bool IsAbsence(JsonElement condition) =>
        condition.ValueKind == JsonValueKind.Object && condition.TryGetProperty("exists", out JsonElement exists)
        && exists.ValueKind == JsonValueKind.False;

    private static bool Holds(JsonElement condition, JsonElement leaf, bool numbersInStrings)
    {
        switch (condition.ValueKind)
        {
            case JsonValueKind.String: return leaf.ValueKind == JsonValueKind.String && leaf.GetString() == condition.GetString();
            case JsonValueKind.Number: return Number(leaf, numbersInStrings) == condition.GetDecimal();
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null: return leaf.ValueKind == condition.ValueKind;
            default: break;
        }

        JsonProperty field = condition.EnumerateObject().Single();
        return field.Name switch
        {
            "exists" => true,
            "anything-but" => !Excluded(field.Value).Any(excluded => Holds(excluded, leaf, numbersInStrings)),
            "numeric" => Number(leaf, numbersInStrings) is { } number && InRange(field.Value, number),
            _ => leaf.ValueKind == JsonValueKind.String && HoldsText(field, leaf.GetString()!),
        };
    }

    private static bool HoldsText(JsonProperty field, string text)
    {
        string operand = field.Value.GetString()!;
        return field.Name switch
        {
            "prefix" => text.StartsWith(operand, StringComparison.Ordinal),
            "suffix" => text.EndsWith(operand, StringComparison.Ordinal),
            "equals-ignore-case" => string.Equals(text, operand, StringComparison.OrdinalIgnoreCase),
            "wildcard" => Regex.IsMatch(
                text, "^" + Regex.Escape(operand).Replace(@"\*", "(.|\n)*", StringComparison.Ordinal) + "$",
                RegexOptions.None, TimeSpan.FromSeconds(5)),
            _ => IPAddress.TryParse(text, out IPAddress? address) && text.Split('.').Length == 4
                && IPNetwork.Parse(operand).Contains(address),
        };
    }

    /// <summary>Each as a condition of its own.</summary>
    private static IEnumerable<JsonElement> Excluded(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray();
        if (value.ValueKind != JsonValueKind.Object) return [value];
        JsonProperty field = value.EnumerateObject().Single();
        return (field.Value.ValueKind == JsonValueKind.Array ? field.Value.EnumerateArray().ToList() : [field.Value])
            .ConvertAll(operand => JsonSerializer.SerializeToElement(
                new Dictionary<string, JsonElement> { [field.Name] = operand }));
    }

    private static bool InRange(JsonElement range, decimal number)
    {
        for (int i = 0; i < range.GetArrayLength(); i += 2)
        {
            decimal bound = range[i + 1].GetDecimal();
            bool holds = range[i].GetString() switch
            {
                "=" => number == bound,
                "!=" => number != bound,
                "<" => number < bound,
                "<=" => number <= bound,
                ">" => number > bound,
                _ => number >= bound,
            };
            if (!holds) return false;
        }

        return true;
    }

    private static decimal? Number(JsonElement leaf, bool numbersInStrings)
    {
        if (leaf.ValueKind == JsonValueKind.Number) return leaf.GetDecimal();
        return numbersInStrings && leaf.ValueKind == JsonValueKind.String
            && decimal.TryParse(leaf.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
                ? number
                : null;
    }
}
