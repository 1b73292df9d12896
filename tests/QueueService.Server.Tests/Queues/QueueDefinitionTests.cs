using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class QueueDefinitionTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Creating_a_queue_without_a_body_gives_it_the_defaults()
    {
        string path = "/v1/queues/" + Guid.CreateVersion7();
        Answer created = await _api.Put(path);
        Assert.Equal(201, created.Status);
        Assert.Equal(path, created.Headers["Location"]);
        Assert.Equal("fsync", created.Headers["Message-Durability"]);
        Assert.Equal(30, (int)created.Json["visibilityTimeoutSeconds"]!);
        Assert.Equal(345_600, (int)created.Json["retentionSeconds"]!);
        Assert.Equal("standard", (string)created.Json["type"]!);
        Assert.Equal(200, (await _api.Put(path)).Status);
    }

    [Fact]
    public async Task Put_replaces_and_patch_keeps_what_it_does_not_name()
    {
        string queue = await _api.NewQueue("""{"visibilityTimeoutSeconds":5,"delaySeconds":7}""");
        Answer patched =
            await _api.Patch(queue, """{"delaySeconds":9}""", "Content-Type: application/merge-patch+json");
        Assert.Equal(200, patched.Status);
        Assert.Equal((5, 9), Settings(patched));
        Assert.Equal((5, 0), Settings(await _api.Patch(queue, """{"delaySeconds":null}""")));
        Assert.Equal((30, 4), Settings(await _api.Put(queue, """{"delaySeconds":4}""")));

        static (int, int) Settings(Answer answer) =>
            ((int)answer.Json["visibilityTimeoutSeconds"]!, (int)answer.Json["delaySeconds"]!);
    }

    [Fact]
    public async Task An_immutable_field_that_differs_is_a_conflict_that_names_it()
    {
        string queue = await _api.NewQueue("""{"durability":"memory"}""");
        (await _api.Put(queue)).ShouldBlame(409, "immutable-field", "/durability");
        (await _api.Patch(queue, """{"durability":"os"}""")).ShouldBlame(409, "immutable-field", "/durability");
        Assert.Equal(200, (await _api.Patch(queue, """{"durability":"memory"}""")).Status);
    }

    [Fact]
    public async Task A_change_with_an_old_etag_fails_and_changes_nothing()
    {
        string queue = await _api.NewQueue();
        string old = (await _api.Get(queue)).Headers["ETag"];
        Answer changed = await _api.Patch(queue, """{"delaySeconds":1}""", $"If-Match: {old}");
        Assert.Equal(200, changed.Status);
        Assert.NotEqual(old, changed.Headers["ETag"]);
        (await _api.Patch(queue, """{"delaySeconds":2}""", $"If-Match: {old}")).ShouldBlame(412, "precondition-failed");
        (await _api.Put(queue, "{}", $"If-Match: {old}")).ShouldBlame(412, "precondition-failed");
        (await _api.Delete(queue, $"If-Match: {old}")).ShouldBlame(412, "precondition-failed");
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["delaySeconds"]!);
        Assert.Equal(204, (await _api.Delete(queue, $"If-Match: \"zzz\", {changed.Headers["ETag"]}")).Status);
    }

    [Theory]
    [InlineData("If-Match", "*", 412, 200)]
    [InlineData("If-None-Match", "*", 201, 412)]
    public async Task A_star_asks_for_existence(string header, string value, int whenAbsent, int whenPresent)
    {
        string absent = "/v1/queues/" + Guid.CreateVersion7();
        Assert.Equal(whenAbsent, (await _api.Put(absent, "{}", $"{header}: {value}")).Status);
        Assert.Equal(whenPresent, (await _api.Put(await _api.NewQueue(), "{}", $"{header}: {value}")).Status);
    }

    [Fact]
    public async Task A_weak_etag_matches_nothing_and_a_malformed_one_is_refused()
    {
        string queue = await _api.NewQueue();
        string weak = "W/" + (await _api.Get(queue)).Headers["ETag"];
        (await _api.Put(queue, "{}", $"If-Match: {weak}")).ShouldBlame(412, "precondition-failed");
        (await _api.Put(queue, "{}", "If-Match: nonsense")).ShouldBlame(400, "invalid-request", "If-Match");
        (await _api.Put(queue, "{}", "If-None-Match: \"x\"")).ShouldBlame(400, "invalid-request", "If-None-Match");
    }

    [Theory]
    [InlineData("""{"fifo":true}""", "/fifo")]
    [InlineData("""{"tags":{"a b":"c"}}""", "/tags/a b")]
    [InlineData("""{"tags":{"a":1}}""", "/tags/a")]
    [InlineData("""{"tags":{"a":"\n"}}""", "/tags/a")]
    [InlineData("""{"tags":["a"]}""", "/tags")]
    [InlineData("""{"type":"lifo"}""", "/type")]
    [InlineData("""{"visibilityTimeoutSeconds":43201}""", "/visibilityTimeoutSeconds")]
    [InlineData("""{"visibilityTimeoutSeconds":"30"}""", "/visibilityTimeoutSeconds")]
    [InlineData("""{"retentionSeconds":1e400}""", "/retentionSeconds")]
    [InlineData("""{"retentionSeconds":60.5}""", "/retentionSeconds")]
    [InlineData("""{"delaySeconds":-1}""", "/delaySeconds")]
    [InlineData("""{"delaySeconds":{"a":[1]}}""", "/delaySeconds")]
    [InlineData("""{"maxMessageBytes":16777217}""", "/maxMessageBytes")]
    [InlineData("""{"durability":"raid"}""", "/durability")]
    [InlineData("""{"durability":1}""", "/durability")]
    [InlineData("""{"delaySeconds":1,"delaySeconds":2}""", "/delaySeconds")]
    [InlineData("""{"a/b~":1}""", "/a~1b~0")]
    [InlineData("[]", "")]
    public async Task A_wrong_field_is_refused_by_name(string json, string pointer)
    {
        string path = "/v1/queues/" + Guid.CreateVersion7();
        (await _api.Put(path, json)).ShouldBlame(400, "invalid-request", pointer);
        (await _api.Get(path)).ShouldBlame(404, "queue-not-found");
    }

    [Fact]
    public async Task All_wrong_fields_are_named_at_once() =>
        (await _api.Put("/v1/queues/x", """{"delaySeconds":-1,"fifo":true,"durability":null,"type":"x"}"""))
            .ShouldBlame(400, "invalid-request", "/delaySeconds", "/fifo", "/type");

    [Fact]
    public async Task A_queue_that_does_not_exist_is_said_so_everywhere()
    {
        string queue = "/v1/queues/absent";
        string receipt = queue + "/receipts/" + new string('A', 43);
        Answer[] answers =
        [
            await _api.Get(queue), await _api.Patch(queue, "{}"), await _api.Delete(queue),
            await _api.Post(queue + "/messages", "x"), await _api.Get(queue + "/messages"),
            await _api.Post(queue + "/messages/batch", """{"messages":[{"body":"x"}]}"""),
            await _api.Get(queue + "/messages/AAAAAQAAAAAAAAAA"), await _api.Delete(
                queue + "/messages/AAAAAQAAAAAAAAAA"),
            await _api.Post(queue + "/receive"), await _api.Post(queue + "/purge"), await _api.Delete(receipt),
            await _api.Patch(receipt, """{"visibilityTimeoutSeconds":1}"""), await _api.Post(receipt + "/release"),
            await _api.Post(queue + "/acknowledge", """{"receiptHandles":["x"]}"""),
        ];
        Assert.All(answers, answer => answer.ShouldBlame(404, "queue-not-found"));
    }

    [Theory]
    [InlineData("/v1/queues/a%20b")]
    [InlineData("/v1/queues/%C3%A9")]
    [InlineData("/v1/queues/a:b/messages")]
    public async Task A_bad_queue_name_is_refused(string path) =>
        (await _api.Get(path)).ShouldBlame(400, "invalid-request", "queue");

    [Fact]
    public async Task A_name_of_128_characters_is_allowed_and_one_of_129_is_not()
    {
        string name = string.Concat(Guid.CreateVersion7().ToString("N"), new string('x', 96));
        Assert.Equal(201, (await _api.Put("/v1/queues/" + name)).Status);
        (await _api.Put($"/v1/queues/{name}x")).ShouldBlame(400, "invalid-request", "queue");
    }

    [Fact]
    public async Task A_deleted_queue_is_gone_with_its_messages()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "x");
        Answer deleted = await _api.Delete(queue);
        Assert.Equal(204, deleted.Status);
        Assert.Equal("fsync", deleted.Headers["Message-Durability"]);
        Assert.Equal(201, (await _api.Put(queue)).Status);
        Assert.Empty((await _api.Get(queue + "/messages")).Json["items"]!.AsArray());
    }

    [Fact]
    public async Task Listing_follows_cursors_and_links_to_the_end()
    {
        string prefix = "list-" + Guid.CreateVersion7().ToString("N");
        for (int i = 0; i < 5; i++) await _api.Put($"/v1/queues/{prefix}-{i}");
        List<string> names = [];
        string? next = $"/v1/queues?prefix={prefix}&limit=2";
        while (next is not null)
        {
            Answer page = await _api.Get(next);
            names.AddRange(page.Json["items"]!.AsArray().Select(queue => (string)queue!["name"]!));
            string? cursor = (string?)page.Json["nextCursor"];
            next = cursor is null ? null : page.Headers["Link"].Split('<', '>')[1];
            Assert.Equal(cursor is not null, page.Headers.ContainsKey("Link"));
            if (cursor is not null) Assert.Matches("^[A-Za-z0-9_-]+$", cursor);
        }

        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"{prefix}-{i}"), names);
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=x", "?limit")]
    [InlineData("cursor=!!", "?cursor")]
    [InlineData("cursor=bTEy", "?cursor")]
    [InlineData("pre=x", "?pre")]
    [InlineData("limit=1&limit=2", "?limit")]
    public async Task A_bad_listing_parameter_is_refused_by_name(string query, string name) =>
        (await _api.Get("/v1/queues?" + query)).ShouldBlame(400, "invalid-request", name);

    [Fact]
    public async Task A_limit_above_the_maximum_is_taken_as_the_maximum() =>
        Assert.Equal(200, (await _api.Get("/v1/queues?limit=1000000")).Status);

    [Fact]
    public async Task Statistics_count_what_happened()
    {
        string queue = await _api.NewQueue();
        for (int i = 0; i < 3; i++) await _api.Post(queue + "/messages", "x");
        await _api.Post(queue + "/messages?delay=1h", "later");
        await _api.Post(queue + "/receive?ack=auto");
        await _api.Post(queue + "/receive");
        JsonNode stats = (await _api.Get(queue)).Json["stats"]!;
        Assert.Equal((1, 1, 1), ((int)stats["available"]!, (int)stats["leased"]!, (int)stats["delayed"]!));
        Assert.Equal((4, 2, 1), ((int)stats["sentTotal"]!, (int)stats["receivedTotal"]!, (int)stats["deletedTotal"]!));
    }

    [Fact]
    public async Task Purging_removes_leased_messages_too()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "a");
        await _api.Post(queue + "/messages", "b");
        JsonNode message = await _api.ReceiveOne(queue);
        Assert.Equal(202, (await _api.Post(queue + "/purge")).Status);
        Assert.Empty((await _api.Get(queue + "/messages")).Json["items"]!.AsArray());
        (await _api.Delete($"{queue}/receipts/{message["receiptHandle"]}")).ShouldBlame(410, "receipt-expired");
        (await _api.Post(queue + "/purge", "{}")).ShouldBlame(400, "invalid-request", "");
    }
}
