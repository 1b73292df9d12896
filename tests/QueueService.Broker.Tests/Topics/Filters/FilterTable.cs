namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>A table of cases as text: a line is `yes` or `no`, the policy and the message, separated by `|`.</summary>
internal static class FilterTable
{
    public static TheoryData<bool, string, string> Read(string table)
    {
        const StringSplitOptions Options = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        TheoryData<bool, string, string> cases = [];
        foreach (string line in table.Split('\n', Options))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            bool matches = cells[0] == "yes" || (cells[0] == "no" ? false : throw new FormatException(line));
            cases.Add(matches, cells[1], cells[2]);
        }

        return cases;
    }
}
