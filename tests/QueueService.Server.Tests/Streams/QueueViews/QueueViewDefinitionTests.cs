using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams.QueueViews;

[Collection(ServerCollection.Name)]
public sealed class QueueViewDefinitionTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_view_is_created_once_and_described_with_its_settings_and_counts()
    {
        string stream = await NewStream();
        Answer created =
            await _api.Put(stream + "/queue-views/work", """{"visibilityTimeoutSeconds":60,"from":"earliest"}""");
        Assert.Equal((201, stream + "/queue-views/work"), (created.Status, created.Headers["Location"]));
        Answer again =
            await _api.Put(stream + "/queue-views/work", """{"visibilityTimeoutSeconds":60,"from":"earliest"}""");
        Assert.Equal((200, created.Headers["ETag"]), (again.Status, again.Headers["ETag"]));
        for (int i = 0; i < 3; i++) await _api.Post(stream + "/records", $"{i}");
        JsonNode[] records = await _api.Receive(stream + "/queue-views/work");
        await _api.Delete($"{stream}/queue-views/work/receipts/{records[0]["receiptHandle"]}");
        await _api.Post($"{stream}/queue-views/work/receipts/{records[1]["receiptHandle"]}/release");
        JsonNode described = (await _api.Get(stream + "/queue-views/work")).Json;
        Assert.Equal(
            ("work", stream.Split('/')[^1], "earliest", 60),
            ((string)described["name"]!, (string)described["stream"]!, (string)described["from"]!,
                (int)described["visibilityTimeoutSeconds"]!));
        JsonNode stats = described["stats"]!;
        Assert.Equal((1, 1, 0), ((int)stats["available"]!, (int)stats["leased"]!, (int)stats["expiredTotal"]!));
        Assert.Equal((3, 1), ((int)stats["receivedTotal"]!, (int)stats["acknowledgedTotal"]!));
    }

    [Fact]
    public async Task Settings_change_by_put_and_patch_under_their_etag_and_the_beginning_does_not()
    {
        string view = await NewView("""{"from":"earliest","tags":{"team":"media"}}""");
        Answer patched = await _api.Patch(view, """{"visibilityTimeoutSeconds":90,"tags":{"env":"prod"}}""");
        Assert.Equal(200, patched.Status);
        Assert.Equal("""{"env":"prod","team":"media"}""", patched.Json["tags"]!.ToJsonString());
        (await _api.Patch(view, "{}", "If-Match: \"nosuch\"")).ShouldBlame(412, "precondition-failed");
        (await _api.Put(view, """{"from":"latest"}""")).ShouldBlame(409, "immutable-field", "/from");
        Answer put = await _api.Put(view, """{"from":"earliest"}""", "If-Match: " + patched.Headers["ETag"]);
        Assert.Equal((200, 30), (put.Status, (int)put.Json["visibilityTimeoutSeconds"]!));
        (await _api.Put(view, null, "If-None-Match: *")).ShouldBlame(412, "precondition-failed");
    }

    [Theory]
    [InlineData("""{"nosuch":1}""", "/nosuch")]
    [InlineData("""{"visibilityTimeoutSeconds":-1}""", "/visibilityTimeoutSeconds")]
    [InlineData("""{"from":"yesterday"}""", "/from")]
    [InlineData("""{"target":{"type":"pull"}}""", "/target")]
    [InlineData("""{"ordering":"group"}""", "/ordering")]
    [InlineData("""{"filter":{"policy":7}}""", "/filter/policy")]
    public async Task Settings_that_are_wrong_are_named(string json, string field)
    {
        string stream = await NewStream();
        (await _api.Put(stream + "/queue-views/work", json)).ShouldBlame(400, "invalid-request", field);
    }

    [Fact]
    public async Task A_view_needs_its_stream_and_goes_with_it()
    {
        (await _api.Put("/v1/streams/nosuch/queue-views/work")).ShouldBlame(404, "stream-not-found");
        (await _api.Get("/v1/streams/nosuch/queue-views")).ShouldBlame(404, "stream-not-found");
        string stream = await NewStream();
        (await _api.Get(stream + "/queue-views/work")).ShouldBlame(404, "queue-view-not-found");
        (await _api.Post(stream + "/queue-views/work/receive")).ShouldBlame(404, "queue-view-not-found");
        (await _api.Put(stream + "/queue-views/a b")).ShouldBlame(400, "invalid-request", "view");
        Assert.Equal(201, (await _api.Put(stream + "/queue-views/work")).Status);
        Assert.Equal(204, (await _api.Delete(stream + "/queue-views/work")).Status);
        (await _api.Delete(stream + "/queue-views/work")).ShouldBlame(404, "queue-view-not-found");
        Assert.Equal(201, (await _api.Put(stream + "/queue-views/work")).Status);
        Assert.Equal(204, (await _api.Delete(stream)).Status);
        await _api.Put(stream);
        (await _api.Get(stream + "/queue-views/work")).ShouldBlame(404, "queue-view-not-found");
    }

    [Fact]
    public async Task A_dead_letter_queue_must_exist()
    {
        string stream = await NewStream();
        (
            await _api.Put(
                stream + "/queue-views/work", """{"redrivePolicy":{"deadLetterQueue":"nosuch","maxReceiveCount":2}}"""))
            .ShouldBeProblem(422, "dead-letter-queue-not-found");
    }

    [Fact]
    public async Task Views_are_listed_in_pages_and_by_tags()
    {
        string stream = await NewStream();
        foreach (string name in (string[])["b", "a", "c"])
            await _api.Put($"{stream}/queue-views/{name}", name == "c" ? """{"tags":{"team":"media"}}""" : "{}");
        Answer page = await _api.Get(stream + "/queue-views?limit=2");
        Assert.Equal(["a", "b"], Names(page));
        string cursor = (string)page.Json["nextCursor"]!;
        Assert.Equal(["c"], Names(await _api.Get($"{stream}/queue-views?limit=2&cursor={cursor}")));
        Assert.Equal(["c"], Names(await _api.Get(stream + "/queue-views?tag=team:media")));
        Assert.Empty(Names(await _api.Get(await NewStream() + "/queue-views")));
    }

    [Fact]
    public async Task Changes_of_views_are_told_by_their_own_names()
    {
        using FeedReader events = await FeedReader.Open(new Uri(server.Address, "/v1/system/sse"));
        string view = await NewView();
        await _api.Patch(view, """{"visibilityTimeoutSeconds":60}""");
        await _api.Delete(view);
        foreach (string kind in (string[])["queueViewCreated", "queueViewChanged", "queueViewDeleted"])
        {
            SentEvent told = await events.NextOf(kind, "stream", view.Split('/')[3]);
            Assert.Equal("work", (string)told.Data["queueView"]!);
        }
    }

    private static string[] Names(Answer page) =>
        [.. page.Json["items"]!.AsArray().Select(static view => (string)view!["name"]!)];

    private async Task<string> NewStream()
    {
        string stream = "/v1/streams/s-" + Guid.CreateVersion7().ToString("N");
        Assert.Equal(201, (await _api.Put(stream, """{"partitions":4}""")).Status);
        return stream;
    }

    private async Task<string> NewView(string json = "{}")
    {
        string view = await NewStream() + "/queue-views/work";
        Assert.Equal(201, (await _api.Put(view, json)).Status);
        return view;
    }
}
