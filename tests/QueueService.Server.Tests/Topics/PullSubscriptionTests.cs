using System.Text.Json.Nodes;
using QueueService.Server.Tests.Operations;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Topics;

[Collection(ServerCollection.Name)]
public sealed class PullSubscriptionTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Every_subscription_gets_every_message_and_none_holds_another_up()
    {
        string topic = await _api.NewTopic();
        string[] subscriptions =
            [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(n => _api.Subscribe(topic, $"s{n}")))];
        await _api.Publish(topic, "1", "2");
        await _api.Post(subscriptions[0] + "/pause");
        foreach (string subscription in subscriptions[1..])
        {
            Assert.Equal(["1", "2"], await _api.Bodies(subscription));
            Assert.Empty(await _api.Bodies(subscription));
        }

        Assert.Empty(await _api.Bodies(subscriptions[0]));
        Answer paused = await _api.Get(subscriptions[0]);
        Assert.Equal((true, 2), ((bool)paused.Json["paused"]!, (int)paused.Json["stats"]!["available"]!));
        Assert.NotNull(paused.Json["stats"]!["blockedReason"]);
        Task<JsonNode> waiting = _api.ReceiveOne(subscriptions[0]);
        Assert.Equal(204, (await _api.Post(subscriptions[0] + "/resume")).Status);
        Assert.Equal("1", (string)(await waiting)["body"]!);
    }

    [Fact]
    public async Task A_waiting_receive_is_answered_by_the_publish()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        Task<JsonNode> waiting = _api.ReceiveOne(subscription);
        await _api.Publish(topic, "1");
        Assert.Equal("1", (string)(await waiting)["body"]!);
    }

    [Fact]
    public async Task An_acknowledged_message_never_comes_back_and_a_second_acknowledgement_says_so()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        string other = await _api.Subscribe(topic, "b");
        await _api.Publish(topic, "1");
        string handle = (string)(await _api.ReceiveOne(subscription))["receiptHandle"]!;
        (await _api.Delete($"{other}/receipts/{handle}")).ShouldBlame(404, "receipt-invalid");
        Answer acknowledged = await _api.Delete($"{subscription}/receipts/{handle}");
        Assert.Equal((204, "fsync"), (acknowledged.Status, acknowledged.Headers["Message-Durability"]));
        (await _api.Delete($"{subscription}/receipts/{handle}")).ShouldBlame(410, "receipt-expired");
        (await _api.Post($"{subscription}/receipts/{handle}/release")).ShouldBlame(410, "receipt-expired");
        Assert.Empty(await _api.Receive(subscription));
        Assert.Equal(["1"], await _api.Bodies(other));
    }

    [Fact]
    public async Task Leases_are_extended_and_released_alone_and_together()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        await _api.Publish(topic, "1", "2", "3");
        JsonNode[] messages = await _api.Receive(subscription);
        string[] handles = [.. messages.Select(static message => (string)message["receiptHandle"]!)];
        string path = $"{subscription}/receipts/{handles[0]}";
        Assert.Equal(200, (await _api.Patch(path, """{"visibilityTimeoutSeconds":600}""")).Status);
        Assert.Equal(204, (await _api.Post(path + "/release")).Status);
        JsonNode again = await _api.ReceiveOne(subscription);
        Assert.Equal(("1", 2), ((string)again["body"]!, (int)again["receiveCount"]!));
        string two = $$"""{"receiptHandles":["{{handles[1]}}","{{handles[2]}}"]""";
        Answer extended = await _api.Post(subscription + "/extend", two + ",\"visibilityTimeoutSeconds\":60}");
        Assert.Equal([200, 200], Statuses(extended));
        Answer released = await _api.Post(subscription + "/release", two + "}");
        Assert.Equal([204, 204], Statuses(released));
        Answer acknowledged = await _api.Post(subscription + "/acknowledge", two + "}");
        Assert.Equal([410, 410], Statuses(acknowledged));
        Assert.Equal(["2", "3"], await _api.Bodies(subscription, "&ack=auto"));
        Assert.Empty(await _api.Receive(subscription));
    }

    [Fact]
    public async Task A_receive_acknowledges_earlier_messages_in_the_same_commit()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a");
        await _api.Publish(topic, "1", "2");
        JsonNode first = await _api.ReceiveOne(subscription);
        Answer second = await _api.Post(
            subscription + "/receive?max=5", $$"""{"acknowledge":["{{first["receiptHandle"]}}"]}""");
        Assert.Equal(204, (int)Assert.Single(second.Json["acknowledged"]!.AsArray())!["status"]!);
        Assert.Equal("2", (string)Assert.Single(second.Json["messages"]!.AsArray())!["body"]!);
    }

    [Fact]
    public async Task A_message_that_is_given_up_moves_to_the_dead_letter_queue_of_this_subscription_alone()
    {
        string dead = await _api.NewQueue();
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(
            topic, "a", $$"""{"redrivePolicy":{"deadLetterQueue":"{{dead.Split('/')[^1]}}","maxReceiveCount":2} }""");
        string other = await _api.Subscribe(topic, "b");
        await _api.Publish(topic, "1", "2");
        JsonNode[] messages = await _api.Receive(subscription);
        Answer moved = await _api.Post(
            $"{subscription}/receipts/{messages[0]["receiptHandle"]}/dead-letter", """{"reason":"no such customer"}""");
        Assert.Equal(204, moved.Status);
        JsonNode letter = await _api.ReceiveOne(dead);
        Assert.Equal(((string)messages[0]["id"]!, "1"), ((string)letter["id"]!, (string)letter["body"]!));
        Assert.Equal("no such customer", (string)letter["deadLetter"]!["reason"]!);
        string source = topic.Split('/')[^1] + "/a";
        Assert.Equal(source, (string)letter["deadLetter"]!["sourceQueue"]!);
        Assert.Equal(["1", "2"], await _api.Bodies(other));
        (await _api.Post($"{other}/receipts/x/dead-letter")).ShouldBlame(404, "receipt-invalid");
    }

    [Fact]
    public async Task Dead_letters_of_a_subscription_are_redriven_to_a_queue_that_is_named()
    {
        string dead = await _api.NewQueue();
        string target = await _api.NewQueue();
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(
            topic, "a", $$"""{"redrivePolicy":{"deadLetterQueue":"{{dead.Split('/')[^1]}}"} }""");
        await _api.Publish(topic, "1");
        string handle = (string)(await _api.ReceiveOne(subscription))["receiptHandle"]!;
        await _api.Post($"{subscription}/receipts/{handle}/dead-letter");
        JsonNode back = await _api.Finished(await _api.Post(dead + "/redrive"));
        Assert.Equal((0, 1), ((int)back["result"]!["affected"]!, (int)back["result"]!["failed"]!));
        JsonNode moved = await _api.Finished(
            await _api.Post(dead + "/redrive", $$"""{"to":"{{target.Split('/')[^1]}}"}"""));
        Assert.Equal(1, (int)moved["result"]!["affected"]!);
        Assert.Equal(["1"], await _api.Bodies(target));
        Assert.Empty(await _api.Receive(subscription));
    }

    [Fact]
    public async Task With_ordered_groups_a_group_waits_for_its_leased_message_and_the_rest_flows()
    {
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "a", """{"ordering":"group"}""");
        foreach ((string group, string body) in new[] { ("x", "x1"), ("x", "x2"), ("y", "y1") })
            await _api.Post($"{topic}/messages?groupId={group}", body);
        JsonNode first = await _api.ReceiveOne(subscription);
        Assert.Equal("x1", (string)first["body"]!);
        Assert.Equal(["y1"], await _api.Bodies(subscription));
        Assert.Equal(1, (int)(await _api.Get(subscription)).Json["stats"]!["blocked"]!);
        await _api.Delete($"{subscription}/receipts/{first["receiptHandle"]}");
        Assert.Equal(["x2"], await _api.Bodies(subscription));
    }

    private static int[] Statuses(Answer answer) =>
        [.. answer.Json["results"]!.AsArray().Select(static result => (int)result!["status"]!)];
}
