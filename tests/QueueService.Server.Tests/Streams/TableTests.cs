using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams;

/// <summary>The table of a compacted stream, by HTTP.</summary>
[Collection(ServerCollection.Name)]
public sealed class TableTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";
    private const string Events = "Accept: text/event-stream";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_newest_value_of_a_key_is_read_with_its_place_and_an_ETag()
    {
        string stream = await NewStream();
        (await _api.Get(stream + "/table/a")).ShouldBeProblem(404, "table-key-not-found");
        await Set(stream, "a", "1");
        await Set(stream, "a", "2");
        Answer value = await _api.Get(stream + "/table/a");
        Assert.Equal(
            (200, "2", "1", "a"),
            (value.Status, value.Text, value.Headers["Message-Offset"], value.Headers["Message-Key"]));
        string known = "If-None-Match: " + value.Headers["ETag"];
        Assert.Equal(304, (await _api.Send("GET", stream + "/table/a", null, known)).Status);
        await Set(stream, "a", "3");
        Assert.Equal("3", (await _api.Send("GET", stream + "/table/a", null, known)).Text);
    }

    [Fact]
    public async Task A_tombstone_ends_the_value_of_its_key_and_an_empty_value_does_not()
    {
        string stream = await NewStream();
        await Set(stream, "a", "1");
        await Set(stream, "b", "");
        Assert.Equal(201, (await _api.Post(stream + "/records?key=a&tombstone=true", "")).Status);
        (await _api.Get(stream + "/table/a")).ShouldBeProblem(404, "table-key-not-found");
        Assert.Equal(
            (200, ""), ((await _api.Get(stream + "/table/b")).Status, (await _api.Get(stream + "/table/b")).Text));
        Assert.Equal(["b"], Keys(await _api.Get(stream + "/table")));
        await Set(stream, "a", "2");
        Assert.Equal(["a", "b"], Keys(await _api.Get(stream + "/table")));
    }

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("ö 1+2?", "%C3%B6%201+2%3F")]
    [InlineData("table", "table")]
    public async Task A_key_may_hold_anything(string key, string escaped)
    {
        string stream = await NewStream();
        Answer set = await _api.Post(
            stream + "/records/batch", new JsonObject { ["records"] = new JsonArray(new JsonObject { ["key"] = key, ["body"] = "x" }) }.ToJsonString());
        Assert.Equal(201, set.Status);
        Assert.Equal("x", (await _api.Get($"{stream}/table/{escaped}")).Text);
    }

    [Fact]
    public async Task Pages_of_a_scan_show_one_moment_whatever_is_written_between_them()
    {
        string stream = await NewStream();
        await SetAll(stream, Enumerable.Range(0, 250).Select(static i => ($"k{i:000}", "old")));
        await SetAll(stream, [("other", "x")]);
        Answer page = await _api.Get(stream + "/table?prefix=k&limit=100");
        string asOf = (string)page.Json["asOf"]!;
        List<JsonNode> rows = [.. page.Json["items"]!.AsArray().Select(static row => row!)];
        await SetAll(stream, Enumerable.Range(100, 200).Select(static i => ($"k{i:000}", "new")));
        await _api.Post(stream + "/records?key=k120&tombstone=true", "");
        while (page.Json["nextCursor"] is { } cursor)
        {
            page = await _api.Get($"{stream}/table?prefix=k&limit=100&cursor={cursor}");
            Assert.Equal(asOf, (string)page.Json["asOf"]!);
            rows.AddRange(page.Json["items"]!.AsArray().Select(static row => row!));
        }

        Assert.Equal(
            Enumerable.Range(0, 250).Select(static i => $"k{i:000}"), rows.Select(static row => (string)row["key"]!));
        Assert.All(rows, static row => Assert.Equal("old", (string)row["body"]!));
        Answer now = await _api.Get(stream + "/table?prefix=k&limit=1000");
        Assert.Equal(299, Keys(now).Length);
        Assert.Equal(199, now.Json["items"]!.AsArray().Count(static row => (string)row!["body"]! == "new"));
    }

    [Fact]
    public async Task As_of_a_scan_the_stream_goes_on_with_the_changes()
    {
        string stream = await NewStream("""{"cleanup":"compact","partitions":4}""");
        await SetAll(stream, Enumerable.Range(0, 20).Select(static i => ($"k{i}", "1")));
        string asOf = (string)(await _api.Get(stream + "/table")).Json["asOf"]!;
        await SetAll(stream, [("k7", "2")]);
        using EventReader events = await EventReader.Open(server.Address, $"{stream}/sse?lastEventId={asOf}");
        await events.Read();
        JsonNode change = JsonNode.Parse((await events.Read())!["data"])!;
        Assert.Equal(("k7", "2"), ((string)change["key"]!, (string)change["body"]!));
    }

    [Fact]
    public async Task As_events_the_rows_come_first_then_ready_then_the_changes()
    {
        string stream = await NewStream("""{"cleanup":"compact","partitions":2}""");
        await SetAll(stream, Enumerable.Range(0, 300).Select(static i => ($"a{i:000}", "1")));
        await SetAll(stream, [("b", "1"), ("a000", "2")]);
        using EventReader events = await EventReader.Open(server.Address, stream + "/table?prefix=a", Events);
        await events.Read();
        for (int i = 0; i < 300; i++)
        {
            Dictionary<string, string> row = (await events.Read())!;
            Assert.False(row.ContainsKey("id"));
            Assert.Equal((i == 0 ? "2" : "1", $"a{i:000}"), BodyAndKey(row));
        }

        Dictionary<string, string> ready = (await events.Read())!;
        Assert.Equal(("ready", 300), (ready["event"], (int)JsonNode.Parse(ready["data"])!["keys"]!));
        await SetAll(stream, [("b", "2"), ("a001", "3")]);
        Dictionary<string, string> change = (await events.Read())!;
        Assert.Equal(("3", "a001"), BodyAndKey(change));
        await _api.Post(stream + "/records?key=a002&tombstone=true", "");
        Assert.True((bool)JsonNode.Parse((await events.Read())!["data"])!["tombstone"]!);

        using EventReader again = await EventReader.Open(
            server.Address, stream + "/table?prefix=a", Events, "Last-Event-ID: " + ready["id"]);
        await again.Read();
        Assert.Equal(("3", "a001"), BodyAndKey((await again.Read())!));
    }

    [Fact]
    public async Task A_stream_that_is_deleted_and_created_anew_has_a_table_of_its_own()
    {
        string stream = await NewStream();
        await SetAll(stream, [("a", "1"), ("b", "1"), ("c", "1")]);
        Assert.Equal(3, Keys(await _api.Get(stream + "/table")).Length);
        await _api.Send("DELETE", stream);
        (await _api.Get(stream + "/table/a")).ShouldBeProblem(404, "stream-not-found");
        await _api.Put(stream, """{"cleanup":"compact"}""");
        Assert.Empty(Keys(await _api.Get(stream + "/table")));
        await SetAll(stream, [("b", "2")]);
        Assert.Equal(["b"], Keys(await _api.Get(stream + "/table")));
        Assert.Equal("2", (await _api.Get(stream + "/table/b")).Text);
    }

    [Fact]
    public async Task A_key_that_moves_to_a_partition_that_was_added_has_its_newest_value()
    {
        string stream = await NewStream();
        await SetAll(stream, Enumerable.Range(0, 50).Select(static i => ($"k{i}", "old")));
        await _api.Send("PATCH", stream, """{"partitions":8}""");
        await SetAll(stream, Enumerable.Range(0, 50).Select(static i => ($"k{i}", "new")));
        Answer table = await _api.Get(stream + "/table");
        Assert.Equal(50, Keys(table).Length);
        Assert.All(table.Json["items"]!.AsArray(), static row => Assert.Equal("new", (string)row!["body"]!));
    }

    [Fact]
    public async Task What_is_not_a_table_or_not_a_page_is_refused_by_name()
    {
        string plain = $"/v1/streams/{Guid.NewGuid():N}";
        await _api.Put(plain);
        (await _api.Get(plain + "/table")).ShouldBeProblem(409, "stream-not-compacted");
        (await _api.Get(plain + "/table/a")).ShouldBeProblem(409, "stream-not-compacted");
        (await _api.Send("GET", plain + "/table", null, Events)).ShouldBeProblem(409, "stream-not-compacted");
        (await _api.Send("GET", plain + "/table", null, Events, "Last-Event-ID: 0:0"))
            .ShouldBeProblem(409, "stream-not-compacted");
        string stream = await NewStream();
        (await _api.Get(stream + "/table?cursor=x&limit=0&lastEventId=0:1"))
            .ShouldBlame(400, "invalid-request", "?cursor", "?limit", "?lastEventId");
        (await _api.Send("GET", stream + "/table?limit=5", null, Events, "Last-Event-ID: x"))
            .ShouldBlame(400, "invalid-request", "?limit", "Last-Event-ID");
        await SetAll(stream, [("a", "1"), ("b", "1")]);
        string cursor = (string)(await _api.Get(stream + "/table?limit=1")).Json["nextCursor"]!;
        Assert.Equal(["b"], Keys(await _api.Get($"{stream}/table?cursor={cursor}")));
        (await _api.Get($"{stream}/table?cursor={cursor}")).ShouldBeProblem(410, "scan-expired");
        (await _api.Get($"{stream}/table/{new string('x', 1_025)}")).ShouldBlame(400, "invalid-request", "key");
    }

    private static (string Body, string Key) BodyAndKey(Dictionary<string, string> fields)
    {
        Assert.Equal("record", fields["event"]);
        JsonNode record = JsonNode.Parse(fields["data"])!;
        return ((string)record["body"]!, (string)record["key"]!);
    }

    private static string[] Keys(Answer page)
    {
        Assert.Equal(200, page.Status);
        return [.. page.Json["items"]!.AsArray().Select(static row => (string)row!["key"]!)];
    }

    private async Task Set(string stream, string key, string value) =>
        Assert.Equal(201, (await _api.Post($"{stream}/records", value, "Message-Key: " + key)).Status);

    private async Task SetAll(string stream, IEnumerable<(string Key, string Value)> rows)
    {
        string lines =
            string.Join('\n', rows.Select(static row => $$"""{"key":"{{row.Key}}","body":"{{row.Value}}"}"""));
        Assert.Equal(201, (await _api.Post($"{stream}/records/batch", lines, Lines)).Status);
    }

    private async Task<string> NewStream(string json = """{"cleanup":"compact"}""")
    {
        string stream = $"/v1/streams/{Guid.CreateVersion7():N}";
        Assert.Equal(201, (await _api.Put(stream, json)).Status);
        return stream;
    }
}
