using System.Text;

namespace QueueService.Benchmarks.Measuring;

/// <summary>A Markdown table that is aligned in the terminal too: the first column to the left, figures to the right.
/// </summary>
internal sealed class Table(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        int[] widths = [.. Enumerable.Range(0, header.Length).Select(i => _rows.Max(row => row[i].Length))];
        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            AppendRow(text, row, widths);
            if (ReferenceEquals(row, header)) AppendRule(text, widths);
        }

        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, string[] row, int[] widths)
    {
        for (int i = 0; i < row.Length; i++)
            text.Append("| ").Append(i == 0 ? row[i].PadRight(widths[i]) : row[i].PadLeft(widths[i])).Append(' ');
        text.Append("|\n");
    }

    private static void AppendRule(StringBuilder text, int[] widths)
    {
        for (int i = 0; i < widths.Length; i++)
            text.Append('|').Append('-', widths[i] + 1).Append(i == 0 ? '-' : ':');
        text.Append("|\n");
    }
}
