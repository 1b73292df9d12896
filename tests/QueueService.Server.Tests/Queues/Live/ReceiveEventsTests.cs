using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues.Live;

[Collection(LiveCollection.Name)]
public sealed class ReceiveEventsTests(LiveServer server)
{
    [Fact]
    public async Task A_message_is_an_event_with_its_id_and_can_be_acknowledged_by_its_handle()
    {
        string queue = await server.Api.NewQueue();
        using EventReader reader = await Open(queue + "/sse");
        Assert.Equal("no-store", reader.Response.Headers.CacheControl!.ToString());
        Assert.Equal("no", reader.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Equal("text/event-stream", reader.Response.Content.Headers.ContentType!.MediaType);
        await server.Api.Post(queue + "/messages", "hello\nworld");
        JsonNode message = await reader.Message();
        Assert.Equal(("hello\nworld", 1), ((string)message["body"]!, (int)message["receiveCount"]!));
        Assert.Equal(204, (await server.Api.Delete($"{queue}/receipts/{message["receiptHandle"]}")).Status);
    }

    [Fact]
    public async Task No_more_than_prefetch_messages_are_sent_until_one_is_acknowledged_elsewhere()
    {
        string queue = await server.Api.NewQueue();
        for (int i = 0; i < 4; i++) await server.Api.Post(queue + "/messages", $"{i}");
        using EventReader reader = await Open(queue + "/sse?prefetch=2&visibilityTimeout=12h");
        JsonNode first = await reader.Message();
        JsonNode second = await reader.Message();
        Assert.Equal(2, (int)(await Stats(queue))["available"]!);
        await server.Api.Delete($"{queue}/receipts/{first["receiptHandle"]}");
        Assert.Equal("2", (string)(await reader.Message())["body"]!);
        await server.Api.Post($"{queue}/receipts/{second["receiptHandle"]}/release");
        Assert.NotNull(await reader.Message());
        Assert.Equal(2, (int)(await Stats(queue))["leased"]!);
    }

    [Fact]
    public async Task A_reader_that_reconnects_gets_what_it_had_not_acknowledged_and_its_last_event_id_is_accepted()
    {
        string queue = await server.Api.NewQueue();
        await server.Api.Post(queue + "/messages", "a");
        await server.Api.Post(queue + "/messages", "b");
        JsonNode acknowledged, open;
        using (EventReader reader = await Open(queue + "/sse?visibilityTimeout=12h"))
        {
            acknowledged = await reader.Message();
            open = await reader.Message();
            await server.Api.Delete($"{queue}/receipts/{acknowledged["receiptHandle"]}");
        }

        using EventReader again = await Open(queue + "/sse", $"Last-Event-ID: {open["id"]}");
        JsonNode message = await again.Message();
        Assert.Equal(((string)open["id"]!, 2), ((string)message["id"]!, (int)message["receiveCount"]!));
        using EventReader query = await Open($"{queue}/sse?lastEventId={open["id"]}");
    }

    [Fact]
    public async Task A_deleted_queue_ends_the_stream_with_an_event()
    {
        string queue = await server.Api.NewQueue();
        using EventReader reader = await Open(queue + "/sse");
        await server.Api.Delete(queue);
        Dictionary<string, string> last = (await reader.Read())!;
        Assert.Equal("problem", last["event"]);
        Assert.Equal("queue-not-found", (string)JsonNode.Parse(last["data"])!["code"]!);
        Assert.Null(await reader.Read());
    }

    [Fact]
    public async Task A_large_message_arrives_whole()
    {
        string queue = await server.Api.NewQueue();
        string body = new('x', 1_000_000);
        await server.Api.Post(queue + "/messages", body);
        using EventReader reader = await Open(queue + "/sse");
        Assert.Equal(body, (string)(await reader.Message())["body"]!);
    }

    [Fact]
    public async Task What_cannot_begin_is_a_problem_document()
    {
        string queue = await server.Api.NewQueue();
        (await server.Api.Get("/v1/queues/nobody/sse")).ShouldBlame(404, "queue-not-found");
        (await server.Api.Get(queue + "/sse?prefetch=0")).ShouldBlame(400, "invalid-request", "?prefetch");
        (await server.Api.Get(queue + "/sse?prefetch=1001")).ShouldBlame(400, "invalid-request", "?prefetch");
        (await server.Api.Get(queue + "/sse?visibilityTimeout=500ms"))
            .ShouldBlame(400, "invalid-request", "?visibilityTimeout");
        (await server.Api.Get(queue + "/sse?max=1")).ShouldBlame(400, "invalid-request", "?max");
    }

    private async Task<EventReader> Open(string path, params string[] headers)
    {
        EventReader reader = await EventReader.Open(server.Http1, path, headers);
        Assert.Equal("2000", (await reader.Read())!["retry"]);
        return reader;
    }

    private async Task<JsonNode> Stats(string queue) => (await server.Api.Get(queue)).Json["stats"]!;
}
