using System.Text.Json.Nodes;
using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Testing;
using Answer = QueueService.Server.Tests.Testing.Answer;

namespace QueueService.Server.Tests.Tiering;

/// <summary>A server of its own process with small segments, whose records leave its memory by a restart.</summary>
internal sealed class TieredServer : IAsyncDisposable
{
    public const int Records = 4_000;

    private const int MaxTries = 1_500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("queueservice-tier-");
    private readonly string[] _settings;
    private ServerProcess? _process;

    private TieredServer(string[] settings) => _settings = settings;

    public Api Api { get; private set; } = null!;

    public Uri Address => _process!.Address;

    public string Folder => _data.FullName;

    public static async Task<TieredServer> Start(params string[] settings)
    {
        TieredServer server = new(settings);
        await server.Launch();
        return server;
    }

    /// <summary>One partition with records that fill some segments, on disk and not in memory.</summary>
    public async Task<string> Fill(string tier)
    {
        string stream = "/v1/streams/clicks";
        Assert.Equal(201, (await Api.Put(stream, $$"""{"tier":{{tier}}}""")).Status);
        for (int first = 0; first < Records; first += 1_000)
        {
            IEnumerable<string> lines =
                Enumerable.Range(first, 1_000).Select(static i => $$"""{"body":"{{Body(i)}}"}""");
            Answer appended = await Api.Post(
                $"{stream}/records/batch", string.Join('\n', lines), "Content-Type: application/x-ndjson");
            Assert.Equal(201, appended.Status);
        }

        await Restart();
        return stream;
    }

    public static string Body(int offset) => $"{offset:D6}" + new string((char)('a' + (offset % 26)), 250);

    /// <summary>An orderly stop writes a checkpoint: what is not in memory after it is in segments.</summary>
    public async Task Restart()
    {
        await _process!.Terminate();
        Assert.Equal(0, await _process.Exit(StopLimit));
        await _process.DisposeAsync();
        await Launch();
    }

    public async Task KillAndRestart()
    {
        await _process!.DisposeAsync();
        await Launch();
    }

    /// <summary>Runs the job to its end; answers what it says.</summary>
    public async Task<(bool Succeeded, string Message)> RunJob()
    {
        await AwaitJob(static job => !(bool)job["running"]!);
        string? before = (string?)(await Job())["lastRunAt"];
        await Api.Post("/v1/jobs/tiering/trigger");
        JsonNode result =
            (await AwaitJob(job => (string?)job["lastRunAt"] != before && !(bool)job["running"]!))["lastResult"]!;
        return ((bool)result["succeeded"]!, (string)result["message"]!);
    }

    public Task BeginJob() => Api.Post("/v1/jobs/tiering/trigger");

    /// <summary>Of the only partition, in order.</summary>
    public async Task<string[]> Locations(string stream)
    {
        JsonNode page = (await Api.Get($"{stream}/partitions/0/segments")).Json;
        return [.. page["items"]!.AsArray().Select(static segment => (string)segment!["location"]!)];
    }

    public async Task<int> CountRemote(string stream) =>
        (await Locations(stream)).Count(static location => location == "remote");

    public async Task AwaitRemote(string stream, int count)
    {
        for (int tries = 0; await CountRemote(stream) < count; tries++)
        {
            if (tries == MaxTries) throw new TimeoutException(_process!.Output);
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    public async Task AssertHoldsEverything(string stream)
    {
        for (int from = 0; from < Records; from += 1_000)
        {
            Answer page = await Api.Get($"{stream}/partitions/0/records?from={from}&limit=1000");
            Assert.True(page.Status == 200, page.Text);
            JsonArray records = page.Json["records"]!.AsArray();
            Assert.Equal(Math.Min(1_000, Records - from), records.Count);
            for (int i = 0; i < records.Count; i++)
            {
                Assert.Equal(from + i, (long)records[i]!["offset"]!);
                Assert.Equal(Body(from + i), (string)records[i]!["body"]!);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _data.Delete(recursive: true);
    }

    private async Task<JsonNode> Job() => (await Api.Get("/v1/jobs")).Json["items"]!.AsArray()
        .Single(static job => (string)job!["name"]! == "tiering")!;

    private async Task<JsonNode> AwaitJob(Func<JsonNode, bool> isReached)
    {
        for (int tries = 0; tries < MaxTries; tries++)
        {
            JsonNode job = await Job();
            if (isReached(job)) return job;

            // Another process is waited for: there is no clock to advance.
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        throw new TimeoutException(_process!.Output);
    }

    private async Task Launch()
    {
        _process = ServerProcess.Run(null, [],
        [
            "--urls", "http://127.0.0.1:0", $"--Storage:Directory={Path.Combine(_data.FullName, "data")}",
            "--Storage:SegmentBytes=131072", "--Tier:BlockBytes=65536", "--Tier:CacheBytes=1048576", .. _settings,
        ]);
        Assert.True(await _process.BecomesReady(), _process.Output);
        Api = new Api(_process.Address, ApiDocumentation.Load(_process.Address));
    }
}
