using System.Diagnostics;
using System.Text.RegularExpressions;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues.Live;

/// <summary>The curl lines that the README shows for live streams are run as they stand there.</summary>
[Collection(LiveCollection.Name)]
public sealed partial class ReadmeTests(LiveServer server) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("queueservice-readme-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("sse", "", "event: message")]
    [InlineData("messages/stream", "", "\"status\":201")]
    [InlineData("consume", "{\"credit\":10}", "\"receiptHandle\":")]
    public async Task The_line_of_the_README_does_what_it_says(string operation, string typed, string expected)
    {
        string queue = await server.Api.NewQueue();
        await server.Api.Post(queue + "/messages", "hello");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "messages.ndjson"), "{\"body\":\"a\"}\n");
        string readme = await File.ReadAllTextAsync(ReadmePath());
        string line = CurlLine.Matches(readme).Select(match => match.Groups["line"].Value)
            .Single(curl => curl.Contains($"jobs/{operation}", StringComparison.Ordinal));
        line = line.Replace("…/queues/jobs", new Uri(server.Http1, queue).ToString(), StringComparison.Ordinal);
        ProcessStartInfo start = new("sh", ["-c", "exec " + line])
        {
            WorkingDirectory = _folder.FullName,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process curl = Process.Start(start)!;
        await curl.StandardInput.WriteLineAsync(typed);
        await curl.StandardInput.FlushAsync();
        string output = "";
        while (!output.Contains(expected, StringComparison.Ordinal))
        {
            output += await curl.StandardOutput.ReadLineAsync().WaitAsync(Patience, TimeProvider.System)
                ?? throw new EndOfStreamException($"{line} printed only: {output}");
        }

        curl.Kill();
        await curl.WaitForExitAsync();
    }

    [GeneratedRegex("`(?<line>curl [^`]*)`", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CurlLine { get; }

    private static string ReadmePath()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "README.md");
    }
}
