using System.Text.Json.Nodes;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Aws.Sns;

[Collection(HookCollection.Name)]
public sealed class SnsEndpointTests(HookServer server)
{
    private readonly SnsApi _sns = new(server.Address);

    [Fact]
    public async Task An_endpoint_gets_messages_once_its_owner_has_confirmed_and_is_told_when_it_ends()
    {
        await using Receiver receiver = new();
        string topic = await _sns.NewTopic();
        SnsAnswer asked = await _sns.Do(
            "Subscribe", ("TopicArn", topic), ("Protocol", "http"), ("Endpoint", receiver.Url("/ok")));
        Assert.Equal("pending confirmation", asked.Text("SubscriptionArn"));
        ReceivedRequest question = await receiver.Next();
        Assert.Equal("SubscriptionConfirmation", question.Headers["x-amz-sns-message-type"]);
        Assert.Equal("text/plain; charset=UTF-8", question.Headers["Content-Type"]);
        Assert.Equal("Amazon Simple Notification Service Agent", question.Headers["User-Agent"]);
        JsonNode body = JsonNode.Parse(question.Text)!;
        Assert.Equal(
            ["Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion",
                "Signature", "SigningCertURL"],
            body.AsObject().Select(static field => field.Key));
        SnsAnswer waiting = await _sns.Do("ListSubscriptionsByTopic", ("TopicArn", topic));
        Assert.Equal(["PendingConfirmation"], waiting.All("SubscriptionArn"));
        await _sns.Publish(topic, "too early");
        string arn = (await SnsApi.Get((string)body["SubscribeURL"]!)).Text("SubscriptionArn")!;
        await _sns.Publish(topic, "hello", ("Subject", "s"));
        ReceivedRequest delivered = await receiver.Next();
        Assert.Equal("Notification", delivered.Headers["x-amz-sns-message-type"]);
        Assert.Equal(
            (topic, arn), (delivered.Headers["x-amz-sns-topic-arn"], delivered.Headers["x-amz-sns-subscription-arn"]));
        JsonNode envelope = JsonNode.Parse(delivered.Text)!;
        Assert.Equal(("hello", "s"), ((string?)envelope["Message"], (string?)envelope["Subject"]));
        Assert.Equal((string?)envelope["MessageId"], delivered.Headers["x-amz-sns-message-id"]);
        await SnsApi.Get((string)envelope["UnsubscribeURL"]!);
        ReceivedRequest farewell = await receiver.Next();
        Assert.Equal("UnsubscribeConfirmation", farewell.Headers["x-amz-sns-message-type"]);
        Assert.Equal("1", (await _sns.Do("GetTopicAttributes", ("TopicArn", topic))).Entries()["SubscriptionsDeleted"]);
        await _sns.Publish(topic, "to nobody");
        string again = (await _sns.Do(
            "ConfirmSubscription", ("TopicArn", topic), ("Token", (string)JsonNode.Parse(farewell.Text)!["Token"]!)))
            .Text("SubscriptionArn")!;
        Assert.Equal(arn, again);
        await _sns.Publish(topic, "back");
        Assert.Equal("back", (string?)JsonNode.Parse((await receiver.Next()).Text)!["Message"]);
    }

    [Fact]
    public async Task Raw_delivery_posts_the_message_alone_with_the_content_type_of_the_policy()
    {
        await using Receiver receiver = new();
        string topic = await _sns.NewTopic();
        await Confirmed(
            topic, receiver, "/ok", ("RawMessageDelivery", "true"),
            ("DeliveryPolicy", """{"requestPolicy":{"headerContentType":"application/json"}}"""));
        await _sns.Publish(topic, """{"a":1}""");
        ReceivedRequest delivered = await receiver.Next();
        Assert.Equal("""{"a":1}""", delivered.Text);
        Assert.Equal(
            ("true", "application/json"), (
                delivered.Headers["x-amz-sns-rawdelivery"], delivered.Headers["Content-Type"]));
    }

    [Fact]
    public async Task A_failing_endpoint_is_tried_again_by_its_policy_and_then_the_message_is_a_dead_letter()
    {
        await using Receiver receiver = new();
        (string deadUrl, string dead) = await _sns.NewQueue();
        string topic = await _sns.NewTopic();
        await Confirmed(
            topic, receiver, "/switch", ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{dead}}"}"""),
            ("DeliveryPolicy", """{"healthyRetryPolicy":{"numRetries":2,"numNoDelayRetries":2}}"""));
        receiver.IsBroken = true;
        await _sns.Publish(topic, "hello");
        JsonNode envelope = await _sns.ReceiveEnvelope(deadUrl);
        Assert.Equal("hello", (string?)envelope["Message"]);
        Assert.Equal(3, receiver.Requests.Count(static one => one.Headers["x-amz-sns-message-type"] == "Notification"));
    }

    [Fact]
    public async Task What_an_endpoint_refuses_is_not_tried_again()
    {
        await using Receiver receiver = new();
        (string deadUrl, string dead) = await _sns.NewQueue();
        string topic = await _sns.NewTopic();
        await Confirmed(topic, receiver, "/status/403", ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{dead}}"}"""));
        await _sns.Publish(topic, "hello");
        await _sns.ReceiveEnvelope(deadUrl);
        Assert.Single(receiver.Requests, static one => one.Headers["x-amz-sns-message-type"] == "Notification");
    }

    [Fact]
    public async Task A_topic_that_is_made_again_asks_its_endpoint_again()
    {
        await using Receiver receiver = new();
        string topic = await _sns.NewTopic();
        await _sns.Subscribe(topic, "http", receiver.Url("/ok"));
        JsonNode first = JsonNode.Parse((await receiver.Next()).Text)!;
        await _sns.Do("DeleteTopic", ("TopicArn", topic));
        await _sns.Do("CreateTopic", ("Name", topic.Split(':')[^1]));
        (await _sns.Call("ConfirmSubscription", ("TopicArn", topic), ("Token", (string)first["Token"]!)))
            .ShouldFail(400, "InvalidParameter", "Token");
        await Confirmed(topic, receiver, "/ok");
        await _sns.Publish(topic, "hello");
        Assert.Equal("hello", (string?)JsonNode.Parse((await receiver.Next()).Text)!["Message"]);
    }

    [Fact]
    public async Task Addresses_that_webhooks_must_not_reach_are_refused()
    {
        string topic = await _sns.NewTopic();
        foreach (string url in new[] { "http://10.0.0.1/hook", "http://169.254.169.254/latest", server.Address.AbsoluteUri })
        {
            (await _sns.Call("Subscribe", ("TopicArn", topic), ("Protocol", "http"), ("Endpoint", url)))
                .ShouldFail(400, "InvalidParameter", "must not be reached");
        }

        (await _sns.Call("Subscribe", ("TopicArn", topic), ("Protocol", "https"), ("Endpoint", "http://example.com/")))
            .ShouldFail(400, "InvalidParameter", "Endpoint must match the specified protocol");
        (await _sns.Call("ConfirmSubscription", ("TopicArn", topic), ("Token", new string('a', 128))))
            .ShouldFail(400, "InvalidParameter", "Token");
    }

    private async Task Confirmed(
        string topic, Receiver receiver, string path, params (string Name, string Value)[] attributes)
    {
        await _sns.Subscribe(topic, "http", receiver.Url(path), attributes);
        JsonNode question = JsonNode.Parse((await receiver.Next()).Text)!;
        Assert.Equal(200, (await SnsApi.Get((string)question["SubscribeURL"]!)).Status);
    }
}
