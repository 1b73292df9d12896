using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.DurableStreams;

/// <summary>What the public conformance suite does not ask: our own rules beside the protocol's.</summary>
[Collection(ServerCollection.Name)]
public sealed class DurableStreamTests(RunningServer server)
{
    private const string Text = "Content-Type: text/plain";
    private const string Json = "Content-Type: application/json";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_stream_is_what_its_path_says_however_the_path_is_written()
    {
        string path = NewPath();
        Assert.Equal(201, (await _api.Put($"{path}/a%20b/c", "x", Text)).Status);
        Assert.Equal("x", (await _api.Get($"{path}%2Fa%20b%2fc")).Text);
        (await _api.Get($"{path}/a%20b")).ShouldBeProblem(404, "durable-stream-not-found");
        (await _api.Put(path + new string('x', 1_025))).ShouldBlame(400, "invalid-request", "path");
        (await _api.Put("/durable-streams/%01")).ShouldBlame(400, "invalid-request", "path");
    }

    [Fact]
    public async Task What_is_wrong_is_named()
    {
        string path = NewPath();
        (await _api.Put(path, "x", "Stream-TTL: 01", "Stream-Expires-At: tomorrow", "Stream-Closed: perhaps",
            "Stream-Fork-Offset: 3")).ShouldBlame(
            400, "invalid-request", "Stream-TTL", "Stream-Expires-At", "Stream-Closed", "Stream-Fork-Offset");
        await _api.Put(path, "x", Text);
        (await _api.Post(path, "x", "Producer-Epoch: 1", "Stream-Seq: ä", Text))
            .ShouldBlame(400, "invalid-request", "Producer-Id", "Producer-Seq", "Stream-Seq");
        (await _api.Get($"{path}?offset=x&live=push")).ShouldBlame(400, "invalid-request", "?offset", "?live");
        (await _api.Get($"{path}?offset=0000000000000002_0000000000000000")).ShouldBlame(
            400, "invalid-request", "?offset");
        (await _api.Delete(path, "Idempotency-Key: k")).ShouldBlame(400, "invalid-request", "Idempotency-Key");
        (await _api.Post(path, "x", "Content-Type: text/html")).ShouldBeProblem(409, "content-type-mismatch");
        (await _api.Put(path, "x", "Content-Type: text/html")).ShouldBeProblem(409, "durable-stream-exists");
        Assert.Equal("x", (await _api.Get(path)).Text);
    }

    [Theory]
    [InlineData("{\"a\":1} {\"b\":2}")]
    [InlineData("[1,]")]
    [InlineData("")]
    [InlineData("[1]]")]
    [InlineData("\"\u0001\"")]
    public async Task A_stream_of_json_takes_nothing_that_would_break_the_array_of_a_read(string body)
    {
        string path = NewPath();
        await _api.Put(path, "[[1,2], {\"a\": \"]\"} ]", Json);
        Assert.Equal(400, (await _api.Post(path, body, Json)).Status);
        Assert.Equal(400, (await _api.SendBytes("POST", path, [(byte)'"', 0xFF, (byte)'"'], Json)).Status);
        Assert.Equal(204, (await _api.Post(path, " 3 ", Json)).Status);
        Assert.Equal("[[1,2], {\"a\": \"]\"},3]", (await _api.Get(path)).Text);
    }

    [Fact]
    public async Task A_request_with_a_key_appends_once_and_hears_the_same_again()
    {
        string path = NewPath();
        string key = $"Idempotency-Key: {Guid.CreateVersion7():N}";
        await _api.Put(path, "x", Text);
        Answer first = await _api.Post(path, "y", key, Text);
        await _api.Post(path, "z", Text);
        Answer again = await _api.Post(path, "y", key, Text);
        Assert.Equal((204, 204, "true"), (first.Status, again.Status, again.Headers["Idempotent-Replayed"]));
        Assert.Equal(first.Headers["Stream-Next-Offset"], again.Headers["Stream-Next-Offset"]);
        (await _api.Post(path, "other", key, Text)).ShouldBeProblem(422, "idempotency-key-reused");
        (await _api.Post(path, "y", key, Text, "Stream-Closed: true")).ShouldBeProblem(422, "idempotency-key-reused");
        Assert.Equal("xyz", (await _api.Get(path)).Text);
    }

    [Fact]
    public async Task A_closed_stream_tells_its_end_when_it_refuses()
    {
        string path = NewPath();
        await _api.Put(path, "x", Text);
        Answer closed = await _api.Post(path, "y", Text, "Stream-Closed: true");
        Assert.Equal((204, "true", "fsync"), (
            closed.Status, closed.Headers["Stream-Closed"], closed.Headers["Message-Durability"]));
        Answer refused = await _api.Post(path, "z", Text);
        refused.ShouldBeProblem(409, "durable-stream-closed");
        Assert.Equal(closed.Headers["Stream-Next-Offset"], refused.Headers["Stream-Next-Offset"]);
        Answer read = await _api.Get(path);
        Assert.Equal(("xy", "true"), (read.Text, read.Headers["Stream-Closed"]));
    }

    [Fact]
    public async Task A_fork_is_named_by_an_address_or_by_a_path_and_its_source_answers_410_until_it_is_gone()
    {
        string path = NewPath();
        await _api.Put(path, "x", Text);
        Assert.Equal(201, (await _api.Put($"{path}-1", null, $"Stream-Forked-From: {path}")).Status);
        string relative = path["/durable-streams".Length..];
        Assert.Equal(201, (await _api.Put($"{path}-2", "y", $"Stream-Forked-From: {relative}", Text)).Status);
        Assert.Equal(("x", "xy"), ((await _api.Get($"{path}-1")).Text, (await _api.Get($"{path}-2")).Text));
        await _api.Delete(path);
        (await _api.Get(path)).ShouldBeProblem(410, "durable-stream-gone");
        (await _api.Put($"{path}-3", null, $"Stream-Forked-From: {path}")).ShouldBeProblem(409, "fork-source-gone");
        await _api.Delete($"{path}-1");
        await _api.Delete($"{path}-2");
        (await _api.Get(path)).ShouldBeProblem(404, "durable-stream-not-found");
    }

    [Fact]
    public async Task Content_of_a_stream_is_sandboxed_and_no_page_of_another_origin_may_read_it()
    {
        string path = NewPath();
        await _api.Put(path, "<script>alert(1)</script>", "Content-Type: text/html");
        Answer read = await _api.Send("GET", path, null, "Origin: https://app.example.com");
        Assert.Equal(("nosniff", "default-src 'none'; sandbox", "same-origin"), (
            read.Headers["X-Content-Type-Options"], read.Headers["Content-Security-Policy"],
            read.Headers["Cross-Origin-Resource-Policy"]));
        Assert.DoesNotContain("Access-Control-Allow-Origin", read.Headers);
        Answer asked = await _api.Send("OPTIONS", path, null, "Origin: https://app.example.com");
        Assert.Equal(204, asked.Status);
        Assert.DoesNotContain("Access-Control-Allow-Origin", asked.Headers);
    }

    [Fact]
    public async Task A_page_of_an_origin_that_is_allowed_may_use_streams()
    {
        await using LiveServer allowing = new(
            TimeProvider.System, "DurableStreams:AllowedOrigins:0=https://app.example.com");
        foreach ((string origin, string? allowed) in new[]
            { ("https://app.example.com", "https://app.example.com"), ("https://other.example.com", null) })
        {
            Answer asked = await allowing.Api.Send("OPTIONS", "/durable-streams/a", null, $"Origin: {origin}");
            Assert.Equal(allowed, asked.Headers.GetValueOrDefault("Access-Control-Allow-Origin"));
            Assert.Equal("Origin", asked.Headers["Vary"]);
        }
    }

    [Fact]
    public async Task Durable_streams_are_no_streams_and_no_queues()
    {
        string path = NewPath();
        await _api.Put(path, "x", Text);
        string name = path["/durable-streams/".Length..];
        Assert.DoesNotContain(name, (await _api.Get($"/v1/streams?prefix={name}")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(name, (await _api.Get($"/v1/queues?prefix={name}")).Text, StringComparison.Ordinal);
        (await _api.Get($"/v1/queues/={name}")).ShouldBlame(400, "invalid-request", "queue");
    }

    private static string NewPath() => "/durable-streams/d-" + Guid.CreateVersion7().ToString("N");
}
