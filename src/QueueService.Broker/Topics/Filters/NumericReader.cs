using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Reads the list of `numeric`: one comparison, or a lower and then an upper bound.</summary>
internal sealed class NumericReader(List<FilterProblem> problems)
{
    private const string Comparisons = "=, !=, <, <=, > or >=";

    public static double? ReadNumber(JsonElement json, string pointer, List<FilterProblem> problems)
    {
        byte[] text = Encoding.ASCII.GetBytes(json.GetRawText());
        if (NumberText.Read(text) is { } number && double.IsFinite(number)
            && NumberText.Digits(text) <= FilterLimits.Digits)
            return number;
        problems.Add(new FilterProblem(
            pointer, $"must be a number of at most {FilterLimits.Digits} digits within a double; compare ids as strings."));
        return null;
    }

    public Condition? Read(JsonElement json, string pointer)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is not (2 or 4))
        {
            Blame(pointer, "must be a list of a comparison and a number, or of a lower and an upper bound.");
            return null;
        }

        (string? first, double? low) = ReadPair(json, 0, pointer);
        if (json.GetArrayLength() == 2) return first is null || low is null ? null : Compare(first, low.Value);
        (string? second, double? high) = ReadPair(json, 2, pointer);
        if (first is not (null or ">" or ">=")) Blame(pointer + "/0", "must be > or >= where two bounds are given.");
        if (second is not (null or "<" or "<=")) Blame(pointer + "/2", "must be < or <= as the second bound.");
        if (low >= high) Blame(pointer + "/3", "must be more than the lower bound.");
        return new Condition(Operator.Range)
        {
            Low = low ?? 0,
            High = high ?? 0,
            IncludesLow = first == ">=",
            IncludesHigh = second == "<=",
        };
    }

    private static Condition Compare(string comparison, double number) => comparison switch
    {
        "=" => new Condition(Operator.EqualNumber) { Low = number },
        "!=" => new Condition(Operator.NotEqualNumber) { Low = number },
        "<" or "<=" => new Condition(Operator.Range)
        {
            High = number,
            IncludesHigh = comparison == "<=",
            IncludesLow = true,
        },
        _ => new Condition(Operator.Range) { Low = number, IncludesLow = comparison == ">=", IncludesHigh = true },
    };

    private (string? Comparison, double? Number) ReadPair(JsonElement list, int place, string pointer)
    {
        string? comparison = list[place].ValueKind == JsonValueKind.String ? list[place].GetString() : null;
        if (comparison is not ("=" or "!=" or "<" or "<=" or ">" or ">="))
        {
            Blame(At(place), $"must be {Comparisons}.");
            comparison = null;
        }

        if (list[place + 1].ValueKind == JsonValueKind.Number)
            return (comparison, ReadNumber(list[place + 1], At(place + 1), problems));
        Blame(At(place + 1), "must be a number.");
        return (comparison, null);

        string At(int index) => pointer + "/" + index.ToString(CultureInfo.InvariantCulture);
    }

    private void Blame(string pointer, string message) => problems.Add(new FilterProblem(pointer, message));
}
