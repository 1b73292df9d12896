using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Tiering;

/// <summary>Segments in a directory and in S3, by HTTP.</summary>
public sealed class TieredStreamTests : IAsyncLifetime
{
    private const string AtOnce = """{"afterSeconds":0}""";

    private readonly DirectoryInfo _objects = Directory.CreateTempSubdirectory("queueservice-objects-");
    private S3Server? _s3;
    private TieredServer? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_s3 is not null) await _s3.DisposeAsync();
        _objects.Delete(recursive: true);
    }

    [Fact]
    public async Task Segments_leave_for_a_directory_are_read_back_and_go_with_their_stream()
    {
        TieredServer server = _server = await TieredServer.Start($"--Tier:Directory={_objects.FullName}");
        string stream = await server.Fill(AtOnce);
        (bool succeeded, string message) = await server.RunJob();
        Assert.True(succeeded, message);
        string[] locations = await server.Locations(stream);
        Assert.True(locations.Length > 5);
        Assert.All(locations, static location => Assert.Equal("remote", location));
        Assert.Equal(locations.Length, Files().Length);
        await server.AssertHoldsEverything(stream);

        // The first stop names them in a checkpoint, the second one lets the files go.
        await server.Restart();
        await server.Restart();
        await server.AssertHoldsEverything(stream);
        string logs = Path.Combine(server.Folder, "data", "logs");
        Assert.Empty(Directory.GetFiles(logs, "*.log", SearchOption.AllDirectories));

        Assert.Equal(204, (await server.Api.Delete(stream)).Status);
        await server.Restart();
        await server.Restart();
        (succeeded, message) = await server.RunJob();
        Assert.True(succeeded, message);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task Only_what_exceeds_the_local_bytes_leaves()
    {
        TieredServer server = _server = await TieredServer.Start($"--Tier:Directory={_objects.FullName}");
        string stream = await server.Fill("""{"localBytes":400000}""");
        await server.RunJob();
        JsonArray segments = (await server.Api.Get($"{stream}/partitions/0/segments")).Json["items"]!.AsArray();
        long local =
            segments.Where(static one => (string)one!["location"]! == "local").Sum(static one => (long)one!["bytes"]!);
        Assert.InRange(local, 200_000, 400_000);
        Assert.Equal("remote", (string)segments[0]!["location"]!);
        Assert.Equal("local", (string)segments[^1]!["location"]!);
        await server.AssertHoldsEverything(stream);
    }

    [Fact]
    public async Task A_damaged_object_is_told_and_not_served_and_the_others_are()
    {
        TieredServer server = _server = await TieredServer.Start($"--Tier:Directory={_objects.FullName}");
        string stream = await server.Fill(AtOnce);
        await server.RunJob();
        string first = Files().Order(StringComparer.Ordinal).First();
        byte[] bytes = await File.ReadAllBytesAsync(first);
        bytes[1_000] ^= 4;
        await File.WriteAllBytesAsync(first, bytes);
        (await server.Api.Get($"{stream}/partitions/0/records?from=0&limit=10")).ShouldBeProblem(
            503, "tier-unavailable");
        Assert.Equal(200, (await server.Api.Get($"{stream}/partitions/0/records?from=3000&limit=10")).Status);
        bytes[1_000] ^= 4;
        await File.WriteAllBytesAsync(first, bytes);
        await server.AssertHoldsEverything(stream);
    }

    [Fact]
    public async Task Segments_leave_for_s3_and_are_read_back_and_deleted()
    {
        (S3Server s3, TieredServer server) = await StartWithS3();
        string stream = await server.Fill(AtOnce);
        (bool succeeded, string message) = await server.RunJob();
        Assert.True(succeeded, message);
        string[] locations = await server.Locations(stream);
        Assert.All(locations, static location => Assert.Equal("remote", location));
        IReadOnlyList<string> objects = await s3.Objects();
        Assert.Equal(locations.Length, objects.Count);
        Assert.All(objects, static name => Assert.StartsWith("queues/", name, StringComparison.Ordinal));
        await server.Restart();
        await server.AssertHoldsEverything(stream);
        Assert.Equal(204, (await server.Api.Delete(stream)).Status);
        await server.Restart();
        await server.Restart();
        await server.RunJob();
        Assert.Empty(await s3.Objects());
    }

    [Fact]
    public async Task While_s3_is_down_old_records_are_unavailable_and_new_ones_are_not_and_nothing_is_lost()
    {
        (S3Server s3, TieredServer server) = await StartWithS3();
        string stream = await server.Fill(AtOnce);
        await server.RunJob();
        await s3.Stop();
        string records = $"{stream}/partitions/0/records";
        (await server.Api.Get($"{records}?from=0&limit=10")).ShouldBeProblem(503, "tier-unavailable");
        (await server.Api.Get($"{records}/17")).ShouldBeProblem(503, "tier-unavailable");
        string poll = """{"member":"m","max":10,"autoCommit":true}""";
        Assert.Equal(201, (await server.Api.Put($"{stream}/groups/g", """{"autoOffsetReset":"earliest"}""")).Status);
        (await server.Api.Post($"{stream}/groups/g/poll", poll)).ShouldBeProblem(503, "tier-unavailable");
        Assert.Equal("tier-unavailable", await ProblemOfEvents($"{stream}/sse?from=earliest", server));
        Assert.Equal(201, (await server.Api.Post($"{stream}/records", "new")).Status);
        Answer newest = await server.Api.Get($"{records}?from={TieredServer.Records}&limit=10");
        Assert.Equal("new", (string)newest.Json["records"]![0]!["body"]!);
        (bool succeeded, _) = await server.RunJob();
        Assert.True(succeeded, "There was nothing to do.");

        await s3.Resume();
        await server.AssertHoldsEverything(stream);

        // What could not be answered was not committed either.
        Answer polled = await server.Api.Post($"{stream}/groups/g/poll", poll);
        Assert.Equal(0, (long)polled.Json["records"]![0]!["offset"]!);
    }

    [Fact]
    public async Task A_segment_stays_while_s3_does_not_take_it_and_leaves_later()
    {
        (S3Server s3, TieredServer server) = await StartWithS3();
        await s3.Stop();
        string stream = await server.Fill(AtOnce);
        (bool succeeded, string message) = await server.RunJob();
        Assert.False(succeeded, message);
        Assert.All(await server.Locations(stream), static location => Assert.Equal("local", location));
        await server.AssertHoldsEverything(stream);
        await s3.Resume();
        (succeeded, message) = await server.RunJob();
        Assert.True(succeeded, message);
        string[] locations = await server.Locations(stream);
        Assert.All(locations, static location => Assert.Equal("remote", location));
        Assert.Equal(locations.Length, (await s3.Objects()).Count);
        await server.AssertHoldsEverything(stream);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_is_killed_in_the_middle_of_an_upload_leaves_no_trace(bool toS3)
    {
        // Half a second for each segment.
        string slowly = "--Tier:UploadBytesPerSecond=262144";
        TieredServer server = toS3
            ? (await StartWithS3(slowly)).Server
            : _server = await TieredServer.Start($"--Tier:Directory={_objects.FullName}", slowly);
        string stream = await server.Fill(AtOnce);
        for (int kill = 0; kill < 2; kill++)
        {
            int moved = await server.CountRemote(stream);
            await server.BeginJob();
            await server.AwaitRemote(stream, moved + 2);
            await server.KillAndRestart();
            await server.AssertHoldsEverything(stream);
        }

        await server.Api.Patch(stream, """{"tier":null}""");
        (bool succeeded, string message) = await server.RunJob();
        Assert.True(succeeded, message);
        int remote = await server.CountRemote(stream);
        Assert.Equal(remote, toS3 ? (await _s3!.Objects()).Count : Files().Length);
        await server.AssertHoldsEverything(stream);
    }

    private static async Task<string> ProblemOfEvents(string path, TieredServer server)
    {
        using HttpClient client = new();
        string answer = await client.GetStringAsync(new Uri(server.Address, path));
        return (string)JsonNode.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..])!["code"]!;
    }

    private async Task<(S3Server S3, TieredServer Server)> StartWithS3(params string[] settings)
    {
        _s3 = await S3Server.Start();
        _server = await TieredServer.Start(
        [
            $"--Tier:S3:Endpoint={_s3.Address}", $"--Tier:S3:Bucket={S3Server.Bucket}", "--Tier:S3:Prefix=queues/",
            "--Tier:S3:ForcePathStyle=true", $"--Tier:S3:CredentialsFile={_s3.CredentialsFile}", .. settings,
        ]);
        return (_s3, _server);
    }

    private string[] Files() => Directory.GetFiles(_objects.FullName, "*", SearchOption.AllDirectories);
}
