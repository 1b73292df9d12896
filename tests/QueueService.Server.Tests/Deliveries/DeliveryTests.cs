using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

[Collection(DeliveryCollection.Name)]
public sealed class DeliveryTests(DeliveryServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_delivery_that_failed_shows_why_and_when_it_is_attempted_again()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(500, "broken"));
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(
            receiver.Url, "", ""","retryPolicy":{"kind":"fixed","minSeconds":3600}"""));
        Answer published = await _api.Post(topic + "/messages", "hello");
        JsonNode delivery = await _api.UntilAttempted(path, 1);
        Assert.Equal(
            ("a", topic.Split('/')[^1], (string)published.Json["id"]!, "pending", 1, 500, "The endpoint answered 500."),
            ((string)delivery["subscription"]!, (string)delivery["topic"]!, (string)delivery["messageId"]!,
                (string)delivery["status"]!, (int)delivery["attempts"]!, (int)delivery["lastStatusCode"]!,
                (string)delivery["error"]!));
        TimeSpan wait = Instant(delivery["nextAttemptAt"]) - Instant(delivery["lastAttemptAt"]);
        Assert.InRange(wait.TotalSeconds, 3_590, 3_610);
        Answer read = await _api.Get($"/v1/deliveries/{delivery["id"]}");
        Assert.Equal((200, delivery.ToJsonString()), (read.Status, read.Json.ToJsonString()));
        JsonNode attempt = Assert.Single(
            (await _api.Get($"/v1/deliveries/{delivery["id"]}/attempts")).Json["items"]!.AsArray())!;
        Assert.Equal(
            ((string)delivery["id"]!, 1, "retry", "hello", "broken", (string)delivery["nextAttemptAt"]!),
            ((string)attempt["deliveryId"]!, (int)attempt["number"]!, (string)attempt["result"]!,
                (string)attempt["requestBody"]!, (string)attempt["responseBody"]!,
                Rounded((string)attempt["nextAttemptAt"]!, (string)delivery["nextAttemptAt"]!)));
    }

    [Fact]
    public async Task A_delivery_that_waits_is_retried_at_once_and_its_attempts_are_listed_the_newest_first()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(500));
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(
            receiver.Url, "", ""","retryPolicy":{"kind":"fixed","minSeconds":3600}"""));
        await _api.Publish(topic, "hello");
        JsonNode delivery = await _api.UntilAttempted(path, 1);
        receiver.Script = static _ => ScriptedReceiver.Ok();
        Answer retried = await _api.Post($"/v1/deliveries/{delivery["id"]}/retry");
        Assert.Equal((202, "fsync"), (retried.Status, retried.Headers["Message-Durability"]));
        Assert.Equal((string)delivery["id"]!, (string)retried.Json["id"]!);
        JsonNode done = Assert.Single(await _api.Until(path, "succeeded", 1));
        Assert.Equal(2, (int)done["attempts"]!);
        Assert.Null(done["error"]);
        string attempts = $"/v1/deliveries/{delivery["id"]}/attempts";
        Answer all = await _api.Get(attempts);
        Assert.Equal([2, 1], Numbers(all));
        Answer first = await _api.Get(attempts + "?limit=1");
        Assert.Equal([2], Numbers(first));
        Answer second = await _api.Get($"{attempts}?limit=1&cursor={first.Json["nextCursor"]}");
        Assert.Equal([1], Numbers(second));
        Assert.Null(second.Json["nextCursor"]);
    }

    [Fact]
    public async Task A_delivery_that_was_given_up_begins_anew()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(400));
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(receiver.Url, ""","maxAttempts":1"""));
        await _api.Publish(topic, "hello");
        JsonNode failed = Assert.Single(await _api.Until(path, "failed", 1));
        Assert.Equal((1, 400), ((int)failed["attempts"]!, (int)failed["lastStatusCode"]!));
        Assert.Equal(1, (int)(await _api.Get(path)).Json["stats"]!["abandonedTotal"]!);
        receiver.Script = static _ => ScriptedReceiver.Ok();
        await _api.Post(path + "/pause");
        Answer retried = await _api.Post($"/v1/deliveries/{failed["id"]}/retry");
        Assert.Equal(
            (202, "pending", 0, 400),
            (retried.Status, (string)retried.Json["status"]!, (int)retried.Json["attempts"]!,
                (int)retried.Json["lastStatusCode"]!));
        await _api.Post(path + "/resume");
        Assert.Equal((string)failed["id"]!, (string)Assert.Single(await _api.Until(path, "succeeded", 1))["id"]!);
        Assert.Empty(await Items(path, "&status=failed"));
    }

    [Fact]
    public async Task A_delivery_that_succeeded_can_be_delivered_again()
    {
        await using ScriptedReceiver receiver = new();
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(receiver.Url));
        await _api.Publish(topic, "hello");
        JsonNode delivery = Assert.Single(await _api.Until(path, "succeeded", 1));
        Assert.Equal(202, (await _api.Post($"/v1/deliveries/{delivery["id"]}/retry")).Status);
        ReceivedRequest[] requests = await receiver.Next(2);
        Assert.Equal(requests[0].Headers["webhook-id"], requests[1].Headers["webhook-id"]);
    }

    [Fact]
    public async Task Deliveries_are_listed_by_status_and_page_by_page()
    {
        await using ScriptedReceiver receiver = new(static request =>
            request.Text.StartsWith("bad", StringComparison.Ordinal)
                ? ScriptedReceiver.Status(400) : ScriptedReceiver.Ok());
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(
            topic, "a", Ask.Webhook(receiver.Url, ""","maxAttempts":1,"maxConcurrency":1"""));
        await _api.Publish(topic, "good 1", "bad 1", "good 2", "bad 2", "good 3");
        await receiver.Next(5);
        Assert.Equal(3, (await _api.Until(path, "succeeded", 3)).Length);
        Assert.Equal(2, (await _api.Until(path, "failed", 2)).Length);
        await _api.Post(path + "/pause");
        await _api.Publish(topic, "later 1", "later 2", "later 3");
        JsonNode[] waiting = await _api.Until(path, "pending", 3);
        Assert.All(waiting, static item => Assert.Equal(0, (int)item["attempts"]!));
        Assert.Equal(5, (await Items(path, "")).Length);

        foreach ((string query, int count) in new[] { ("", 5), ("&status=succeeded", 3), ("&status=pending", 3) })
        {
            string[] all = [.. (await Items(path, query)).Select(static item => (string)item["id"]!)];
            Assert.Equal(count, all.Length);
            List<string> paged = [];
            string next = Ask.List(path, query + "&limit=2");
            while (next.Length > 0)
            {
                Answer page = await _api.Get(next);
                JsonArray items = page.Json["items"]!.AsArray();
                Assert.InRange(items.Count, 1, 2);
                paged.AddRange(items.Select(static item => (string)item!["id"]!));
                next = page.Headers.TryGetValue("Link", out string? link) ? link[1..link.IndexOf('>')] : "";
            }

            Assert.Equal(all, paged);
        }
    }

    [Fact]
    public async Task Of_a_subscription_with_a_filter_only_what_matches_waits()
    {
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(
            "http://hook.example.invalid/", "", ""","paused":true,"filter":{"routingKey":"yes"}"""));
        await _api.Post(topic + "/messages?groupId=g", "1", "Message-Routing-Key: no");
        Answer match = await _api.Post(topic + "/messages?groupId=g", "2", "Message-Routing-Key: yes");
        JsonNode delivery = Assert.Single(await _api.Until(path, "pending", 1));
        Assert.Equal((string)match.Json["id"]!, (string)delivery["messageId"]!);
        Assert.Equal(202, (await _api.Post($"/v1/deliveries/{delivery["id"]}/retry")).Status);
    }

    [Fact]
    public async Task What_names_no_delivery_is_not_found()
    {
        string topic = await _api.NewTopic();
        string path =
            await _api.Subscribe(topic, "a", Ask.Webhook("http://a.example.invalid/", "", ""","paused":true"""));
        await _api.Publish(topic, "hello");
        string id = (string)Assert.Single(await _api.Until(path, "pending", 1))["id"]!;
        string pull = await _api.Subscribe(topic, "b", """{"from":"earliest"}""");
        string message = (string)(await _api.ReceiveOne(pull))["id"]!;
        string[] unknown = ["nonsense", message, new string('A', 16), id[..^1] + (id[^1] == 'c' ? 'd' : 'c')];
        foreach (string other in unknown)
        {
            (await _api.Get($"/v1/deliveries/{other}")).ShouldBlame(404, "delivery-not-found");
            (await _api.Get($"/v1/deliveries/{other}/attempts")).ShouldBlame(404, "delivery-not-found");
            (await _api.Post($"/v1/deliveries/{other}/retry")).ShouldBlame(404, "delivery-not-found");
        }

        Assert.Empty((await _api.Get($"/v1/deliveries/{id}/attempts")).Json["items"]!.AsArray());
        (await _api.Get(Ask.List(pull))).ShouldBlame(409, "not-a-webhook-subscription");
        (await _api.Get(Ask.List(path + "x"))).ShouldBlame(404, "subscription-not-found");
    }

    [Theory]
    [InlineData("", "?subscription")]
    [InlineData("?subscription=orders", "?subscription")]
    [InlineData("?subscription=a/b/c", "?subscription")]
    [InlineData("?subscription=a/b%20c", "?subscription")]
    [InlineData("?subscription=a/b&status=lost", "?status")]
    [InlineData("?subscription=a/b&limit=0", "?limit")]
    [InlineData("?subscription=a/b&cursor=x", "?cursor")]
    [InlineData("?subscription=a/b&topic=a", "?topic")]
    public async Task A_listing_names_its_subscription_and_nothing_that_is_not_known(string query, string blamed) =>
        (await _api.Get("/v1/deliveries" + query)).ShouldBlame(400, "invalid-request", blamed);

    [Fact]
    public async Task What_is_given_up_goes_to_the_dead_letter_queue_of_the_redrive_policy()
    {
        await using ScriptedReceiver receiver = new(static _ => ScriptedReceiver.Status(500));
        string dead = await _api.NewQueue();
        string topic = await _api.NewTopic();
        string path = await _api.Subscribe(topic, "a", Ask.Webhook(
            receiver.Url, ""","maxAttempts":1""",
            $$""","redrivePolicy":{"deadLetterQueue":"{{dead.Split('/')[^1]}}"}"""));
        await _api.Publish(topic, "hello");
        Assert.Equal("hello", (string)(await _api.ReceiveOne(dead))["body"]!);
        Assert.Single(await _api.Until(path, "failed", 1));
    }

    private static DateTimeOffset Instant(JsonNode? node) => DateTimeOffset.Parse((string)node!, null);

    /// <summary>The broker counts the delay from the commit, the attempt from its end.</summary>
    private static string Rounded(string shown, string kept) =>
        Math.Abs((DateTimeOffset.Parse(shown, null) - DateTimeOffset.Parse(kept, null)).TotalSeconds) < 10
            ? kept
            : shown;

    private static int[] Numbers(Answer page) =>
        [.. page.Json["items"]!.AsArray().Select(static item => (int)item!["number"]!)];

    private async Task<JsonNode[]> Items(string path, string query) =>
        [.. (await _api.Get(Ask.List(path, query))).Json["items"]!.AsArray().Select(static item => item!)];
}
