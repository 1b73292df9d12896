using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class TagTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_put_replaces_tags_and_a_patch_merges_them()
    {
        string queue = await _api.NewQueue("""{"tags":{"team":"payments","stage":"prod"}}""");
        Assert.Equal("""{"stage":"prod","team":"payments"}""", await Tags(queue));
        await _api.Patch(queue, """{"tags":{"stage":null,"owner":"Zoë: \"z\""}}""");
        Assert.Equal("Zoë: \"z\"", (string)(await _api.Get(queue)).Json["tags"]!["owner"]!);
        Assert.Null((await _api.Get(queue)).Json["tags"]!["stage"]);
        await _api.Put(queue, """{"tags":{"x":""}}""");
        Assert.Equal("""{"x":""}""", await Tags(queue));
        await _api.Patch(queue, """{"tags":null}""");
        Assert.Equal("{}", await Tags(queue));
    }

    [Fact]
    public async Task The_etag_changes_with_the_tags_and_only_with_them()
    {
        string queue = await _api.NewQueue("""{"tags":{"a":"1","b":"2"}}""");
        string etag = (await _api.Get(queue)).Headers["ETag"];
        Assert.Equal(etag, (await _api.Patch(queue, """{"tags":{"b":"2"}}""")).Headers["ETag"]);
        Assert.NotEqual(etag, (await _api.Patch(queue, """{"tags":{"b":"3"}}""")).Headers["ETag"]);
    }

    [Fact]
    public async Task A_queue_has_at_most_fifty_tags_also_after_a_merge()
    {
        string queue = await _api.NewQueue(Many(50, "a"));
        (await _api.Put(queue, Many(51, "a"))).ShouldBlame(400, "invalid-request", "/tags");
        (await _api.Patch(queue, """{"tags":{"one-more":"x"}}""")).ShouldBlame(400, "too-many-tags");
        Assert.Equal(200, (await _api.Patch(queue, """{"tags":{"one-more":"x","a0":null}}""")).Status);
    }

    [Fact]
    public async Task A_listing_finds_queues_that_have_all_the_tags()
    {
        string prefix = "t" + Guid.CreateVersion7().ToString("N");
        for (int i = 0; i < 6; i++)
        {
            string stage = i % 2 == 0 ? "prod" : "test";
            string shared = i == 5 ? "" : ",\"team\":\"a:b\"";
            await _api.Put($"/v1/queues/{prefix}-{i}", $$$"""{"tags":{"stage":"{{{stage}}}"{{{shared}}}}}""");
        }

        Assert.Equal("0 2 4", await Found(prefix, "&tag=stage:prod"));
        Assert.Equal("1 3", await Found(prefix, "&tag=stage:test&tag=team"));
        Assert.Equal("0 2 4", await Found(prefix, "&tag=team:a:b&tag=stage:prod"));
        Assert.Equal("", await Found(prefix, "&tag=team:a"));
        Assert.Equal("0 1 2 3 4 5", await Found(prefix, ""));
    }

    [Fact]
    public async Task Pages_of_a_filtered_listing_are_full_until_the_last()
    {
        string prefix = "p" + Guid.CreateVersion7().ToString("N");
        for (int i = 0; i < 9; i++)
            await _api.Put($"/v1/queues/{prefix}-{i}", i % 2 == 0 ? """{"tags":{"even":"y"}}""" : "{}");
        List<int> sizes = [];
        for (string? query = $"?prefix={prefix}&limit=2&tag=even"; query is not null;)
        {
            Answer page = await _api.Get("/v1/queues" + query);
            sizes.Add(page.Json["items"]!.AsArray().Count);
            query = page.Headers.TryGetValue("Link", out string? link)
                ? link.Split('<', '>')[1]["/v1/queues".Length..]
                : null;
        }

        Assert.Equal([2, 2, 1], sizes);
    }

    [Theory]
    [InlineData("tag=")]
    [InlineData("tag=a%20b:c")]
    [InlineData("tag=a&tag=b&tag=c&tag=d&tag=e&tag=f&tag=g&tag=h&tag=i&tag=j&tag=k")]
    public async Task A_filter_that_is_none_is_refused(string query) =>
        (await _api.Get("/v1/queues?" + query)).ShouldBlame(400, "invalid-request", "?tag");

    private async Task<string> Tags(string queue) => (await _api.Get(queue)).Json["tags"]!.ToJsonString();

    private async Task<string> Found(string prefix, string filter)
    {
        JsonArray items = (await _api.Get($"/v1/queues?prefix={prefix}{filter}")).Json["items"]!.AsArray();
        return string.Join(' ', items.Select(item => ((string)item!["name"]!)[(prefix.Length + 1)..]));
    }

    private static string Many(int count, string key) =>
        $$$"""{"tags":{{{{string.Join(',', Enumerable.Range(0, count).Select(n => $"\"{key}{n}\":\"\""))}}}}}""";
}
