using System.Globalization;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>Random filters and messages over few keys and values, so that many match.</summary>
internal sealed class FilterSource(SeededRandom random)
{
    private static readonly string[] Keys = ["a", "b", "c", "d"];
    private static readonly string[] Texts =
        ["", "x", "X", "xy", "xyz", "yx", "zyx", "é", "É", "xé", "10.0.0.1", "10.0.1.1", "1", "1.0", "25"];
    private static readonly string[] Numbers = ["0", "1", "1.0", "10e-1", "-1", "2.5", "25", "100", "-0.5"];
    private static readonly string[] Words = ["k", "l", "m", "*", "#"];

    /// <param name="nested">Whether keys may have keys.</param>
    public string Policy(bool nested, int depth = 0)
    {
        List<string> clauses = [];
        foreach (string key in Keys)
        {
            if (!random.Chance(2, 5)) continue;
            clauses.Add(nested && depth < 2 && random.Chance(1, 4)
                ? $"\"{key}\":{Policy(nested, depth + 1)}"
                : $"\"{key}\":[{Many(3, Condition)}]");
        }

        if (depth < 3 && random.Chance(1, 5))
            clauses.Add($"\"$or\":[{Policy(nested, depth + 1)},{Policy(nested, depth + 1)}]");
        return clauses.Count == 0 ? Policy(nested, depth) : "{" + string.Join(',', clauses) + "}";
    }

    public string Pattern() => random.Chance(1, 10) ? "" : string.Join('.', List(4, () => Words[random.Next(5)]));

    public string Key() => random.Chance(1, 10) ? "" : string.Join('.', List(4, () => Words[random.Next(3)]));

    /// <summary>An object of attributes.</summary>
    public string Attributes() => "{" + string.Join(',', Keys.Where(_ => random.Chance(2, 3)).Select(key =>
        $"\"{key}\":" + (random.Chance(1, 5) ? $"[{string.Join(',', List(3, () => Value(deep: false)))}]"
            : random.Chance(1, 2) ? Text() : random.Chance(3, 4) ? Number() : "true"))) + "}";

    public string Body(int depth = 0) => "{" + string.Join(',', Keys.Where(_ => random.Chance(2, 3))
        .Select(key => $"\"{key}\":{Value(deep: depth < 3, depth)}")) + "}";

    private string Value(bool deep, int depth = 0) => random.Next(deep ? 10 : 7) switch
    {
        0 => "null",
        1 => random.Chance(1, 2) ? "true" : "false",
        2 or 3 => Number(),
        4 or 5 or 6 => Text(),
        7 => $"[{string.Join(',', List(3, () => Value(deep, depth + 1)))}]",
        _ => Body(depth + 1),
    };

    private string Condition() => random.Next(16) switch
    {
        0 => "null",
        1 => random.Chance(1, 2) ? "true" : "false",
        2 => Number(),
        3 or 4 => Text(),
        5 => $$"""{"prefix":{{NotEmpty()}}}""",
        6 => $$"""{"suffix":{{NotEmpty()}}}""",
        7 => $$"""{"equals-ignore-case":{{Text()}}}""",
        8 => $$"""{"wildcard":{{Pick("\"x*\"", "\"*x\"", "\"*y*\"", "\"x*z\"", "\"xyz\"", "\"*\"")}}}""",
        9 or 10 => $$"""{"numeric":{{Range()}}}""",
        11 => $$"""{"exists":{{Pick("true", "false")}}}""",
        12 => $$"""{"cidr":{{Pick("\"10.0.0.0/24\"", "\"10.0.0.0/16\"", "\"0.0.0.0/0\"")}}}""",
        13 => $$"""{"anything-but":{{Text()}}}""",
        14 => $$"""{"anything-but":[{{Many(3, () => random.Chance(1, 2) ? Text() : Number())}}]}""",
        _ => $"{{\"anything-but\":{{\"{Pick("prefix", "suffix", "wildcard", "equals-ignore-case")}\":{NotEmpty()}}}}}",
    };

    private string Range()
    {
        int low = random.Next(20) - 5;
        string high = (low + 1 + random.Next(30)).ToString(CultureInfo.InvariantCulture);
        return random.Chance(1, 2)
            ? $"[\"{Pick(">", ">=")}\",{low},\"{Pick("<", "<=")}\",{high}]"
            : $"[\"{Pick("=", "!=", "<", "<=", ">", ">=")}\",{Number()}]";
    }

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];

    private string Number() => Pick(Numbers);

    private string Text() => $"\"{Pick(Texts)}\"";

    private string NotEmpty() => $"\"{Texts[1 + random.Next(Texts.Length - 1)]}\"";

    private string Many(int most, Func<string> one) => string.Join(',', List(most, one));

    private IEnumerable<string> List(int most, Func<string> one)
    {
        int count = 1 + random.Next(most);
        for (int i = 0; i < count; i++) yield return one();
    }
}
