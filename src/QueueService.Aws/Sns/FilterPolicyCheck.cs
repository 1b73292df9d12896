using System.Globalization;
using System.Text;
using System.Text.Json;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Aws.Sns;

/// <summary>Holds a filter policy against SNS's rules, which are narrower than the broker's, and says in AWS's words
/// what is wrong with it.</summary>
internal sealed class FilterPolicyCheck
{
    /// <summary>Of the JSON, in bytes of UTF-8: what the broker's filters take, less what is written around the policy.
    /// AWS: 256 KB, but at most 150 values.</summary>
    public const int MaxBytes = FilterLimits.FilterBytes - 64;

    private const int MaxKeys = 5;
    private const int MaxCombinations = 150;

    /// <summary>SNS compares numbers within this range only.</summary>
    private const double MaxNumber = 1e9;

    private readonly bool _ofBody;
    private int _keys;

    private FilterPolicyCheck(bool ofBody) => _ofBody = ofBody;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    /// <param name="ofBody">The scope is MessageBody.</param>
    public static string? Refuse(string json, bool ofBody)
    {
        if (Encoding.UTF8.GetByteCount(json) > MaxBytes)
            return $"FilterPolicy: Filter policy is larger than {MaxBytes} bytes";
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return "FilterPolicy: failed to parse JSON.";
            FilterPolicyCheck check = new(ofBody);
            double combinations = check.Combinations(document.RootElement, depth: 1);
            if (check._keys > MaxKeys) return "FilterPolicy: Filter policy can not have more than 5 keys";
            return combinations > MaxCombinations ? "FilterPolicy: Filter policy is too complex" : null;
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidOperationException)
        {
            return "FilterPolicy: failed to parse JSON.";
        }
        catch (RuleException wrong)
        {
            return "FilterPolicy: " + wrong.Message;
        }
    }

    /// <summary>The numbers of values of all keys, multiplied, each by the depth of its key; branches add.</summary>
    private double Combinations(JsonElement policy, int depth)
    {
        double product = 1;
        foreach (JsonProperty rule in policy.EnumerateObject())
        {
            if (rule.Name == "$or" && IsOr(rule.Value))
            {
                product *= rule.Value.EnumerateArray().Sum(branch => Combinations(branch, depth));
                continue;
            }

            switch (rule.Value.ValueKind)
            {
                case JsonValueKind.Object when !_ofBody:
                    throw new RuleException(
                        "Filter policy scope MessageAttributes does not support nested filter policy");
                case JsonValueKind.Object:
                    product *= Combinations(rule.Value, depth + 1);
                    break;
                case JsonValueKind.Array:
                    _keys++;
                    product *= CheckValues(rule.Value) * depth;
                    break;
                default:
                    throw new RuleException($"\"{rule.Name}\" must be an object or an array");
            }
        }

        return product;
    }

    private static bool IsOr(JsonElement json) => json.ValueKind == JsonValueKind.Array && json.GetArrayLength() >= 2 &&
        json.EnumerateArray().All(static branch => branch.ValueKind == JsonValueKind.Object &&
            branch.EnumerateObject().All(static rule => !RuleOperators.Contains(rule.Name)));

    private static int CheckValues(JsonElement values)
    {
        int count = values.GetArrayLength();
        if (count == 0) throw new RuleException("Empty arrays are not allowed");
        foreach (JsonElement value in values.EnumerateArray())
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    CheckOperator(value);
                    break;
                case JsonValueKind.Array:
                    throw new RuleException("Match value must be String, number, true, false, or null");
                case JsonValueKind.Number:
                    InRange(value, "=");
                    break;
                default:
                    break;
            }
        }

        return count;
    }

    private static void CheckOperator(JsonElement rule)
    {
        JsonProperty[] fields = [.. rule.EnumerateObject()];
        if (fields.Length != 1) throw new RuleException("Only one key allowed in match expression");
        JsonElement value = fields[0].Value;
        switch (fields[0].Name)
        {
            case "exists" when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                throw new RuleException("exists match pattern must be either true or false.");
            case "prefix" or "suffix" or "equals-ignore-case" or "wildcard" or "cidr"
                when value.ValueKind != JsonValueKind.String:
                throw new RuleException($"{fields[0].Name} match pattern must be a string");
            case "numeric":
                CheckNumeric(value);
                break;
            case "anything-but" when value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object
                or JsonValueKind.String or JsonValueKind.Number):
                throw new RuleException("Value of anything-but must be an array or single string/number value.");
            case string name when !RuleOperators.Contains(name):
                throw new RuleException($"Unrecognized match type {name}");
            default:
                break;
        }
    }

    private static void CheckNumeric(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array) throw new RuleException("Value of numeric must be an array.");
        JsonElement[] parts = [.. list.EnumerateArray()];
        if (parts.Length == 0) throw new RuleException("Invalid member in numeric match: ]");
        string first = OperatorAt(parts, 0);
        double low = ValueAt(parts, 1, first);
        if (parts.Length == 2) return;
        if (first is not (">" or ">=")) throw new RuleException("Too many elements in numeric expression");
        string second = OperatorAt(parts, 2);
        if (second is not ("<" or "<=")) throw new RuleException($"Bad numeric range operator: {second}");
        double high = ValueAt(parts, 3, second);
        if (parts.Length > 4) throw new RuleException("Too many terms in numeric range expression");
        if (low >= high) throw new RuleException("Bottom must be less than top");
    }

    private static string OperatorAt(JsonElement[] parts, int place)
    {
        if (parts[place].ValueKind != JsonValueKind.String)
            throw new RuleException($"Invalid member in numeric match: {parts[place].GetRawText()}");
        string name = parts[place].GetString()!;
        return name is "=" or "<" or "<=" or ">" or ">="
            ? name
            : throw new RuleException($"Unrecognized numeric range operator: {name}");
    }

    private static double ValueAt(JsonElement[] parts, int place, string name) =>
        place < parts.Length && parts[place].ValueKind == JsonValueKind.Number
            ? InRange(parts[place], name)
            : throw new RuleException($"Value of {name} must be numeric");

    private static double InRange(JsonElement json, string name)
    {
        double number = json.GetDouble();
        return Math.Abs(number) <= MaxNumber
            ? number
            : throw new RuleException(string.Create(
                CultureInfo.InvariantCulture, $"Value of {name} must be between -1.0E9 and +1.0E9, inclusive"));
    }

    private sealed class RuleException(string message) : Exception(message);
}

/// <summary>The operators of SNS's filter policies.</summary>
internal static class RuleOperators
{
    public static bool Contains(string name) => name is "exists" or "prefix" or "suffix" or "equals-ignore-case"
        or "wildcard" or "cidr" or "numeric" or "anything-but";
}
