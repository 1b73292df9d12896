using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Hosting;

/// <summary>The program as it is started by people, from a working directory that is not its own.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Sigterm = 15;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "QueueService.Server.dll");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("queueservice-process-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_starts_anywhere_prints_lines_to_try_and_ends_on_sigterm()
    {
        using Process server = Start("--urls", "http://127.0.0.1:0");
        (string address, List<string> lines) = await ReadBanner(server);
        Assert.True(Directory.Exists(Path.Combine(_folder.FullName, "data")));
        Assert.Equal(3, lines.Count(line => line.TrimStart().StartsWith("curl ", StringComparison.Ordinal)));
        Assert.All(
            lines.Where(line => line.StartsWith('{')),
            line => Assert.NotNull(JsonNode.Parse(line)!["Timestamp"]));

        using HttpClient client = new() { BaseAddress = new Uri(address) };
        await client.PutAsync(new Uri("/v1/queues/jobs", UriKind.Relative), null);
        using HttpResponseMessage health = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Equal((0, "{\"status\":\"ready\"}"), await Run("health", "--url", address));

        // A long poll is answered early and empty, and the process ends by itself.
        Task<HttpResponseMessage> waiting =
            client.PostAsync(new Uri("/v1/queues/jobs/receive?wait=60s", UriKind.Relative), null);
        using HttpResponseMessage after = await client.GetAsync(new Uri("/v1/queues/jobs", UriKind.Relative));
        Assert.Equal(0, Kill(server.Id, Sigterm));
        using HttpResponseMessage answer = await waiting;
        Assert.Equal("{\"messages\":[]}", await answer.Content.ReadAsStringAsync());
        await server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, server.ExitCode);
        Assert.Equal(1, (await Run("health", "--url", address)).ExitCode);
    }

    [Fact]
    public async Task A_data_directory_has_one_server_also_after_a_kill()
    {
        using (Process server = Start("--urls", "http://127.0.0.1:0"))
        {
            await ReadBanner(server);
            (int exitCode, string output) = await Run("--urls", "http://127.0.0.1:0");
            Assert.Equal(1, exitCode);
            Assert.Contains("in use by another process", output, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", output.Trim(), StringComparison.Ordinal);
            server.Kill();
            await server.WaitForExitAsync();
        }

        using Process again = Start("--urls", "http://127.0.0.1:0");
        await ReadBanner(again);
        again.Kill();
        await again.WaitForExitAsync();
    }

    [Theory]
    [InlineData("Limits:MaxQueues is 'x'", "--Limits:MaxQueues=x", "--urls=http://127.0.0.1:0")]
    [InlineData("'--Limitz:MaxQueues=1' is not an option", "--Limitz:MaxQueues=1")]
    [InlineData("Http2Urls: 'http://localhost:1' is not an address", "--Http2Urls=http://localhost:1")]
    [InlineData("is one of Urls", "--urls=http://127.0.0.1:1", "--Http2Urls=http://127.0.0.1:1")]
    [InlineData("'helth' is not a command", "helth")]
    [InlineData("Usage: health", "health", "--address")]
    public async Task What_is_wrong_is_said_and_nothing_starts(string message, params string[] arguments)
    {
        (int exitCode, string output) = await Run(arguments);
        Assert.Equal(2, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "data")));
    }

    private static async Task<(string Address, List<string> Lines)> ReadBanner(Process server)
    {
        List<string> lines = [];
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (line.Contains("ack=auto", StringComparison.Ordinal)) break;
        }

        string listens = lines.Find(line => line.Contains("listens on ", StringComparison.Ordinal))
            ?? throw new InvalidOperationException("No banner: " + await server.StandardError.ReadToEndAsync());
        return (listens.Split("listens on ")[1].Trim(), lines);
    }

    private async Task<(int ExitCode, string Output)> Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, (output + await errors).Trim());
    }

    private Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", [Program, .. arguments])
        {
            UseShellExecute = false,
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Kill(int process, int signal);
}
