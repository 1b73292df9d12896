using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Streams;

/// <summary>What bounds tables, on a clock that the test moves.</summary>
public sealed class TableLimitTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public TableLimitTests() => _server = new LiveServer(_time, "Limits:MaxTableKeys=10");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_scan_is_over_after_five_minutes()
    {
        string stream = await NewStream("a", "b", "c");
        JsonNode first = (await _server.Api.Get(stream + "/table?limit=1")).Json;
        _time.Advance(TimeSpan.FromMinutes(4.9));
        JsonNode second = (await _server.Api.Get($"{stream}/table?limit=1&cursor={first["nextCursor"]}")).Json;
        Assert.Equal("b", (string)second["items"]![0]!["key"]!);
        _time.Advance(TimeSpan.FromMinutes(0.2));
        (await _server.Api.Get($"{stream}/table?limit=1&cursor={second["nextCursor"]}"))
            .ShouldBeProblem(410, "scan-expired");
        Assert.Equal(3, (await _server.Api.Get(stream + "/table")).Json["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task More_scans_than_may_be_are_refused_until_one_is_read_to_its_end()
    {
        string stream = await NewStream("a", "b");
        List<string> cursors = [];
        for (int i = 0; i < 16; i++)
            cursors.Add((string)(await _server.Api.Get(stream + "/table?limit=1")).Json["nextCursor"]!);
        (await _server.Api.Get(stream + "/table?limit=1")).ShouldBeProblem(429, "too-many-scans");
        Assert.Equal(200, (await _server.Api.Get(stream + "/table")).Status);
        Assert.Equal(200, (await _server.Api.Get($"{stream}/table?cursor={cursors[3]}")).Status);
        Assert.Equal(200, (await _server.Api.Get(stream + "/table?limit=1")).Status);
    }

    [Fact]
    public async Task More_keys_than_fit_are_said_and_given_up()
    {
        string small = await NewStream("a", "b");
        Assert.Equal(200, (await _server.Api.Get(small + "/table/a")).Status);
        string large = await NewStream([.. Enumerable.Range(0, 9).Select(static i => $"k{i}")]);
        (await _server.Api.Get(large + "/table/k1")).ShouldBeProblem(507, "too-many-table-keys");
        Assert.Equal(200, (await _server.Api.Get(small + "/table/b")).Status);

        // The table of the small one is forgotten when nobody asks for it.
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("k1", (await _server.Api.Get(large + "/table/k1")).Text);
    }

    private async Task<string> NewStream(params string[] keys)
    {
        string stream = $"/v1/streams/{Guid.CreateVersion7():N}";
        await _server.Api.Put(stream, """{"cleanup":"compact"}""");
        foreach (string key in keys) await _server.Api.Post($"{stream}/records?key={key}", key);
        return stream;
    }
}
