using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class BrowseMessagesTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Looking_at_a_message_neither_leases_nor_counts()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(queue + "/messages", "x", "Message-Attribute-A: 1");
        for (int i = 0; i < 2; i++)
        {
            JsonNode seen = (await _api.Get(sent.Headers["Location"])).Json;
            Assert.Equal(
                ("x", "available", 0), ((string)seen["body"]!, (string)seen["state"]!, (int)seen["receiveCount"]!));
            Assert.Null(seen["receiptHandle"]);
            Assert.Equal("1", (string)seen["attributes"]!["a"]!);
            Assert.Equal("x", (string)(await _api.Get(queue + "/messages")).Json["items"]![0]!["body"]!);
        }

        Assert.Equal(1, (int)(await _api.ReceiveOne(queue))["receiveCount"]!);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gaps()
    {
        string queue = await _api.NewQueue("""{"durability":"memory"}""");
        for (int i = 0; i < 7; i++) await _api.Post(queue + "/messages", i.ToString());
        List<string> bodies = [];
        string? next = queue + "/messages?limit=3";
        while (next is not null)
        {
            Answer page = await _api.Get(next);
            bodies.AddRange(page.Json["items"]!.AsArray().Select(message => (string)message!["body"]!));
            next = page.Headers.TryGetValue("Link", out string? link) ? link.Split('<', '>')[1] : null;
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(i => i.ToString()), bodies);
    }

    [Fact]
    public async Task A_page_of_large_messages_ends_early_and_goes_on_exactly_there()
    {
        string queue = await _api.NewQueue("""{"durability":"memory"}""");
        for (int i = 0; i < 7; i++) await _api.Post(queue + "/messages", i + new string('x', 1_000_000));
        Answer first = await _api.Get(queue + "/messages");
        Answer rest = await _api.Get($"{queue}/messages?cursor={first.Json["nextCursor"]}");
        Assert.Null(rest.Json["nextCursor"]);
        Assert.Equal("0123456", string.Concat(new[] { first, rest }.SelectMany(
            page => page.Json["items"]!.AsArray().Select(message => ((string)message!["body"]!)[0]))));
    }

    [Fact]
    public async Task Messages_are_found_by_state_and_time()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "leased");
        await _api.ReceiveOne(queue);
        await _api.Post(queue + "/messages?delay=1h", "delayed");
        string sentAt = (string)(await _api.Post(queue + "/messages", "available")).Json["sentAt"]!;
        foreach (string state in new[] { "leased", "delayed", "available" })
            Assert.Equal([state], await Bodies($"state={state}"));
        Assert.Contains("available", await Bodies($"since={sentAt}"));
        Assert.Empty(await Bodies("since=2200-01-01T00:00:00%2B01:00"));

        async Task<IEnumerable<string>> Bodies(string query) => (await _api.Get($"{queue}/messages?{query}"))
            .Json["items"]!.AsArray().Select(message => (string)message!["body"]!);
    }

    [Theory]
    [InlineData("state=lost", "?state")]
    [InlineData("since=yesterday", "?since")]
    [InlineData("since=2026-01-01T00:00:00", "?since")]
    [InlineData("cursor=xyz", "?cursor")]
    [InlineData("cursor=bng", "?cursor")]
    [InlineData("q=text", "?q")]
    public async Task A_wrong_parameter_is_refused_by_name(string query, string name) =>
        (await _api.Get($"{await _api.NewQueue()}/messages?{query}")).ShouldBlame(400, "invalid-request", name);

    [Fact]
    public async Task A_message_is_deleted_by_its_id_unless_it_is_leased()
    {
        string queue = await _api.NewQueue();
        string first = (await _api.Post(queue + "/messages", "a")).Headers["Location"];
        string second = (await _api.Post(queue + "/messages", "b")).Headers["Location"];
        await _api.ReceiveOne(queue);
        (await _api.Delete(first)).ShouldBlame(409, "message-leased");
        Answer deleted = await _api.Delete(second);
        Assert.Equal(204, deleted.Status);
        Assert.Equal("fsync", deleted.Headers["Message-Durability"]);
        (await _api.Delete(second)).ShouldBlame(404, "message-not-found");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AAAAAQAAAAAAAAA_")]
    [InlineData("________________")]
    public async Task What_is_no_id_names_no_message(string id)
    {
        string message = $"{await _api.NewQueue()}/messages/{id}";
        (await _api.Get(message)).ShouldBlame(404, "message-not-found");
        (await _api.Delete(message)).ShouldBlame(404, "message-not-found");
    }
}
