using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams;

/// <summary>What is declared about compaction, and what it asks of records.</summary>
[Collection(ServerCollection.Name)]
public sealed class CleanupTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_cleanup_of_a_stream_can_be_declared_and_changed()
    {
        string stream = await NewStream("{}");
        JsonNode created = (await _api.Get(stream)).Json;
        Assert.Equal(("delete", 86_400, 0), Cleanup(created));
        Answer patched = await _api.Send(
            "PATCH", stream,
            """{"cleanup":"COMPACTANDDELETE","deleteRetentionSeconds":60,"minCompactionLagSeconds":5}""",
            "Content-Type: application/merge-patch+json");
        Assert.Equal(("compactAndDelete", 60, 5), Cleanup(patched.Json));
        Assert.Equal(("compactAndDelete", 60, 5), Cleanup((await _api.Get(stream)).Json));
        (await _api.Put(stream, """{"cleanup":"sometimes"}""")).ShouldBlame(400, "invalid-request", "/cleanup");
        (await _api.Put(stream, """{"deleteRetentionSeconds":-1}"""))
            .ShouldBlame(400, "invalid-request", "/deleteRetentionSeconds");
    }

    [Fact]
    public async Task A_stream_that_is_only_compacted_has_no_retention()
    {
        string path = $"/v1/streams/{Guid.NewGuid():N}";
        (await _api.Put(path, """{"cleanup":"compact","retentionSeconds":3600}"""))
            .ShouldBeProblem(400, "retention-not-supported");
        Assert.Equal(201, (await _api.Put(path, """{"cleanup":"compactAndDelete","retentionBytes":1048576}""")).Status);
        Answer refused = await _api.Send("PATCH", path, """{"cleanup":"compact"}""");
        refused.ShouldBeProblem(400, "retention-not-supported");
        Assert.Equal(200, (await _api.Send("PATCH", path, """{"cleanup":"compact","retentionBytes":null}""")).Status);
    }

    [Fact]
    public async Task Every_way_to_append_to_a_compacted_stream_needs_a_key()
    {
        string stream = await NewStream("""{"cleanup":"compact"}""");
        (await _api.Post($"{stream}/records", "x")).ShouldBlame(422, "key-required", "Message-Key");
        Assert.Equal(201, (await _api.Post($"{stream}/records?key=a", "x")).Status);
        (await _api.Post($"{stream}/records/batch", """{"records":[{"key":"a","body":"1"},{"body":"2"}]}"""))
            .ShouldBlame(422, "key-required", "/records/1/key");
        (await _api.Post($"{stream}/records/batch", "{\"key\":\"a\",\"body\":\"1\"}\n{\"body\":\"2\"}\n", Lines))
            .ShouldBlame(422, "key-required", "/1/key");
        Answer partial = await _api.Post(
            $"{stream}/records/batch?partial=true", """{"records":[{"body":"2"},{"key":"a","body":"1"}]}""");
        JsonArray results = partial.Json["results"]!.AsArray();
        Assert.Equal([422, 201], results.Select(static result => (int)result!["status"]!));
        Assert.Equal("key-required", (string)results[0]!["problem"]!["code"]!);
        (await _api.Post(
            $"{stream}/records", "x", "Producer-Id: p", "Producer-Epoch: 0", "Producer-Sequence: 0"))
            .ShouldBlame(422, "key-required", "Message-Key");
        Answer streamed = await _api.Post(
            $"{stream}/records/stream", "{\"body\":\"2\"}\n{\"key\":\"a\",\"body\":\"3\"}\n", Lines);
        Assert.Equal(
            [422, 201], streamed.Text.Trim().Split('\n').Select(static line => (int)JsonNode.Parse(line)!["status"]!));
    }

    [Fact]
    public async Task A_record_without_a_value_is_not_one_with_an_empty_value()
    {
        string stream = await NewStream("""{"cleanup":"compact"}""");
        Assert.Equal(
            201, (await _api.Post($"{stream}/records", "", "Message-Key: a", "Message-Tombstone: true")).Status);
        Assert.Equal(201, (await _api.Post($"{stream}/records?key=a&tombstone=false", "")).Status);
        Answer batch = await _api.Post(
            $"{stream}/records/batch",
            """{"records":[{"key":"b","tombstone":true},{"key":"b","tombstone":false,"body":""}]}""");
        Assert.Equal(201, batch.Status);
        JsonArray records = (await _api.Get($"{stream}/partitions/0/records?from=earliest")).Json["records"]!.AsArray();
        Assert.Equal(
            [(true, null), (false, ""), (true, null), (false, "")],
            records.Select(static record => ((bool?)record!["tombstone"] ?? false, (string?)record["body"])));
        Answer raw = await _api.Get($"{stream}/partitions/0/records/0");
        Assert.Equal((200, "", "true"), (raw.Status, raw.Text, raw.Headers["Message-Tombstone"]));
        Assert.False((await _api.Get($"{stream}/partitions/0/records/1")).Headers.ContainsKey("Message-Tombstone"));
    }

    [Fact]
    public async Task A_tombstone_with_a_value_or_without_a_key_is_refused()
    {
        string stream = await NewStream("{}");
        (await _api.Post($"{stream}/records?key=a&tombstone=true", "x")).ShouldBlame(400, "invalid-request", "");
        (await _api.Post($"{stream}/records?tombstone=true", "")).ShouldBlame(400, "invalid-request", "Message-Key");
        (await _api.Post($"{stream}/records?key=a", "", "Message-Tombstone: maybe"))
            .ShouldBlame(400, "invalid-request", "Message-Tombstone");
        (await _api.Post($"{stream}/records/batch", """{"records":[{"tombstone":true}]}"""))
            .ShouldBlame(400, "invalid-request", "/records/0/key");
        (await _api.Post($"{stream}/records/batch", """{"records":[{"key":"a","tombstone":true,"body":"x"}]}"""))
            .ShouldBlame(400, "invalid-request", "/records/0");
        (await _api.Post($"{stream}/records/batch", """{"records":[{"key":"a","tombstone":false}]}"""))
            .ShouldBlame(400, "invalid-request", "/records/0");
        (await _api.Post($"{stream}/records/batch", """{"records":[{"key":"a","tombstone":1}]}"""))
            .ShouldBlame(400, "invalid-request", "/records/0/tombstone");
    }

    private static (string, int, int) Cleanup(JsonNode stream) => (
        (string)stream["cleanup"]!, (int)stream["deleteRetentionSeconds"]!, (int)stream["minCompactionLagSeconds"]!);

    private async Task<string> NewStream(string settings)
    {
        string path = $"/v1/streams/{Guid.NewGuid():N}";
        Assert.Equal(201, (await _api.Put(path, settings)).Status);
        return path;
    }
}
