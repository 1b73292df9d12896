using System.Diagnostics;
using System.Text.RegularExpressions;

namespace QueueService.Server.Tests.Documentation;

/// <summary>
/// Runs lines with the real shell and the real curl, one after the other, as a reader of the README does. curl is told
/// by its configuration file to fail when the server refuses, and to say what it asked for and what came back.
/// </summary>
internal sealed partial class ReadmeShell : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("queueservice-readme-");
    private readonly Dictionary<string, string> _variables = [];

    public ReadmeShell(string readme)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "README.md"), readme);
        File.WriteAllText(Path.Combine(_folder.FullName, ".curlrc"), """
            silent
            show-error
            fail-with-body
            write-out = "%{stderr}answered %{http_code} %{method} %{url}\n"
            """);
    }

    /// <summary>All requests so far, as `METHOD address`.</summary>
    public HashSet<string> Requests { get; } = [];

    public void Dispose() => _folder.Delete(recursive: true);

    public void Set(string name, string value) => _variables[name] = value;

    /// <summary>Answers what is wrong with the line; null when it does what it says.</summary>
    public async Task<string?> Run(ReadmeLine line, string text)
    {
        using Process shell = Start(text);
        try
        {
            return line.IsEndless ? await RunEndless(shell, line, text) : await RunToEnd(shell, line);
        }
        finally
        {
            if (!shell.HasExited) shell.Kill(entireProcessTree: true);
        }
    }

    private async Task<string?> RunToEnd(Process shell, ReadmeLine line)
    {
        shell.StandardInput.Close();
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        string notes = await shell.StandardError.ReadToEndAsync().WaitAsync(Patience, TimeProvider.System);
        string printed = await output.WaitAsync(Patience, TimeProvider.System);
        await shell.WaitForExitAsync().WaitAsync(Patience, TimeProvider.System);
        int answers = 0;
        foreach (Match answer in Answered.Matches(notes))
        {
            answers++;
            Requests.Add(answer.Groups["request"].Value);
            if (answer.Groups["status"].Value[0] != '2') return $"was refused: {notes} {printed}";
        }

        if (shell.ExitCode != 0) return $"ended with {shell.ExitCode}: {notes} {printed}";
        if (answers < line.Calls) return $"made {answers} requests, not {line.Calls}: {notes} {printed}";
        return line.Expected is { } expected && !printed.Contains(expected, StringComparison.Ordinal)
            ? $"does not print {expected}, but {printed}"
            : null;
    }

    /// <summary>Its input stays open, and it is ended when it has printed what it says.</summary>
    private async Task<string?> RunEndless(Process shell, ReadmeLine line, string text)
    {
        if (line.Expected is not { } expected) return "does not end, and does not say with # → what it prints";
        string printed = "";
        while (await shell.StandardOutput.ReadLineAsync().WaitAsync(Patience, TimeProvider.System) is { } next)
        {
            printed += next + "\n";
            if (!printed.Contains(expected, StringComparison.Ordinal)) continue;
            string method = Method.Match(text) is { Success: true } given ? given.Groups["method"].Value : "GET";
            foreach (Match address in Address.Matches(text))
                Requests.Add($"{method} {_variables["v1"]}{address.Groups["path"]}");
            return null;
        }

        return $"does not print {expected}, but {printed}";
    }

    private Process Start(string text)
    {
        ProcessStartInfo start = new("sh", ["-c", text])
        {
            WorkingDirectory = _folder.FullName,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CURL_HOME"] = _folder.FullName;
        start.Environment["NO_PROXY"] = "*";
        foreach ((string name, string value) in _variables) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    [GeneratedRegex(
        "^answered (?<status>\\d{3}) (?<request>\\w+ \\S+)$", RegexOptions.Multiline | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Answered { get; }

    [GeneratedRegex("-X (?<method>[A-Z]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Method { get; }

    [GeneratedRegex("\\$v1(?<path>/[^\\s\"?]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Address { get; }
}
