using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Sns;

[Collection(ServerCollection.Name)]
public sealed class SnsToSqsTests(RunningServer server)
{
    private readonly SnsApi _sns = new(server.Address);

    [Fact]
    public async Task A_published_message_comes_to_a_subscribed_queue_as_a_signed_envelope()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        string subscription = await _sns.Subscribe(topic, "sqs", queue);
        Assert.StartsWith(topic + ":", subscription, StringComparison.Ordinal);
        SnsAnswer published = await _sns.Publish(
            topic, "hello", [("Subject", "greeting"), .. SnsApi.Attribute(1, "size", "Number.int", "42")]);
        JsonNode envelope = await _sns.ReceiveEnvelope(url);
        Assert.Equal(
            ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
                "SigningCertURL", "UnsubscribeURL", "MessageAttributes"],
            envelope.AsObject().Select(static field => field.Key));
        Assert.Equal(published.Text("MessageId"), (string?)envelope["MessageId"]);
        Assert.Equal(("hello", "greeting", topic),
            ((string?)envelope["Message"], (string?)envelope["Subject"], (string?)envelope["TopicArn"]));
        Assert.Equal("Number.int", (string?)envelope["MessageAttributes"]!["size"]!["Type"]);
        Assert.Matches("^http://.*/SimpleNotificationService-[0-9a-f]{32}.pem$", (string?)envelope["SigningCertURL"]);
        Assert.Equal(200, (await SnsApi.Get((string)envelope["UnsubscribeURL"]!)).Status);
        Assert.Empty((await _sns.Do("ListSubscriptionsByTopic", ("TopicArn", topic))).All("SubscriptionArn"));
    }

    [Fact]
    public async Task Raw_delivery_copies_body_and_attributes_and_nothing_of_SNS()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue, ("RawMessageDelivery", "true"));
        await _sns.Publish(
            topic, "hello", [("Subject", "greeting"), .. SnsApi.Attribute(1, "size", "Number.int", "42")]);
        JsonNode message = await _sns.Receive(url);
        Assert.Equal("hello", (string?)message["Body"]);
        (string name, JsonNode? value) = Assert.Single(message["MessageAttributes"]!.AsObject());
        Assert.Equal(("size", "Number.int", "42"), (name, (string?)value!["DataType"], (string?)value["StringValue"]));
    }

    [Fact]
    public async Task A_raw_message_with_more_attributes_than_a_queue_takes_is_a_dead_letter()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        (string deadUrl, string dead) = await _sns.NewQueue();
        await _sns.Subscribe(
            topic, "sqs", queue, ("RawMessageDelivery", "true"),
            ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{dead}}"}"""));
        await _sns.Publish(
            topic, "many",
            [.. Enumerable.Range(1, 11).SelectMany(static n => SnsApi.Attribute(n, "a" + n, "String", "x"))]);
        await _sns.Publish(topic, "few");
        Assert.Equal("few", (string?)(await _sns.Receive(url))["Body"]);
        JsonNode letter = await _sns.Receive(deadUrl);
        Assert.Equal(
            ("many", "1"), ((string?)letter["Body"], (string?)letter["Attributes"]!["ApproximateReceiveCount"]));
    }

    [Fact]
    public async Task What_a_queue_that_was_deleted_cannot_take_is_a_dead_letter_in_its_envelope()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        (string deadUrl, string dead) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue, ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{dead}}"}"""));
        await _sns.Sqs("DeleteQueue", new { QueueUrl = url });
        await _sns.Publish(topic, "lost");
        JsonNode envelope = await _sns.ReceiveEnvelope(deadUrl);
        Assert.Equal(("Notification", "lost"), ((string?)envelope["Type"], (string?)envelope["Message"]));
    }

    [Fact]
    public async Task Each_protocol_gets_its_own_part_of_a_structured_message()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        (string rawUrl, string rawQueue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue);
        await _sns.Subscribe(topic, "sqs", rawQueue, ("RawMessageDelivery", "true"));
        (string, string) structure = ("MessageStructure", "json");
        await _sns.Publish(topic, """{"default":"for all","sqs":"for queues","http":"no"}""", structure);
        Assert.Equal("for queues", (string?)(await _sns.ReceiveEnvelope(url))["Message"]);
        Assert.Equal("for queues", (string?)(await _sns.Receive(rawUrl))["Body"]);
        (await _sns.Call("Publish", ("TopicArn", topic), ("Message", """{"sqs":"x"}"""), structure))
            .ShouldFail(400, "InvalidParameter", "No default entry");
        (await _sns.Call("Publish", ("TopicArn", topic), ("Message", """{"default":"a","default":"b"}"""), structure))
            .ShouldFail(400, "InvalidParameter", "failed to parse");
    }

    [Fact]
    public async Task A_FIFO_topic_keeps_order_groups_and_duplicates_out_down_to_the_queue()
    {
        string topic = await _sns.NewTopic(("FifoTopic", "true"));
        (string url, string queue) = await _sns.NewQueue(isFifo: true);
        await _sns.Subscribe(topic, "sqs", queue);
        SnsAnswer first = await _sns.Publish(topic, "one", ("MessageGroupId", "g"), ("MessageDeduplicationId", "1"));
        SnsAnswer again = await _sns.Publish(topic, "one", ("MessageGroupId", "g"), ("MessageDeduplicationId", "1"));
        await _sns.Publish(topic, "two", ("MessageGroupId", "g"), ("MessageDeduplicationId", "2"));
        Assert.Equal(first.Text("MessageId"), again.Text("MessageId"));
        Assert.Equal(20, first.Text("SequenceNumber")!.Length);
        foreach (string expected in new[] { "one", "two" })
        {
            JsonNode message = await _sns.Receive(url);
            JsonNode envelope = JsonNode.Parse((string)message["Body"]!)!;
            Assert.Equal(expected, (string?)envelope["Message"]);
            Assert.Null(envelope["Signature"]);
            Assert.Equal("g", (string?)message["Attributes"]!["MessageGroupId"]);
            await _sns.Sqs("DeleteMessage", new { QueueUrl = url, ReceiptHandle = (string)message["ReceiptHandle"]! });
        }

        (await _sns.Call("Publish", ("TopicArn", topic), ("Message", "x"))).ShouldFail(
            400, "InvalidParameter", "MessageGroupId");
        (await _sns.Call("Publish", ("TopicArn", topic), ("Message", "x"), ("MessageGroupId", "g")))
            .ShouldFail(400, "InvalidParameter", "ContentBasedDeduplication");
    }

    [Fact]
    public async Task A_copy_in_a_FIFO_queue_counts_as_sent_by_its_deduplication_id()
    {
        string topic = await _sns.NewTopic(("FifoTopic", "true"));
        (string url, string queue) = await _sns.NewQueue(isFifo: true);
        await _sns.Subscribe(topic, "sqs", queue, ("RawMessageDelivery", "true"));
        await Send("1", "sent first");
        await Publish("1", "dropped copy");
        await Publish("2", "copied first");
        Assert.Equal("sent first", (string?)(await _sns.Receive(url))["Body"]);
        Assert.Equal("copied first", (string?)(await _sns.Receive(url))["Body"]);
        await Send("2", "dropped send");
        await Send("3", "the end");
        Assert.Equal("the end", (string?)(await _sns.Receive(url))["Body"]);

        Task<SnsAnswer> Publish(string id, string text) =>
            _sns.Publish(topic, text, ("MessageGroupId", "p" + id), ("MessageDeduplicationId", id));

        Task<JsonNode> Send(string id, string text) => _sns.Sqs("SendMessage", new
        {
            QueueUrl = url, MessageBody = text, MessageGroupId = "s" + id, MessageDeduplicationId = id,
        });
    }

    [Fact]
    public async Task A_copy_that_is_larger_than_its_queue_takes_is_a_dead_letter()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        (string deadUrl, string dead) = await _sns.NewQueue();
        Dictionary<string, string> attributes = new() { ["MaximumMessageSize"] = "1024" };
        await _sns.Sqs("SetQueueAttributes", new { QueueUrl = url, Attributes = attributes });
        await _sns.Subscribe(
            topic, "sqs", queue, ("RawMessageDelivery", "true"),
            ("RedrivePolicy", $$"""{"deadLetterTargetArn":"{{dead}}"}"""));
        await _sns.Publish(topic, new string('x', 1_024), SnsApi.Attribute(1, "a", "String", "b"));
        await _sns.Publish(topic, new string('y', 1_024));
        await _sns.Publish(topic, new string('z', 1_016), SnsApi.Attribute(1, "a", "String", "b"));
        Assert.StartsWith("y", (string?)(await _sns.Receive(url))["Body"], StringComparison.Ordinal);
        Assert.StartsWith("z", (string?)(await _sns.Receive(url))["Body"], StringComparison.Ordinal);
        Assert.StartsWith("x", (string?)(await _sns.Receive(deadUrl))["Body"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_choose_by_attributes_of_the_right_type_or_by_the_body()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        (string bodyUrl, string bodyQueue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue, ("FilterPolicy", """{"size":[{"numeric":[">",10]}]}"""));
        await _sns.Subscribe(
            topic, "sqs", bodyQueue, ("FilterPolicy", """{"order":{"kind":["book"]}}"""), (
                "FilterPolicyScope", "MessageBody"));
        await _sns.Publish(topic, "a text", SnsApi.Attribute(1, "size", "String", "42"));
        await _sns.Publish(topic, """{"order":{"kind":"book"}}""", SnsApi.Attribute(1, "size", "Number", "9"));
        await _sns.Publish(topic, "large", SnsApi.Attribute(1, "size", "Number", "42"));
        Assert.Equal("large", (string?)(await _sns.ReceiveEnvelope(url))["Message"]);
        Assert.Equal("""{"order":{"kind":"book"}}""", (string?)(await _sns.ReceiveEnvelope(bodyUrl))["Message"]);
    }

    [Fact]
    public async Task The_same_topic_is_there_for_both_sides()
    {
        Api api = server.Api;
        string path = await api.NewTopic();
        string topic = SnsApi.TopicPrefix + path.Split('/')[^1];
        (string url, string queue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue);
        await api.Subscribe(path, "pull");
        await api.Publish(path, "from v1");
        JsonNode envelope = await _sns.ReceiveEnvelope(url);
        Assert.Equal("from v1", (string?)envelope["Message"]);
        await _sns.Publish(topic, "from SNS", ("Subject", "s"));
        JsonNode message = await api.ReceiveOne($"{path}/subscriptions/pull");
        Assert.Equal("from v1", (string?)message["body"]);
    }

    [Fact]
    public async Task A_FIFO_topic_of_v1_has_the_suffix_of_AWS()
    {
        Api api = server.Api;
        string path = await api.NewTopic("""{"type":"fifo"}""");
        string topic = SnsApi.TopicPrefix + path.Split('/')[^1] + ".fifo";
        Assert.Equal("true", (await _sns.Do("GetTopicAttributes", ("TopicArn", topic))).Entries()["FifoTopic"]);
        (await _sns.Call("GetTopicAttributes", ("TopicArn", SnsApi.TopicPrefix + path.Split('/')[^1])))
            .ShouldFail(404, "NotFound", "Topic does not exist");
    }
}
