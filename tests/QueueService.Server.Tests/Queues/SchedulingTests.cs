using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class SchedulingTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_highest_priority_is_received_first()
    {
        string queue = await _api.NewQueue();
        await _api.Post($"{queue}/messages", "usual");
        await _api.Post($"{queue}/messages", "urgent", "Message-Priority: 9");
        await _api.Post($"{queue}/messages/batch", """{"messages":[{"body":"soon","priority":4}]}""");
        JsonArray messages = (await _api.Post($"{queue}/receive?max=10")).Json["messages"]!.AsArray();
        Assert.Equal(["urgent", "soon", "usual"], messages.Select(static message => (string)message!["body"]!));
        Assert.Equal(9, (int)messages[0]!["priority"]!);
        Assert.Null(messages[2]!["priority"]);
        (await _api.Post($"{queue}/messages?priority=10", "x")).ShouldBlame(400, "invalid-request", "?priority");
    }

    [Fact]
    public async Task A_message_past_its_ttl_is_dropped_or_dead_lettered()
    {
        string dead = await _api.NewQueue();
        string dropping = await _api.NewQueue();
        string keeping = await _api.NewQueue(
            $$"""{"redrivePolicy":{"deadLetterQueue":"{{Name(dead)}}","includeExpired":true} }""");
        await _api.Post($"{dropping}/messages", "short-lived", "Message-Ttl: 1ms");
        await _api.Post($"{keeping}/messages?ttl=1ms", "short-lived");
        await _api.Post($"{dropping}/messages/batch", """{"messages":[{"body":"long-lived","ttlSeconds":3600}]}""");

        // The server moves it by itself; by then the other one has ended, too.
        JsonNode expired = await _api.ReceiveOne(dead);
        Assert.Equal("expired", (string)expired["deadLetter"]!["reason"]!);
        Assert.Equal(0, (int)expired["deadLetter"]!["receiveCount"]!);
        JsonNode message = Assert.Single((await _api.Post($"{dropping}/receive?max=10")).Json["messages"]!.AsArray())!;
        Assert.Equal("long-lived", (string)message["body"]!);
        Assert.Equal(
            DateTimeOffset.Parse((string)message["sentAt"]!, null).AddHours(1),
            DateTimeOffset.Parse((string)message["expiresAt"]!, null));
        Assert.Equal(1, (int)(await _api.Get(dropping)).Json["stats"]!["expiredTotal"]!);
        (await _api.Post($"{dropping}/messages?ttl=0", "x")).ShouldBlame(400, "invalid-request", "?ttl");
        (await _api.Post($"{dropping}/messages?ttl=5s&delay=5s", "x")).ShouldBlame(400, "delay-exceeds-retention");
    }

    [Fact]
    public async Task A_message_that_is_not_leased_can_be_rescheduled_and_cancelled()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post($"{queue}/messages?delay=1h", "later");
        string message = $"{queue}/messages/{sent.Json["id"]}";
        Answer later = await _api.Patch(message, """{"deliverAt":"2027-01-01T00:00:00Z"}""");
        Assert.Equal(("delay-exceeds-retention", 400), ((string)later.Json["code"]!, later.Status));
        Answer now = await _api.Patch(message, """{"delaySeconds":0}""");
        Assert.Equal("fsync", now.Headers["Message-Durability"]);
        JsonNode received = await _api.ReceiveOne(queue);
        Assert.Equal("later", (string)received["body"]!);
        (await _api.Patch(message, """{"delaySeconds":5}""")).ShouldBlame(409, "message-leased");
        await _api.Post($"{queue}/receipts/{received["receiptHandle"]}/release");
        Assert.Equal(200, (await _api.Patch(message, """{"delaySeconds":3600}""")).Status);
        Assert.Empty((await _api.Post($"{queue}/receive")).Json["messages"]!.AsArray());
        Assert.Equal("delayed", (string)(await _api.Get(message)).Json["state"]!);
        Assert.Equal(204, (await _api.Delete(message)).Status);
        (await _api.Patch(message, """{"delaySeconds":5}""")).ShouldBlame(404, "message-not-found");
        (await _api.Patch(message, "{}")).ShouldBlame(400, "invalid-request", "");
        (await _api.Patch(message, """{"delaySeconds":5,"deliverAt":"2026-11-22T08:00:00Z"}"""))
            .ShouldBlame(400, "invalid-request", "");
    }

    private static string Name(string queue) => queue[(queue.LastIndexOf('/') + 1)..];
}
