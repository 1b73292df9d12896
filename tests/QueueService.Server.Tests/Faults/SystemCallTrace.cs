using System.Globalization;
using System.Text.RegularExpressions;

namespace QueueService.Server.Tests.Faults;

/// <summary>One system call of a traced process. The times are line numbers: strace stops every thread at the entry
/// and at the return of a call and writes them down in that order, so the order of lines is the order of events.
/// </summary>
internal sealed record SystemCall(string Name, string Target, string Arguments, int EnteredAt)
{
    /// <summary>Never, when the process died inside the call.</summary>
    public int ReturnedAt { get; init; } = int.MaxValue;

    /// <summary>What is behind the equals sign: a number, or -1 and the error's name.</summary>
    public string Result { get; init; } = "?";

    public bool Succeeded => Result.Length > 0 && char.IsAsciiDigit(Result[0]);

    /// <summary>The file, pipe or socket behind the descriptor, as `strace -y` names it.</summary>
    public bool IsSocket => Target.Contains("<socket:", StringComparison.Ordinal);

    public bool IsFile => Target.Contains("</", StringComparison.Ordinal);

    public override string ToString() => $"line {EnteredAt}: {Name}({Target}, …) = {Result} at line {ReturnedAt}";
}

/// <summary>Reads what `strace -f -y -o FILE` wrote.</summary>
internal static partial class SystemCallTrace
{
    private const string Unfinished = " <unfinished ...>";

    /// <summary>Joins the halves of calls that other threads interrupted; in the order of their entry.</summary>
    public static IReadOnlyList<SystemCall> Parse(IEnumerable<string> lines)
    {
        List<SystemCall> calls = [];
        Dictionary<int, int> unfinished = [];
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            Match match = Line.Match(line);
            if (!match.Success)
                continue;
            int thread = int.Parse(match.Groups["thread"].Value, CultureInfo.InvariantCulture);
            string rest = match.Groups["rest"].Value;
            if (rest.StartsWith("<... ", StringComparison.Ordinal))
            {
                // A thread that was inside a call when strace attached has a return without an entry.
                if (unfinished.Remove(thread, out int index))
                    calls[index] = Return(calls[index], rest, number);
            }
            else if (Call.Match(rest) is { Success: true } call)
            {
                bool interrupted = rest.EndsWith(Unfinished, StringComparison.Ordinal);
                string target = Target(call.Groups["rest"].Value);
                var entered = new SystemCall(call.Groups["name"].Value, target, rest, number);
                if (interrupted)
                    unfinished[thread] = calls.Count;
                calls.Add(interrupted ? entered : Return(entered, rest, number));
            }
        }

        return calls;
    }

    [GeneratedRegex(@"^(?<thread>[0-9]+) +(?:[0-9]+\.[0-9]+ +)?(?<rest>.*)$", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Line { get; }

    [GeneratedRegex(@"^(?<name>[a-z0-9_]+)\((?<rest>.*)$", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Call { get; }

    private static string Target(string arguments)
    {
        int end = arguments.IndexOfAny([',', ')', ' ']);
        return end < 0 ? arguments : arguments[..end];
    }

    private static SystemCall Return(SystemCall call, string text, int number)
    {
        int equals = text.LastIndexOf(" = ", StringComparison.Ordinal);
        return call with
        {
            Arguments = ReferenceEquals(call.Arguments, text) ? text : call.Arguments + text,
            ReturnedAt = number,
            Result = equals < 0 ? "?" : text[(equals + 3)..],
        };
    }
}
