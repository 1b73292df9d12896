using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Reads the list of values and operators at a key.</summary>
internal sealed class ConditionReader(List<FilterProblem> problems)
{
    private const string Operators =
        "anything-but, prefix, suffix, equals-ignore-case, wildcard, numeric, exists and cidr";

    /// <summary>Values read, those within `anything-but` included.</summary>
    public int Values { get; private set; }

    public int WildcardPoints { get; private set; }

    public static bool IsOperator(string name) => name is "anything-but" or "prefix" or "suffix" or "equals-ignore-case"
        or "wildcard" or "numeric" or "exists" or "cidr";

    public Condition[] ReadList(JsonElement json, string pointer)
    {
        List<Condition> conditions = [];
        int place = 0;
        foreach (JsonElement value in json.EnumerateArray())
        {
            string at = pointer + "/" + (place++).ToString(CultureInfo.InvariantCulture);
            Condition? condition =
                value.ValueKind == JsonValueKind.Object ? ReadOperator(value, at) : ReadValue(value, at);
            if (condition is not null) conditions.Add(condition);
        }

        if (place == 0) Blame(pointer, "must not be an empty list.");
        return [.. conditions];
    }

    private Condition? ReadValue(JsonElement json, string pointer)
    {
        Values++;
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return ReadText(json, pointer) is { } text ? new Condition(Operator.Equal) { Text = text } : null;
            case JsonValueKind.Number:
                return ReadNumber(json, pointer) is { } number
                    ? new Condition(Operator.EqualNumber) { Low = number }
                    : null;
            case JsonValueKind.True: return new Condition(Operator.True);
            case JsonValueKind.False: return new Condition(Operator.False);
            case JsonValueKind.Null: return new Condition(Operator.Null);
            default:
                Blame(pointer, "must be a string, a number, true, false, null or an object with an operator.");
                return null;
        }
    }

    private Condition? ReadOperator(JsonElement json, string pointer)
    {
        if (Single(json, pointer) is not { } field) return null;
        pointer += "/" + FilterReader.Escape(field.Name);
        if (field.Name != "anything-but") Values++;
        switch (field.Name)
        {
            case "anything-but": return ReadAnythingBut(field.Value, pointer);
            case "numeric": return new NumericReader(problems).Read(field.Value, pointer);
            case "exists" when field.Value.ValueKind is JsonValueKind.True: return new Condition(Operator.Exists);
            case "exists" when field.Value.ValueKind is JsonValueKind.False: return new Condition(Operator.NotExists);
            case "exists":
                Blame(pointer, "must be true or false.");
                return null;
            case "cidr" when field.Value.ValueKind == JsonValueKind.String
                    && AddressBlock.TryParse(Encoding.UTF8.GetBytes(field.Value.GetString()!), out AddressBlock block):
                return new Condition(Operator.Address) { Block = block };
            case "cidr":
                Blame(pointer, "must be a block of addresses such as \"10.0.0.0/8\" or \"2001:db8::/32\".");
                return null;
            case "prefix" or "suffix" or "equals-ignore-case" or "wildcard":
                return ReadTextOperator(field.Name, field.Value, pointer);
            default:
                Blame(pointer, $"is not an operator: {Operators} are.");
                return null;
        }
    }

    private Condition? ReadAnythingBut(JsonElement json, string pointer)
    {
        List<Condition> excluded = [];
        if (json.ValueKind == JsonValueKind.Object)
        {
            if (Single(json, pointer) is not { } field) return null;
            pointer += "/" + FilterReader.Escape(field.Name);
            if (field.Name is not ("prefix" or "suffix" or "equals-ignore-case" or "wildcard"))
            {
                Blame(pointer, "is not known in anything-but: prefix, suffix, equals-ignore-case and wildcard are.");
                return null;
            }

            ForEach(field.Value, pointer, (value, at) => ReadTextOperator(field.Name, value, at), excluded);
        }
        else ForEach(json, pointer, ReadExcluded, excluded);

        return new Condition(Operator.AnythingBut) { Excluded = [.. excluded] };
    }

    private Condition? ReadExcluded(JsonElement json, string pointer)
    {
        if (json.ValueKind is JsonValueKind.String or JsonValueKind.Number) return ReadValue(json, pointer);
        Blame(pointer, "must be a string or a number.");
        return null;
    }

    private void ForEach(
        JsonElement json, string pointer, Func<JsonElement, string, Condition?> read, List<Condition> conditions)
    {
        if (json.ValueKind != JsonValueKind.Array)
        {
            if (read(json, pointer) is { } only) conditions.Add(only);
            return;
        }

        int place = 0;
        foreach (JsonElement value in json.EnumerateArray())
        {
            string at = pointer + "/" + (place++).ToString(CultureInfo.InvariantCulture);
            if (read(value, at) is { } condition) conditions.Add(condition);
        }

        if (place == 0) Blame(pointer, "must not be an empty list.");
    }

    private Condition? ReadTextOperator(string name, JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            Blame(pointer, "must be a string.");
            return null;
        }

        if (ReadText(json, pointer) is not { } text) return null;
        if (name == "equals-ignore-case")
            return new Condition(Operator.EqualIgnoringCase) { Text = CaseFolding.Fold(text) };
        if (text.Length == 0) Blame(pointer, "must not be empty.");
        if (name != "wildcard")
            return new Condition(name == "prefix" ? Operator.Prefix : Operator.Suffix) { Text = text };
        if (WildcardPattern.Parse(json.GetString()!, out WildcardPattern? pattern) is { } wrong) Blame(pointer, wrong);
        WildcardPoints += pattern is null ? 0 : pattern.Wildcards == 1 ? 1 : 3 * pattern.Wildcards;
        return new Condition(Operator.Wildcard) { Text = text, Pattern = pattern };
    }

    private JsonProperty? Single(JsonElement json, string pointer)
    {
        JsonProperty? only = null;
        int count = 0;
        foreach (JsonProperty field in json.EnumerateObject())
        {
            only = field;
            count++;
        }

        if (count == 1) return only;
        Blame(pointer, count == 0 ? $"must name an operator: {Operators}." : "must name one operator only.");
        return null;
    }

    private byte[]? ReadText(JsonElement json, string pointer)
    {
        byte[] text = Encoding.UTF8.GetBytes(json.GetString()!);
        if (text.Length <= FilterLimits.TextBytes) return text;
        Blame(pointer, $"must be at most {FilterLimits.TextBytes} bytes.");
        return null;
    }

    private double? ReadNumber(JsonElement json, string pointer) => NumericReader.ReadNumber(json, pointer, problems);

    private void Blame(string pointer, string message) => problems.Add(new FilterProblem(pointer, message));
}
