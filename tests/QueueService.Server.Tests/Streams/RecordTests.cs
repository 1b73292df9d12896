using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams;

[Collection(ServerCollection.Name)]
public sealed class RecordTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_record_comes_back_with_its_bytes_key_and_headers()
    {
        string stream = await NewStream("""{"partitions":4}""");
        Answer appended = await _api.Post(
            $"{stream}/records", "hello", "Message-Key: foobar", "Content-Type: text/markdown",
            "Message-Attribute-Tenant: acme", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        Assert.Equal((201, "fsync"), (appended.Status, appended.Headers["Message-Durability"]));
        Assert.Equal((2, 0), ((int)appended.Json["partition"]!, (int)appended.Json["offset"]!));
        Assert.Equal($"{stream}/partitions/2/records/0", appended.Headers["Location"]);
        JsonNode record = Assert.Single(await Records(stream, 2))!;
        Assert.Equal(
            (2, 0, "foobar", "acme", "text/markdown", "hello"),
            ((int)record["partition"]!, (int)record["offset"]!, (string)record["key"]!,
                (string)record["headers"]!["tenant"]!, (string)record["contentType"]!, (string)record["body"]!));
        Assert.Equal((string)appended.Json["timestamp"]!, (string)record["timestamp"]!);
        Assert.StartsWith("00-4bf9", (string)record["traceparent"]!, StringComparison.Ordinal);
        Answer raw = await _api.Get($"{stream}/partitions/2/records/0");
        Assert.Equal(("hello", "text/markdown", "foobar", "acme", "0"), (
            raw.Text, raw.Headers["Content-Type"], raw.Headers["Message-Key"], raw.Headers["Message-Attribute-tenant"],
            raw.Headers["Message-Offset"]));
    }

    [Fact]
    public async Task Options_that_are_not_of_a_record_are_refused_by_name()
    {
        string stream = await NewStream();
        Answer refused = await _api.Post($"{stream}/records?delay=1s", "x", "Message-Group-Id: g", "Producer-Epoch: 1");
        refused.ShouldBlame(400, "invalid-request", "?delay", "Message-Group-Id", "Producer-Epoch");
        (await _api.Post($"{stream}/records?partition=1024", "x")).ShouldBlame(400, "invalid-request", "?partition");
        (await _api.Post($"{stream}/records?partition=1", "x")).ShouldBeProblem(404, "partition-not-found");
        (await _api.Post($"{stream}/records/batch", """{"records":[{"body":"a","delaySeconds":3}]}"""))
            .ShouldBlame(400, "invalid-request", "/records/0/delaySeconds");
        (await _api.Post($"{stream}/records/batch", """{"messages":[]}""")).ShouldBlame(
            400, "invalid-request", "/messages");
        (await _api.Post("/v1/streams/absent/records", "x")).ShouldBeProblem(404, "stream-not-found");
    }

    [Fact]
    public async Task A_batch_says_where_each_record_is()
    {
        string stream = await NewStream("""{"partitions":4}""");
        Answer batch = await _api.Post(
            $"{stream}/records/batch",
            """{"records":[{"key":"21","body":"a"},{"key":"abc","bodyBase64":"/w=="},{"partition":1,"body":"c"}]}""");
        Assert.Equal(201, batch.Status);
        Assert.Equal(
            [(0, 0), (3, 0), (1, 0)],
            batch.Json["results"]!.AsArray().Select(
                static result => ((int)result!["partition"]!, (int)result["offset"]!)));
        Assert.Equal("/w==", (string)Assert.Single(await Records(stream, 3))!["bodyBase64"]!);
    }

    [Fact]
    public async Task In_a_partial_batch_of_lines_each_record_has_its_own_status()
    {
        string stream = await NewStream("""{"partitions":2,"maxMessageBytes":5}""");
        Answer batch = await _api.Post(
            $"{stream}/records/batch?partial=true",
            "{\"body\":\"a\"}\n{\"body\":\"too long\"}\nno json\n{\"body\":\"b\",\"partition\":9}\n{\"body\":\"c\"}\n",
            Lines);
        Assert.Equal(207, batch.Status);
        JsonArray results = batch.Json["results"]!.AsArray();
        Assert.Equal([201, 413, 400, 404, 201], results.Select(static result => (int)result!["status"]!));
        Assert.Equal((0, 1), ((int)results[0]!["offset"]!, (int)results[4]!["offset"]!));
        (await _api.Post($"{stream}/records/batch?partial=true", """{"records":[{"body":"a"}]}""",
            "Producer-Id: p", "Producer-Epoch: 0",
            "Producer-Sequence: 0")).ShouldBlame(400, "invalid-request", "?partial");
    }

    [Fact]
    public async Task A_reader_goes_on_at_the_next_offset_and_follows_the_link()
    {
        string stream = await NewStream();
        await Append(stream, "a", "b", "c");
        Answer page = await _api.Get($"{stream}/partitions/0/records?from=earliest&limit=2");
        Assert.Equal(["a", "b"], page.Json["records"]!.AsArray().Select(static record => (string)record!["body"]!));
        Assert.Equal((2, 3, "2"), (
            (int)page.Json["nextOffset"]!, (int)page.Json["endOffset"]!, page.Headers["Stream-Next-Offset"]));
        Assert.Equal($"<{stream}/partitions/0/records?from=2>; rel=\"next\"", page.Headers["Link"]);
        Answer lines =
            await _api.Send("GET", $"{stream}/partitions/0/records?from=2", null, "Accept: application/x-ndjson");
        Assert.Equal("c", (string)JsonNode.Parse(lines.Text.Trim())!["body"]!);
        Assert.Equal(
            ("application/x-ndjson", "3"), (lines.Headers["Content-Type"], lines.Headers["Stream-Next-Offset"]));
        Answer end = await _api.Get($"{stream}/partitions/0/records?from=latest");
        Assert.Equal((0, 3), (end.Json["records"]!.AsArray().Count, (int)end.Json["nextOffset"]!));
    }

    [Fact]
    public async Task A_read_that_waits_gets_the_next_record_at_once()
    {
        string stream = await NewStream();
        Task<Answer> waiting = _api.Get($"{stream}/partitions/0/records?from=latest&wait=60s");

        // Whether it waits already or not, it gets the first one that comes after the end that it found.
        for (; !waiting.IsCompleted; await Task.Yield()) await Append(stream, "x");
        Assert.Equal("x", (string)(await waiting).Json["records"]![0]!["body"]!);
    }

    [Fact]
    public async Task An_offset_that_is_not_there_says_where_the_partition_begins_and_ends()
    {
        string stream = await NewStream();
        await Append(stream, "a", "b");
        Answer beyond = await _api.Get($"{stream}/partitions/0/records?from=3&wait=10s");
        beyond.ShouldBeProblem(410, "offset-out-of-range");
        Assert.Equal((0, 2), ((int)beyond.Json["earliestOffset"]!, (int)beyond.Json["endOffset"]!));
        (await _api.Get($"{stream}/partitions/1/records")).ShouldBeProblem(404, "partition-not-found");
        (await _api.Get($"{stream}/partitions/x/records")).ShouldBlame(400, "invalid-request", "partition");
        (await _api.Get($"{stream}/partitions/0/records?from=yesterday")).ShouldBlame(400, "invalid-request", "?from");
        (await _api.Get($"{stream}/partitions/0/records/2")).ShouldBeProblem(404, "record-not-found");
    }

    [Fact]
    public async Task A_full_page_that_was_asked_for_by_offset_can_be_cached_for_ever()
    {
        string stream = await NewStream();
        await Append(stream, "a", "b", "c");
        string path = $"{stream}/partitions/0/records?from=0&limit=2";
        Answer page = await _api.Get(path);
        Assert.Equal("private, max-age=60", page.Headers["Cache-Control"]);
        Answer again = await _api.Send("GET", path, null, $"If-None-Match: {page.Headers["ETag"]}");
        Assert.Equal((304, ""), (again.Status, again.Text));
        Answer other = await _api.Get(path.Replace("from=0", "from=1", StringComparison.Ordinal));
        Assert.NotEqual(page.Headers["ETag"], other.Headers["ETag"]);
        Answer tail = await _api.Get($"{stream}/partitions/0/records?from=0&limit=9");
        Assert.Equal("no-store", tail.Headers["Cache-Control"]);
        Assert.DoesNotContain("ETag", tail.Headers);
    }

    [Fact]
    public async Task A_producer_that_repeats_a_request_is_told_where_its_record_is()
    {
        string stream = await NewStream("""{"partitions":3}""");
        Answer first = await Produce(0, 0, "once");
        Answer again = await Produce(0, 0, "once");
        Assert.Equal((201, 200, first.Text), (first.Status, again.Status, again.Text));
        Answer gap = await Produce(0, 2, "later");
        gap.ShouldBeProblem(409, "producer-sequence-gap");
        Assert.Equal(1, (int)gap.Json["expectedSequence"]!);
        Assert.Equal(201, (await Produce(4, 0, "new process")).Status);
        Answer fenced = await Produce(0, 1, "old process");
        fenced.ShouldBeProblem(403, "producer-fenced");
        Assert.Equal(4, (int)fenced.Json["currentEpoch"]!);
        Assert.Equal(2, (int)(await _api.Get(stream)).Json["stats"]!["appendedTotal"]!);

        Task<Answer> Produce(int epoch, int sequence, string body) => _api.Post(
            $"{stream}/records", body, "Producer-Id: importer", $"Producer-Epoch: {epoch}",
            $"Producer-Sequence: {sequence}");
    }

    [Fact]
    public async Task Partitions_can_grow_and_not_shrink()
    {
        string stream = await NewStream("""{"partitions":2}""");
        Answer grown = await _api.Patch(stream, """{"partitions":3}""");
        Assert.Equal((200, 3), (grown.Status, (int)grown.Json["partitions"]!));
        (await _api.Put(stream, """{"partitions":2}""")).ShouldBlame(409, "immutable-field", "/partitions");
        Answer partitions = await _api.Get(stream + "/partitions");
        Assert.Equal([0, 1, 2], partitions.Json["items"]!.AsArray().Select(static item => (int)item!["partition"]!));
        Assert.Equal(204, (await _api.Delete(stream)).Status);
        (await _api.Get(stream)).ShouldBeProblem(404, "stream-not-found");
    }

    private async Task<string> NewStream(string settings = "{}")
    {
        string path = $"/v1/streams/{Guid.NewGuid():N}";
        Assert.Equal(201, (await _api.Put(path, settings)).Status);
        return path;
    }

    private async Task Append(string stream, params string[] bodies)
    {
        var records = new JsonArray([.. bodies.Select(static body => (JsonNode)new JsonObject { ["body"] = body })]);
        Answer answer =
            await _api.Post($"{stream}/records/batch", new JsonObject { ["records"] = records }.ToJsonString());
        Assert.Equal(201, answer.Status);
    }

    private async Task<JsonArray> Records(string stream, int partition) =>
        (await _api.Get($"{stream}/partitions/{partition}/records")).Json["records"]!.AsArray();
}
