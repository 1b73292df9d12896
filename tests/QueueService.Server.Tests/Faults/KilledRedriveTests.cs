using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace QueueService.Server.Tests.Faults;

/// <summary>Long work survives kill -9: it goes on where it was, and a pause is remembered.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledRedriveTests(ITestOutputHelper output)
{
    private const int Messages = 50_000;
    private const int Kills = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    [Fact]
    public async Task A_redrive_goes_on_after_kills_and_moves_each_message_once()
    {
        using var directory = new ScratchDirectory();
        ServerProcess server = await ServerProcess.Start(directory.Data);
        try
        {
            await Fill(server);
            string path;
            using (HttpClient http = Client(server))
            {
                await http.PostAsync(At("v1/jobs/retention/pause"), null);
                using HttpResponseMessage created =
                    await http.PostAsJsonAsync("v1/queues/dead/redrive", new { to = "jobs", ratePerSecond = 10_000 });
                path = created.Headers.Location!.ToString();
            }

            long done = 0;
            for (int kill = 0; kill < Kills; kill++)
            {
                long before = done;
                done = await Wait(server, path, operation => (long)operation["done"]! > before);
                await server.DisposeAsync();
                server = await ServerProcess.Start(directory.Data);
                output.WriteLine($"killed at {done}");
            }

            done = await Wait(server, path, static operation => operation["finishedAt"] is not null);
            Assert.Equal(Messages, done);
            await CheckAll(server, path);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task Fill(ServerProcess server)
    {
        using HttpClient http = Client(server);
        await http.PutAsync(At("v1/queues/dead"), null);
        await http.PutAsync(At("v1/queues/jobs"), null);
        for (int i = 0; i < Messages; i += 10_000)
        {
            string lines = string.Join('\n', Enumerable.Range(i, 10_000).Select(n => $$"""{"body":"{{n}}"}"""));
            using var body = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
            using HttpResponseMessage sent = await http.PostAsync(At("v1/queues/dead/messages/batch"), body);
            Assert.True(sent.IsSuccessStatusCode);
        }
    }

    private static async Task CheckAll(ServerProcess server, string path)
    {
        using HttpClient http = Client(server);
        JsonNode operation = (await http.GetFromJsonAsync<JsonNode>(path))!;
        Assert.Equal(("succeeded", Messages), ((string)operation["status"]!, (int)operation["result"]!["affected"]!));
        string exported = await http.GetStringAsync(At("v1/queues/jobs/export"));
        JsonNode[] there =
            [.. exported.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(Messages, there.Length);
        Assert.Equal(Messages, there.Select(message => (string)message["body"]!).Distinct().Count());
        Assert.Equal(Messages, there.Select(message => (string)message["id"]!).Distinct().Count());
        Assert.Equal("", await http.GetStringAsync(At("v1/queues/dead/export")));
        JsonNode jobs = (await http.GetFromJsonAsync<JsonNode>("v1/jobs"))!;
        Assert.True((bool)jobs["items"]!.AsArray().Single(job => (string)job!["name"]! == "retention")!["paused"]!);
    }

    private static async Task<long> Wait(ServerProcess server, string path, Func<JsonNode, bool> condition)
    {
        using HttpClient http = Client(server);
        for (int polls = 0; polls < 6_000; polls++)
        {
            JsonNode operation = (await http.GetFromJsonAsync<JsonNode>(path))!;
            if (condition(operation)) return (long)operation["done"]!;
            // Another process is watched: there is no clock to advance.
            await Task.Delay(Pause, TimeProvider.System);
        }

        throw new TimeoutException(server.Output);
    }

    private static Uri At(string path) => new(path, UriKind.Relative);

    private static HttpClient Client(ServerProcess server) => new() { BaseAddress = server.Address };
}
