using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics.Live;

[Collection(LiveCollection.Name)]
public sealed class FollowTopicTests(LiveServer server)
{
    [Fact]
    public async Task Every_reader_gets_every_message_from_its_beginning_on()
    {
        string topic = await server.Api.NewTopic();
        await server.Api.Publish(topic, "before");
        using TopicFollower first = await Open(topic);
        using TopicFollower second = await Open(topic);
        await server.Api.Publish(topic, "1", "2");
        Assert.Equal(["1", "2"], await first.Bodies(2));
        Assert.Equal(["1", "2"], await second.Bodies(2));
        await server.Api.Publish(topic, "3");
        Assert.Equal(["3"], await first.Bodies(1));
    }

    [Fact]
    public async Task A_message_has_the_shape_of_a_receive_without_a_receipt()
    {
        string topic = await server.Api.NewTopic();
        using TopicFollower reader = await Open(topic);
        Assert.Equal("no-store", reader.Response.Headers.CacheControl!.ToString());
        Assert.Equal("no", reader.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("text/event-stream", reader.Response.Content.Headers.ContentType!.MediaType);
        Answer sent = await server.Api.Post(
            topic + "/messages", "a\nb", "Message-Attribute-Tenant: acme", "Message-Group-Id: g",
            "Message-Routing-Key: order.created");
        JsonNode message = await reader.Next();
        Assert.Equal((string)sent.Json["id"]!, (string)message["id"]!);
        Assert.Equal((long)sent.Json["sequenceNumber"]!, (long)message["sequenceNumber"]!);
        Assert.Equal("a\nb", (string)message["body"]!);
        Assert.Equal("acme", (string)message["attributes"]!["tenant"]!);
        Assert.Equal(("g", "order.created"), ((string)message["groupId"]!, (string)message["routingKey"]!));
        Assert.Null(message["receiptHandle"]);
    }

    [Fact]
    public async Task A_reader_that_comes_back_goes_on_after_its_last_event_also_before_the_first_one()
    {
        string topic = await server.Api.NewTopic();
        string id;
        using (TopicFollower reader = await Open(topic)) id = reader.LastId;
        await server.Api.Publish(topic, "1", "2", "3");
        using (TopicFollower reader = await Open(topic, id))
        {
            Assert.Equal(["1", "2"], await reader.Bodies(2));
            id = reader.LastId;
        }

        await server.Api.Publish(topic, "4");
        using TopicFollower last = await Open(topic, id);
        Assert.Equal(["3", "4"], await last.Bodies(2));
        await server.Api.Publish(topic, "5");
        Assert.Equal(["5"], await last.Bodies(1));
    }

    [Fact]
    public async Task The_header_wins_over_the_query_and_both_over_from()
    {
        string topic = await server.Api.NewTopic();
        await server.Api.Publish(topic, "1", "2");
        using TopicFollower reader = await OpenPath(topic + "/sse?from=earliest");
        string before = reader.LastId;
        await reader.Next();
        string after = reader.LastId;
        using TopicFollower query = await OpenPath($"{topic}/sse?from=latest&lastEventId={before}");
        Assert.Equal(["1", "2"], await query.Bodies(2));
        using TopicFollower header = await TopicFollower.Open(
            server.Http1, $"{topic}/sse?from=latest&lastEventId={before}", $"Last-Event-ID: {after}");
        Assert.Equal(["2"], await header.Bodies(1));
    }

    [Fact]
    public async Task A_reader_begins_at_the_oldest_message_or_at_a_time()
    {
        string topic = await server.Api.NewTopic();
        JsonNode first = await Published(topic);
        JsonNode later;
        do
        {
            later = await Published(topic);
        }
        while ((string)later["sentAt"]! == (string)first["sentAt"]!);
        using TopicFollower earliest = await OpenPath(topic + "/sse?from=earliest");
        Assert.Equal((string)first["id"]!, (string)(await earliest.Next())["id"]!);
        using TopicFollower since = await OpenPath(
            $"{topic}/sse?from={Uri.EscapeDataString((string)later["sentAt"]!)}");
        Assert.Equal((string)later["id"]!, (string)(await since.Next())["id"]!);
        using TopicFollower future = await OpenPath(topic + "/sse?from=2100-01-01T00:00:00Z");
        await server.Api.Publish(topic, "now");
        Assert.Equal("now", (string)(await future.Next())["body"]!);
    }

    [Fact]
    public async Task A_filter_lets_through_what_matches_behind_and_live()
    {
        string topic = await server.Api.NewTopic();
        await Send(topic, "order.a", 1);
        await Send(topic, "audit", 2);
        string filter = Uri.EscapeDataString("""{"routingKey":"order.#","policy":{"n":[{"numeric":["<",10]}]}}""");
        using TopicFollower reader = await OpenPath($"{topic}/sse?from=earliest&filter={filter}");
        Assert.Equal("order.a 1", (string)(await reader.Next())["body"]!);
        await Send(topic, "audit", 3);
        await Send(topic, "order.b", 11);
        await Send(topic, "order.b", 4);
        Assert.Equal("order.b 4", (string)(await reader.Next())["body"]!);
        using TopicFollower body = await OpenPath(
            $"{topic}/sse?filter={Uri.EscapeDataString("""{"scope":"body","policy":{"kind":["a"]}}""")}");
        await server.Api.Publish(topic, """{"kind":"b"}""", """{"kind":"a"}""");
        Assert.Equal("""{"kind":"a"}""", (string)(await body.Next())["body"]!);
    }

    [Fact]
    public async Task A_reader_whose_filter_skips_much_hears_how_far_it_is()
    {
        string topic = await server.Api.NewTopic();
        using TopicFollower reader = await OpenPath(
            $"{topic}/sse?filter={Uri.EscapeDataString("""{"routingKey":"never"}""")}");
        string first = reader.LastId;
        string lines = string.Concat(Enumerable.Range(0, 2_500).Select(static n => $$"""{"body":"{{n}}"}""" + "\n"));
        await server.Api.Post(topic + "/messages/batch", lines, "Content-Type: application/x-ndjson");
        Dictionary<string, string> block = (await reader.Read())!;
        Assert.Equal(["id"], block.Keys);
        Assert.NotEqual(first, reader.LastId);
        using TopicFollower again = await Open(topic, reader.LastId);
        Assert.InRange(int.Parse((string)(await again.Next())["body"]!), 1_000, 2_500);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_messages_of_each_group_come_in_order_to_readers_that_join_in_the_middle(int http)
    {
        const int Messages = 600;
        string topic = await server.Api.NewTopic();
        Task publishing = PublishGroups(topic, Messages);
        TopicFollower[] readers = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            _ => TopicFollower.Open(
                new Version(http, http == 1 ? 1 : 0), http == 1 ? server.Http1 : server.Http2,
                topic + "/sse?from=earliest")));
        await publishing;
        foreach (TopicFollower reader in readers)
        {
            List<string> seen = [.. await reader.Bodies(Messages)];
            Assert.Equal(Messages, seen.Distinct().Count());
            foreach (IGrouping<string, string> group in seen.GroupBy(static body => body.Split(' ')[0]))
            {
                int[] numbers = [.. group.Select(static body => int.Parse(body.Split(' ')[1]))];
                Assert.Equal(numbers.Order(), numbers);
            }

            reader.Dispose();
        }
    }

    [Fact]
    public async Task A_reader_that_comes_back_again_and_again_gets_each_message_of_many_groups_once()
    {
        const int Messages = 600;
        string topic = await server.Api.NewTopic();
        string id;
        using (TopicFollower reader = await Open(topic)) id = reader.LastId;
        Task publishing = PublishGroups(topic, Messages);
        List<string> seen = [];
        while (seen.Count < Messages)
        {
            using TopicFollower reader = await Open(topic, id);
            seen.AddRange(await reader.Bodies(Math.Min(7, Messages - seen.Count)));
            id = reader.LastId;
        }

        await publishing;
        Assert.Equal(Messages, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_large_message_arrives_whole()
    {
        string topic = await server.Api.NewTopic("""{"maxMessageBytes":16000000}""");
        using TopicFollower live = await Open(topic);
        string body = new('x', 9_000_000);
        await server.Api.Publish(topic, body, "after");
        Assert.Equal([body, "after"], await live.Bodies(2));
        using TopicFollower behind = await OpenPath(topic + "/sse?from=earliest");
        Assert.Equal([body, "after"], await behind.Bodies(2));
    }

    [Fact]
    public async Task A_reader_that_falls_behind_what_is_shared_loses_nothing_and_gets_nothing_twice()
    {
        const int Messages = 300;
        string topic = await server.Api.NewTopic();
        using TopicFollower slow = await Open(topic);
        using TopicFollower fast = await Open(topic);
        string padding = new('x', 100_000);
        for (int i = 0; i < Messages; i++)
        {
            await server.Api.Publish(topic, $"{i} {padding}");
            Assert.StartsWith($"{i} ", (string)(await fast.Next())["body"]!, StringComparison.Ordinal);
        }

        for (int i = 0; i < Messages; i++)
            Assert.StartsWith($"{i} ", (string)(await slow.Next())["body"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_topic_ends_the_stream_with_an_event()
    {
        string topic = await server.Api.NewTopic();
        using TopicFollower reader = await Open(topic);
        await server.Api.Publish(topic, "1");
        await server.Api.Delete(topic);
        Assert.Equal("1", (string)(await reader.Next())["body"]!);
        Assert.Equal("topic-not-found", (string)(await reader.Next("problem"))["code"]!);
        Assert.Null(await reader.Read());
    }

    [Fact]
    public async Task An_id_from_beyond_the_end_is_a_gap_before_what_is_kept()
    {
        string topic = await server.Api.NewTopic();
        await server.Api.Publish(topic, "1", "2", "3");
        string id;
        using (TopicFollower reader = await Open(topic)) id = reader.LastId;
        await server.Api.Delete(topic);
        Assert.Equal(201, (await server.Api.Put(topic)).Status);
        await server.Api.Publish(topic, "new");
        using TopicFollower again = await Open(topic, id);
        await again.Next("gap");
        Assert.Equal("new", (string)(await again.Next())["body"]!);
    }

    [Theory]
    [InlineData("?from=yesterday", "?from")]
    [InlineData("?filter=%7B", "?filter")]
    [InlineData("?filter=%7B%22policy%22%3A%7B%22a%22%3A%5B%7B%22numeric%22%3A%5B%22%7E%22%2C1%5D%7D%5D%7D%7D",
        "?filter/policy/a/0/numeric/0")]
    [InlineData("?filter=%7B%22topic%22%3A1%7D", "?filter/topic")]
    [InlineData("?lastEventId=%21", "?lastEventId")]
    [InlineData("?since=1", "?since")]
    public async Task What_is_not_as_it_should_be_is_named(string query, string part)
    {
        string topic = await server.Api.NewTopic();
        (await server.Api.Get($"{topic}/sse{query}")).ShouldBlame(400, "invalid-request", part);
    }

    [Fact]
    public async Task What_cannot_begin_is_a_problem_document()
    {
        string topic = await server.Api.NewTopic();
        (await server.Api.Send("GET", topic + "/sse", null, "Last-Event-ID: #"))
            .ShouldBlame(400, "invalid-request", "Last-Event-ID");
        (await server.Api.Get("/v1/topics/nobody/sse")).ShouldBlame(404, "topic-not-found");
    }

    private async Task PublishGroups(string topic, int messages)
    {
        for (int i = 0; i < messages; i++)
            await server.Api.Post($"{topic}/messages", $"{i % 20} {i}", $"Message-Group-Id: {i % 20}");
    }

    private async Task Send(string topic, string key, int n) => Assert.Equal(201, (await server.Api.Post(
        topic + "/messages", $"{key} {n}", $"Message-Routing-Key: {key}", $"Message-Attribute-N: {n}")).Status);

    private async Task<JsonNode> Published(string topic) => (await server.Api.Post(topic + "/messages", "more")).Json;

    private Task<TopicFollower> OpenPath(string path) => TopicFollower.Open(server.Http1, path);

    private Task<TopicFollower> Open(string topic, string? lastId = null) =>
        TopicFollower.Open(server.Http1, topic + "/sse", lastId is null ? [] : [$"Last-Event-ID: {lastId}"]);
}
