using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Operations;

[Collection(ServerCollection.Name)]
public sealed class RedriveQueueTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Dead_letters_go_back_to_their_queue_and_the_operation_says_so()
    {
        (string queue, string dead) = await NewQueues();
        JsonNode message = await SendDead(queue, dead, "poison");
        Answer created = await _api.Post($"{dead}/redrive");
        Assert.Equal((202, "fsync"), (created.Status, created.Headers["Message-Durability"]));
        Assert.Equal($"/v1/operations/{created.Json["id"]}", created.Headers["Location"]);
        JsonNode done = await _api.Finished(created);
        Assert.Equal(
            ("redrive", "succeeded", Name(dead), 1, 1),
            (
                (string)done["kind"]!, (string)done["status"]!, (string)done["queue"]!, (int)done["done"]!,
                (int)done["total"]!));
        Assert.Equal(
            """{"affected":1,"skipped":0,"failed":0,"failures":{}}""", done["result"]!.ToJsonString());

        JsonNode back = await _api.ReceiveOne(queue, "&visibilityTimeout=1m");
        Assert.Equal((string)message["id"]!, (string)back["id"]!);
        Assert.Equal((1, 1), ((int)back["receiveCount"]!, (int)back["redriveCount"]!));
        Assert.Equal((string)message["sentAt"]!, (string)back["sentAt"]!);
        Assert.Equal("acme", (string)back["attributes"]!["tenant"]!);
        Assert.Null(back["deadLetter"]);
        Assert.Equal("poison", (string)(await _api.Get($"{queue}/messages/{back["id"]}")).Json["body"]!);
        Assert.Equal(204, (await _api.Delete($"{queue}/receipts/{back["receiptHandle"]}")).Status);
        (await _api.Get($"{queue}/messages/{back["id"]}")).ShouldBlame(404, "message-not-found");
    }

    [Fact]
    public async Task A_filter_a_limit_and_a_dry_run_are_taken()
    {
        (string queue, string dead) = await NewQueues();
        foreach (string body in (string[])["a", "b", "c"]) await SendDead(queue, dead, body);
        const string Filter = """
            {"attributes":{"tenant":["acme",7],"size":3},"reason":"given up","sentSince":"2020-01-01T00:00:00Z",
            "sentBefore":"2999-01-01T00:00:00Z"}
            """;
        JsonNode dry =
            await _api.Finished(await _api.Post($"{dead}/redrive", $$"""{"dryRun":true,"filter":{{Filter}}}"""));
        Assert.Equal((true, 3), ((bool)dry["dryRun"]!, (int)dry["result"]!["affected"]!));
        Assert.Empty((await _api.Get($"{queue}/messages")).Json["items"]!.AsArray());
        JsonNode two = await _api.Finished(await _api.Post(
            $"{dead}/redrive", $$"""{"limit":2,"filter":{{Filter}},"to":"{{Name(queue)}}","ratePerSecond":null}"""));
        Assert.Equal(2, (int)two["result"]!["affected"]!);
        JsonNode none = await _api.Finished(await _api.Post(
            $"{dead}/redrive", """{"filter":{"sourceQueue":"another"}}"""));
        Assert.Equal((0, 1), ((int)none["result"]!["affected"]!, (int)none["result"]!["skipped"]!));
        Assert.Equal(
            "c", (string)Assert.Single((await _api.Get($"{dead}/messages")).Json["items"]!.AsArray())!["body"]!);
    }

    [Theory]
    [InlineData("""{"filter":{"tenant":"acme"}}""", "/filter/tenant")]
    [InlineData("""{"filter":{"attributes":{"a":{}}}}""", "/filter/attributes/a")]
    [InlineData("""{"filter":{"attributes":{"a":[]}}}""", "/filter/attributes/a")]
    [InlineData("""{"filter":{"attributes":{"a":["b",null]}}}""", "/filter/attributes/a/1")]
    [InlineData("""{"filter":{"sentSince":"yesterday"}}""", "/filter/sentSince")]
    [InlineData("""{"filter":{"reason":""}}""", "/filter/reason")]
    [InlineData("""{"filter":[]}""", "/filter")]
    [InlineData("""{"limit":0}""", "/limit")]
    [InlineData("""{"ratePerSecond":1.5}""", "/ratePerSecond")]
    [InlineData("""{"dryRun":"yes"}""", "/dryRun")]
    [InlineData("""{"to":"a b"}""", "/to")]
    [InlineData("""{"target":"jobs"}""", "/target")]
    public async Task A_field_that_is_wrong_is_named(string json, string pointer)
    {
        string queue = await _api.NewQueue();
        (await _api.Post($"{queue}/redrive", json)).ShouldBlame(400, "invalid-request", pointer);
    }

    [Fact]
    public async Task A_filter_is_bounded()
    {
        string queue = await _api.NewQueue();
        string value = new('x', 1_024);
        string values = string.Join(',', Enumerable.Repeat($"\"{value}\"", 8));
        (await _api.Post($"{queue}/redrive", "{\"filter\":{\"attributes\":{\"a\":[" + values + "]}}}"))
            .ShouldBlame(400, "invalid-request", "/filter/attributes");
        string many = string.Join(',', Enumerable.Range(0, 11).Select(n => $"\"{n}\":1"));
        (await _api.Post($"{queue}/redrive", "{\"filter\":{\"attributes\":{" + many + "}}}"))
            .ShouldBlame(400, "invalid-request", "/filter/attributes");
    }

    [Fact]
    public async Task Queues_that_do_not_exist_are_refused()
    {
        string queue = await _api.NewQueue();
        (await _api.Post("/v1/queues/none/redrive")).ShouldBlame(404, "queue-not-found");
        (await _api.Post($"{queue}/redrive", """{"to":"none"}""")).ShouldBlame(422, "redrive-target-not-found");
        (await _api.Post($"{queue}/redrive", $$"""{"to":"{{Name(queue)}}"}""")).ShouldBlame(
            400, "invalid-request", "/to");
    }

    [Fact]
    public async Task A_redrive_to_a_queue_that_is_deleted_fails_with_a_problem()
    {
        (string queue, string dead) = await NewQueues();
        await SendDead(queue, dead, "a");
        Answer created = await _api.Post($"{dead}/redrive", $$"""{"to":"{{Name(queue)}}","ratePerSecond":1}""");
        await _api.Delete(queue);
        JsonNode done = await _api.Finished(created);
        if ((string)done["status"]! == "failed")
            Assert.Equal("redrive-target-not-found", (string)done["problem"]!["code"]!);
        else Assert.Equal(1, (int)done["result"]!["affected"]!);
    }

    [Fact]
    public async Task An_operation_can_be_listed_watched_and_cancelled()
    {
        (string queue, string dead) = await NewQueues();
        for (int i = 0; i < 3; i++) await SendDead(queue, dead, $"{i}");
        // Nothing moves in its first second, and one a second from then on.
        string path = (await _api.Post($"{dead}/redrive", """{"ratePerSecond":1}""")).Headers["Location"];
        JsonNode listed =
            Assert.Single((await _api.Get("/v1/operations?kind=redrive&limit=1")).Json["items"]!.AsArray())!;
        Assert.Equal(path, "/v1/operations/" + listed["id"]);
        Answer cancelled = await _api.Delete(path);
        Assert.Equal((200, "cancelled"), (cancelled.Status, (string)cancelled.Json["status"]!));
        (await _api.Delete(path)).ShouldBlame(409, "operation-finished");
        Assert.Equal("cancelled", (string)(await _api.Get(path)).Json["status"]!);
        Answer first = await _api.Get("/v1/operations?status=cancelled&limit=1");
        Assert.Equal(listed["id"]!.ToString(), (string)Assert.Single(first.Json["items"]!.AsArray())!["id"]!);
        await _api.Post($"{dead}/purge");
        Answer page = await _api.Get("/v1/operations?limit=1");
        Assert.Equal("purge", (string)page.Json["items"]![0]!["kind"]!);
        Answer next = await _api.Get($"/v1/operations?limit=1&cursor={page.Json["nextCursor"]}");
        Assert.NotEqual((string)page.Json["items"]![0]!["id"]!, (string)next.Json["items"]![0]!["id"]!);
    }

    [Theory]
    [InlineData("?status=done", "?status")]
    [InlineData("?kind=sql", "?kind")]
    [InlineData("?cursor=nonsense", "?cursor")]
    [InlineData("?queue=jobs", "?queue")]
    public async Task A_parameter_of_the_listing_that_is_wrong_is_named(string query, string where) =>
        (await _api.Get("/v1/operations" + query)).ShouldBlame(400, "invalid-request", where);

    [Theory]
    [InlineData("op-999999")]
    [InlineData("op-01")]
    [InlineData("7")]
    public async Task An_operation_that_does_not_exist_is_a_404(string id)
    {
        (await _api.Get($"/v1/operations/{id}")).ShouldBlame(404, "operation-not-found");
        (await _api.Delete($"/v1/operations/{id}")).ShouldBlame(404, "operation-not-found");
    }

    [Fact]
    public async Task A_purge_is_done_when_it_is_answered()
    {
        string queue = await _api.NewQueue();
        await _api.Post($"{queue}/messages", "a");
        Answer purged = await _api.Post($"{queue}/purge");
        Assert.Equal(
            (202, "purge", "succeeded", 1),
            (purged.Status, (string)purged.Json["kind"]!, (string)purged.Json["status"]!,
                (int)purged.Json["result"]!["affected"]!));
        Assert.Empty((await _api.Get($"{queue}/messages")).Json["items"]!.AsArray());
        Assert.Equal("purge", (string)(await _api.Get(purged.Headers["Location"])).Json["kind"]!);
        (await _api.Post("/v1/queues/none/purge")).ShouldBlame(404, "queue-not-found");
    }

    private async Task<(string Queue, string Dead)> NewQueues()
    {
        string dead = await _api.NewQueue();
        string queue = await _api.NewQueue(
            $$$"""{"redrivePolicy":{"deadLetterQueue":"{{{Name(dead)}}}","maxReceiveCount":3}}""");
        return (queue, dead);
    }

    /// <summary>Sends a message and gives it up.</summary>
    private async Task<JsonNode> SendDead(string queue, string dead, string body)
    {
        await _api.Post($"{queue}/messages", body, "Message-Attribute-Tenant: acme", "Message-Attribute-Size: 3");
        string receipt = (string)(await _api.ReceiveOne(queue))["receiptHandle"]!;
        Assert.Equal(
            204, (await _api.Post($"{queue}/receipts/{receipt}/dead-letter", """{"reason":"given up"}""")).Status);
        return (await _api.Get($"{dead}/messages")).Json["items"]!.AsArray()[^1]!;
    }

    private static string Name(string queue) => queue[(queue.LastIndexOf('/') + 1)..];
}
