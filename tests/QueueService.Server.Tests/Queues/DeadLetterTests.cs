using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class DeadLetterTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_message_that_fails_too_often_is_found_in_the_dead_letter_queue_with_its_history()
    {
        string dead = await _api.NewQueue();
        string queue = await _api.NewQueue(Policy(dead, 1));
        Answer sent = await _api.Post($"{queue}/messages", "poison", "Message-Attribute-Tenant: acme");
        JsonNode received = await _api.ReceiveOne(queue);
        Assert.Equal(204, (await _api.Post($"{queue}/receipts/{received["receiptHandle"]}/release")).Status);

        // Nobody receives from the queue any more: the server moves the message by itself.
        JsonNode message = await _api.ReceiveOne(dead);
        Assert.Equal("poison", (string)message["body"]!);
        Assert.Equal((string)sent.Json["id"]!, (string)message["id"]!);
        Assert.Equal((string)sent.Json["sentAt"]!, (string)message["sentAt"]!);
        Assert.Equal("acme", (string)message["attributes"]!["tenant"]!);
        Assert.Equal(1, (int)message["receiveCount"]!);
        JsonNode origin = message["deadLetter"]!;
        Assert.Equal(Name(queue), (string)origin["sourceQueue"]!);
        Assert.Equal("maxReceiveCount", (string)origin["reason"]!);
        Assert.Equal(1, (int)origin["receiveCount"]!);
        Assert.Equal((string)origin["firstFailedAt"]!, (string)origin["lastFailedAt"]!);
        Assert.Equal(1, (int)(await _api.Get(queue)).Json["stats"]!["deadLetteredTotal"]!);
    }

    [Fact]
    public async Task A_consumer_gives_a_message_up_with_a_reason()
    {
        string dead = await _api.NewQueue("""{"durability":"os"}""");
        string queue = await _api.NewQueue(Policy(dead, 5));
        await _api.Post($"{queue}/messages", "poison");
        string receipt = (string)(await _api.ReceiveOne(queue))["receiptHandle"]!;
        (await _api.Post($"{queue}/receipts/{receipt}/dead-letter", """{"reasons":"x"}"""))
            .ShouldBlame(400, "invalid-request", "/reasons");
        Answer moved = await _api.Post($"{queue}/receipts/{receipt}/dead-letter", """{"reason":"no such customer"}""");
        Assert.Equal(204, moved.Status);
        Assert.Equal("fsync", moved.Headers["Message-Durability"]);
        (await _api.Post($"{queue}/receipts/{receipt}/dead-letter")).ShouldBlame(410, "receipt-expired");
        JsonNode message = Assert.Single((await _api.Get($"{dead}/messages")).Json["items"]!.AsArray())!;
        Assert.Equal("no such customer", (string)message["deadLetter"]!["reason"]!);

        // The same, as bytes and headers.
        Answer raw = await _api.Post($"{dead}/receive?format=raw&visibilityTimeout=0s");
        Assert.Equal("poison", raw.Text);
        Assert.Equal("no such customer", raw.Headers["Message-Dead-Letter-Reason"]);
        Assert.Equal(Name(queue), raw.Headers["Message-Dead-Letter-Source-Queue"]);

        // Its id still names it.
        string byId = $"{dead}/messages/{message["id"]}";
        Assert.Equal("poison", (string)(await _api.Get(byId)).Json["body"]!);
        Assert.Equal(204, (await _api.Delete(byId)).Status);
        (await _api.Get(byId)).ShouldBlame(404, "message-not-found");
    }

    [Fact]
    public async Task Giving_up_without_a_dead_letter_queue_is_a_conflict_and_the_lease_stays()
    {
        string queue = await _api.NewQueue();
        await _api.Post($"{queue}/messages", "poison");
        string receipt = (string)(await _api.ReceiveOne(queue))["receiptHandle"]!;
        (await _api.Post($"{queue}/receipts/{receipt}/dead-letter")).ShouldBlame(409, "no-dead-letter-queue");
        Assert.Equal(204, (await _api.Delete($"{queue}/receipts/{receipt}")).Status);
    }

    [Fact]
    public async Task Policies_that_cannot_work_are_refused()
    {
        string queue = await _api.NewQueue();
        string closed =
            await _api.NewQueue("""{"redriveAllowPolicy":{"permission":"byQueue","sourceQueues":["b","a"]}}""");
        (await _api.Patch(queue, Policy(queue, 3))).ShouldBlame(422, "dead-letter-cycle");
        (await _api.Patch(queue, Policy("missing", 3))).ShouldBlame(422, "dead-letter-queue-not-found");
        (await _api.Patch(queue, Policy(closed, 3))).ShouldBlame(403, "redrive-not-allowed");
        Assert.Equal(
            """{"permission":"byQueue","sourceQueues":["a","b"]}""",
            (await _api.Get(closed)).Json["redriveAllowPolicy"]!.ToJsonString());
        Assert.Null((await _api.Get(queue)).Json["redrivePolicy"]);
    }

    [Theory]
    [InlineData("""{"redrivePolicy":{"maxReceiveCount":3}}""", "/redrivePolicy/deadLetterQueue")]
    [InlineData("""{"redrivePolicy":{"deadLetterQueue":"a b"}}""", "/redrivePolicy/deadLetterQueue")]
    [InlineData("""{"redrivePolicy":{"deadLetterQueue":"dead","maxReceiveCount":0}}""",
        "/redrivePolicy/maxReceiveCount")]
    [InlineData("""{"redrivePolicy":{"deadLetterQueue":"dead","max":1}}""", "/redrivePolicy/max")]
    [InlineData("""{"redrivePolicy":"dead"}""", "/redrivePolicy")]
    [InlineData("""{"redriveAllowPolicy":{"permission":"some"}}""", "/redriveAllowPolicy/permission")]
    [InlineData("""{"redriveAllowPolicy":{"permission":"byQueue"}}""", "/redriveAllowPolicy/sourceQueues")]
    [InlineData("""{"redriveAllowPolicy":{"permission":"allowAll","sourceQueues":["a"]}}""",
        "/redriveAllowPolicy/sourceQueues")]
    [InlineData("""{"retryPolicy":{"kind":"linear"}}""", "/retryPolicy/kind")]
    [InlineData("""{"retryPolicy":{"jitter":1.5}}""", "/retryPolicy/jitter")]
    [InlineData("""{"retryPolicy":{"factor":1.0001}}""", "/retryPolicy/factor")]
    [InlineData("""{"retryPolicy":{"minSeconds":0,"factr":2}}""", "/retryPolicy/factr")]
    [InlineData("""{"retryPolicy":[]}""", "/retryPolicy")]
    [InlineData("""{"paused":1}""", "/paused")]
    public async Task A_field_of_a_policy_that_is_wrong_is_named(string json, string pointer) =>
        (await _api.Put("/v1/queues/" + Guid.CreateVersion7(), json)).ShouldBlame(400, "invalid-request", pointer);

    [Fact]
    public async Task A_patch_changes_the_named_fields_of_a_retry_policy_and_null_resets_it()
    {
        string queue = await _api.NewQueue("""{"retryPolicy":{"kind":"exponential","minSeconds":2,"jitter":0.25}}""");
        Answer patched = await _api.Patch(queue, """{"retryPolicy":{"maxSeconds":60,"factor":1.5}}""");
        Assert.Equal(
            """{"kind":"exponential","minSeconds":2,"maxSeconds":60,"factor":1.5,"jitter":0.25}""",
            patched.Json["retryPolicy"]!.ToJsonString());
        patched = await _api.Patch(queue, """{"retryPolicy":null}""");
        Assert.Equal("""{"kind":"none"}""", patched.Json["retryPolicy"]!.ToJsonString());
    }

    [Fact]
    public async Task A_released_message_waits_as_the_retry_policy_says()
    {
        string queue = await _api.NewQueue("""{"retryPolicy":{"kind":"fixed","minSeconds":600}}""");
        await _api.Post($"{queue}/messages", "later");
        JsonNode received = await _api.ReceiveOne(queue);
        Assert.Equal(204, (await _api.Post($"{queue}/receipts/{received["receiptHandle"]}/release")).Status);
        JsonNode message = Assert.Single((await _api.Get($"{queue}/messages?state=delayed")).Json["items"]!.AsArray())!;
        TimeSpan delay = (DateTimeOffset)message["visibleAt"]! - DateTimeOffset.UtcNow;
        Assert.InRange(delay.TotalSeconds, 500, 601);
    }

    [Fact]
    public async Task A_paused_queue_takes_messages_and_hands_none_out_until_it_is_resumed()
    {
        string queue = await _api.NewQueue();
        Assert.Equal(204, (await _api.Post($"{queue}/pause")).Status);
        Assert.Equal(201, (await _api.Post($"{queue}/messages", "hello")).Status);
        Assert.Empty((await _api.Post($"{queue}/receive")).Json["messages"]!.AsArray());
        JsonNode paused = (await _api.Get(queue)).Json;
        Assert.True((bool)paused["paused"]!);
        Assert.Equal("The queue is paused.", (string)paused["stats"]!["blockedReason"]!);
        Task<JsonNode> waiting = _api.ReceiveOne(queue);
        Assert.Equal(204, (await _api.Post($"{queue}/resume")).Status);
        Assert.Equal("hello", (string)(await waiting)["body"]!);
        (await _api.Post("/v1/queues/none/pause")).ShouldBlame(404, "queue-not-found");
    }

    private static string Policy(string queue, int maxReceiveCount) =>
        $$$"""{"redrivePolicy":{"deadLetterQueue":"{{{Name(queue)}}}","maxReceiveCount":{{{maxReceiveCount}}}}}""";

    private static string Name(string queue) => queue[(queue.LastIndexOf('/') + 1)..];
}
