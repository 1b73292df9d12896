using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Streams;

/// <summary>What compaction looks like from outside, on a clock that the test moves.</summary>
public sealed class CompactionTests : IAsyncLifetime
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SupersededKept = TimeSpan.FromMinutes(5);

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public CompactionTests() => _server = new LiveServer(_time);

    private Api Api => _server.Api;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task Superseded_records_go_and_offsets_stay()
    {
        string stream = await NewStream("""{"cleanup":"compact"}""");
        await Append(stream, ("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("b", "2"));
        _time.Advance(SupersededKept);
        string result = await Compact();
        Assert.Contains("2 records went", result, StringComparison.Ordinal);
        JsonNode page = (await Api.Get($"{stream}/partitions/0/records?from=0")).Json;
        Assert.Equal(
            [(2, "a", "2"), (3, "c", "1"), (4, "b", "2")],
            page["records"]!.AsArray().Select(static record =>
                ((int)record!["offset"]!, (string)record["key"]!, (string)record["body"]!)));
        Assert.Equal((5, 5), ((int)page["nextOffset"]!, (int)page["endOffset"]!));
        (await Api.Get($"{stream}/partitions/0/records/0")).ShouldBeProblem(404, "record-compacted");
        Assert.Equal("2", (await Api.Get($"{stream}/partitions/0/records/2")).Text);
        (await Api.Get($"{stream}/partitions/0/records/9")).ShouldBeProblem(410, "offset-out-of-range");
        JsonNode partition = (await Api.Get($"{stream}/partitions")).Json["items"]![0]!;
        Assert.Equal((0, 0, "2026-11-21T10:05:00.001Z"), (
            (int)partition["earliestOffset"]!, (int)partition["dirtyBytes"]!, (string)partition["compactedAt"]!));
        await Append(stream, ("a", "3"));
        Assert.True((int)(await Api.Get($"{stream}/partitions")).Json["items"]![0]!["dirtyBytes"]! > 0);
    }

    [Fact]
    public async Task A_page_has_another_etag_when_its_part_was_rewritten()
    {
        string stream = await NewStream("""{"cleanup":"compact"}""");
        await Append(stream, ("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"));
        string url = $"{stream}/partitions/0/records?from=0&limit=2";
        Answer before = await Api.Get(url);
        Assert.Equal("private, no-cache", before.Headers["Cache-Control"]);
        string tag = before.Headers["ETag"];
        Assert.Equal(304, (await Api.Send("GET", url, null, $"If-None-Match: {tag}")).Status);
        _time.Advance(SupersededKept);
        await Compact();
        Answer after = await Api.Send("GET", url, null, $"If-None-Match: {tag}");
        Assert.Equal((200, 3), (after.Status, (int)after.Json["nextOffset"]!));
        Assert.NotEqual(tag, after.Headers["ETag"]);
        Assert.Equal(304, (await Api.Send("GET", url, null, $"If-None-Match: {after.Headers["ETag"]}")).Status);
    }

    [Fact]
    public async Task A_tombstone_takes_its_key_away_and_goes_after_its_retention()
    {
        string stream = await NewStream("""{"cleanup":"compact","deleteRetentionSeconds":3600}""");
        await Append(stream, ("a", "1"), ("a", null), ("b", "1"));
        _time.Advance(SupersededKept);
        await Compact();
        Assert.Equal([(1, true), (2, false)], await Tombstones(stream));
        _time.Advance(TimeSpan.FromMinutes(59));
        await Compact();
        Assert.Equal([(1, true), (2, false)], await Tombstones(stream));
        _time.Advance(TimeSpan.FromMinutes(2));
        await Compact();
        Assert.Equal([(2, false)], await Tombstones(stream));
    }

    [Fact]
    public async Task A_record_that_is_younger_than_the_lag_supersedes_nothing()
    {
        string stream = await NewStream("""{"cleanup":"compact","minCompactionLagSeconds":7200}""");
        await Append(stream, ("a", "1"), ("a", "2"));
        _time.Advance(TimeSpan.FromHours(1));
        await Compact();
        Assert.Equal(2, (await Tombstones(stream)).Count);
        _time.Advance(TimeSpan.FromHours(1));
        await Compact();
        Assert.Equal([(1, false)], await Tombstones(stream));
    }

    [Fact]
    public async Task Events_and_groups_pass_the_holes_without_a_gap()
    {
        string stream = await NewStream("""{"cleanup":"compact"}""");
        await Append(stream, ("a", "1"), ("b", "1"), ("a", "2"), ("b", "2"));
        _time.Advance(SupersededKept);
        await Compact();
        using EventReader events = await EventReader.Open(_server.Http1, stream + "/sse?from=earliest");
        await events.Read();
        Dictionary<string, string> first = (await events.Read())!;
        Assert.Equal(("record", "0:3"), (first["event"], first["id"]));
        Assert.Equal("0:4", (await events.Read())!["id"]);
        Assert.Equal(201, (await Api.Put($"{stream}/groups/g", """{"autoOffsetReset":"earliest"}""")).Status);
        JsonNode poll = (await Api.Post($"{stream}/groups/g/poll", """{"member":"m","max":1}""")).Json;
        Assert.Equal((2, 3, 1), (
            (int)poll["records"]![0]!["offset"]!, (int)poll["nextOffsets"]!["0"]!, (int)poll["lag"]!));
        Assert.Null(poll["gaps"]);
    }

    private async Task<string> NewStream(string settings)
    {
        string path = $"/v1/streams/{Guid.NewGuid():N}";
        Assert.Equal(201, (await Api.Put(path, settings)).Status);
        return path;
    }

    private async Task Append(string stream, params (string Key, string? Body)[] records)
    {
        JsonArray list = [.. records.Select(static record => record.Body is null
            ? (JsonNode)new JsonObject { ["key"] = record.Key, ["tombstone"] = true }
            : new JsonObject { ["key"] = record.Key, ["body"] = record.Body })];
        Answer answer = await Api.Post($"{stream}/records/batch", new JsonObject { ["records"] = list }.ToJsonString());
        Assert.Equal(201, answer.Status);
    }

    private async Task<List<(int Offset, bool IsTombstone)>> Tombstones(string stream) =>
    [
        .. (await Api.Get($"{stream}/partitions/0/records?from=earliest")).Json["records"]!.AsArray()
            .Select(static record => ((int)record!["offset"]!, (bool?)record["tombstone"] ?? false)),
    ];

    /// <summary>Triggers the job by hand and answers what it says.</summary>
    private async Task<string> Compact()
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        string before = (string?)(await Job())["lastRunAt"] ?? "";
        Answer triggered = await Api.Post("/v1/jobs/compaction/trigger");
        Assert.Equal(202, triggered.Status);
        for (int attempt = 0; ; attempt++)
        {
            Assert.True(attempt < 500, (await Job()).ToJsonString());
            JsonNode job = await Job();
            if (!(bool)job["running"]! && (string?)job["lastRunAt"] is { } last && last != before)
            {
                Assert.True((bool)job["lastResult"]!["succeeded"]!);
                return (string)job["lastResult"]!["message"]!;
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    private async Task<JsonNode> Job() => (await Api.Get("/v1/jobs")).Json["items"]!.AsArray()
        .Single(static job => (string)job!["name"]! == "compaction")!;
}
