namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>A table of cases as text: a line is `yes` or `no`, the policy and the message, separated by `|`.</summary>
internal static class FilterTable
{
    public static TheoryData<bool, string, string> Read(string table)
    {
        TheoryData<bool, string, string> cases = [];
        foreach (string line in table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            cases.Add(cells[0] switch { "yes" => true, "no" => false, _ => throw new FormatException(line) }, cells[1], cells[2]);
        }

        return cases;
    }
}
