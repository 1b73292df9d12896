using System.Text.RegularExpressions;

namespace QueueService.Server.Tests.Documentation;

/// <summary>
/// A line of the README that a reader would type: one of a block of `bash` (a backslash at its end goes on in the next
/// one), or a curl line in a sentence or a table.
/// </summary>
/// <param name="Number">Where it starts in the file, from 1.</param>
internal sealed partial record ReadmeLine(int Number, string Text)
{
    /// <summary>What the README says about the answer: `# → text` at the end of the line.</summary>
    public string? Expected => Promise.Match(Text) is { Success: true } promise ? promise.Groups["text"].Value : null;

    /// <summary>Answers that do not end are asked for with -N, as curl wants it.</summary>
    public bool IsEndless => Text.Contains(" -N ", StringComparison.Ordinal);

    /// <summary>How often it calls curl.</summary>
    public int Calls => Curl.Count(Text);

    /// <summary>A variable that later lines use; null when it is none.</summary>
    public (string Name, string Value)? Variable =>
        Assignment.Match(Text) is { Success: true } set ? (set.Groups["name"].Value, set.Groups["value"].Value) : null;

    /// <summary>Starts this service or its tests: not to be done by one of its tests.</summary>
    public bool IsStart =>
        Text.StartsWith("dotnet run ", StringComparison.Ordinal)
            || Text.StartsWith("./tests/run", StringComparison.Ordinal);

    public static IEnumerable<ReadmeLine> Read(string readme)
    {
        string? fence = null;
        ReadmeLine? begun = null;
        int number = 0;
        foreach (string line in readme.Split('\n'))
        {
            number++;
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fence = fence is null ? line[3..].Trim() : null;
            }
            else if (fence is null)
            {
                foreach (Match match in Inline.Matches(line))
                    yield return new ReadmeLine(
                        number, match.Groups["line"].Value.Replace("\\|", "|", StringComparison.Ordinal));
            }
            else if (fence is "bash" && line.Trim() is { Length: > 0 } text && text[0] != '#')
            {
                begun = begun is null ? new ReadmeLine(number, text) : begun with { Text = begun.Text + text };
                if (text.EndsWith('\\'))
                {
                    begun = begun with { Text = begun.Text[..^1] };
                    continue;
                }

                yield return begun;
                begun = null;
            }
        }
    }

    [GeneratedRegex("`(?<line>curl [^`]*)`", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Inline { get; }

    [GeneratedRegex("\\bcurl ", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Curl { get; }

    [GeneratedRegex(" # → (?<text>.+)$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Promise { get; }

    [GeneratedRegex("^(?<name>\\w+)=(?<value>\\S+)$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Assignment { get; }
}
