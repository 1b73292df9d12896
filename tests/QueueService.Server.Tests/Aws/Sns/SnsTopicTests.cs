using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Sns;

[Collection(ServerCollection.Name)]
public sealed class SnsTopicTests(RunningServer server)
{
    private readonly SnsApi _sns = new(server.Address);

    [Fact]
    public async Task Creating_a_topic_twice_is_one_topic_unless_something_differs()
    {
        string name = SnsApi.NewName();
        (string, string)[] request = [("Name", name), .. SnsApi.Entries("Attributes", ("DisplayName", "d")),
            ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a b")];
        string topic = (await _sns.Do("CreateTopic", request)).Text("TopicArn")!;
        Assert.Equal(SnsApi.TopicPrefix + name, topic);
        Assert.Equal(topic, (await _sns.Do("CreateTopic", request)).Text("TopicArn"));
        Assert.Equal(topic, (await _sns.Do("CreateTopic", ("Name", name))).Text("TopicArn"));
        (await _sns.Call("CreateTopic", [("Name", name), .. SnsApi.Entries("Attributes", ("DisplayName", "e"))]))
            .ShouldFail(400, "InvalidParameter", "Topic already exists with different attributes");
        (await _sns.Call("CreateTopic", ("Name", name), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "c")))
            .ShouldFail(400, "InvalidParameter", "Topic already exists with different tags");
    }

    [Fact]
    public async Task An_attribute_that_would_change_nothing_does_not_differ()
    {
        (string, string)[] request =
        [
            ("Name", SnsApi.NewName(".fifo")),
            .. SnsApi.Entries("Attributes", ("FifoTopic", "TRUE"), ("ContentBasedDeduplication", "TRUE")),
        ];
        string topic = (await _sns.Do("CreateTopic", request)).Text("TopicArn")!;
        Assert.Equal(topic, (await _sns.Do("CreateTopic", request)).Text("TopicArn"));
    }

    [Theory]
    [InlineData("a.b", "false", "Topic Name")]
    [InlineData("", "false", "Topic Name")]
    [InlineData("a.fifo", "false", "Topic Name")]
    [InlineData("a", "true", "Fifo Topic names must end with .fifo")]
    public async Task A_name_that_breaks_the_rules_is_refused(string name, string fifo, string words) =>
        (await _sns.Call("CreateTopic", [("Name", name), .. SnsApi.Entries("Attributes", ("FifoTopic", fifo))]))
            .ShouldFail(400, "InvalidParameter", words);

    [Fact]
    public async Task Attributes_are_set_and_shown_as_AWS_shows_them()
    {
        string topic = await _sns.NewTopic();
        Dictionary<string, string> fresh = (await _sns.Do("GetTopicAttributes", ("TopicArn", topic))).Entries();
        Assert.Equal("__default_policy_ID", (string?)JsonNode.Parse(fresh["Policy"])!["Id"]);
        Assert.Equal(("0", "0", "0", "", "000000000000"), (
            fresh["SubscriptionsConfirmed"], fresh["SubscriptionsPending"], fresh["SubscriptionsDeleted"],
            fresh["DisplayName"], fresh["Owner"]));
        Assert.Equal(20, (int)JsonNode.Parse(fresh["EffectiveDeliveryPolicy"])!["http"]!["defaultHealthyRetryPolicy"]!["minDelayTarget"]!);
        await Set(topic, "SignatureVersion", "2");
        await Set(topic, "DeliveryPolicy", """{"http":{"defaultHealthyRetryPolicy":{"numRetries":5}}}""");
        Dictionary<string, string> attributes = (await _sns.Do("GetTopicAttributes", ("TopicArn", topic))).Entries();
        Assert.Equal("2", attributes["SignatureVersion"]);
        Assert.Equal(5, (int)JsonNode.Parse(attributes["EffectiveDeliveryPolicy"])!["http"]!["defaultHealthyRetryPolicy"]!["numRetries"]!);
        (
            await _sns.Call(
                "SetTopicAttributes", ("TopicArn", topic), ("AttributeName", "Colour"), ("AttributeValue", "x")))
            .ShouldFail(400, "InvalidParameter", "AttributeName");
        (
            await _sns.Call(
                "SetTopicAttributes", ("TopicArn", topic), ("AttributeName", "SignatureVersion"), (
                    "AttributeValue", "3")))
            .ShouldFail(400, "InvalidParameter", "SignatureVersion");
        (
            await _sns.Call(
                "SetTopicAttributes", ("TopicArn", topic), ("AttributeName", "ContentBasedDeduplication"), (
                    "AttributeValue", "true")))
            .ShouldFail(400, "InvalidParameter", "FIFO");
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_not_found_but_may_be_deleted()
    {
        string missing = SnsApi.TopicPrefix + SnsApi.NewName();
        (await _sns.Call("Publish", ("TopicArn", missing), ("Message", "x"))).ShouldFail(
            404, "NotFound", "Topic does not exist");
        (await _sns.Call("ListTagsForResource", ("ResourceArn", missing))).ShouldFail(404, "ResourceNotFound");
        (await _sns.Call("GetSubscriptionAttributes", ("SubscriptionArn", missing + ":x"))).ShouldFail(
            404, "NotFound", "Subscription does not exist");
        (await _sns.Call("GetTopicAttributes", ("TopicArn", "orders"))).ShouldFail(
            400, "InvalidParameter", "at least 6 elements, not 1");
        (await _sns.Call("GetTopicAttributes")).ShouldFail(400, "ValidationError", "topicArn");
        await _sns.Do("DeleteTopic", ("TopicArn", missing));
        await _sns.Do("Unsubscribe", ("SubscriptionArn", missing + ":x"));
    }

    [Fact]
    public async Task Tags_permissions_and_data_protection_policies_are_kept()
    {
        string topic = await _sns.NewTopic();
        await _sns.Do(
            "TagResource", ("ResourceArn", topic), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a"),
            ("Tags.member.2.Key", "env"), ("Tags.member.2.Value", "b"));
        await _sns.Do("UntagResource", ("ResourceArn", topic), ("TagKeys.member.1", "team"));
        SnsAnswer tags = await _sns.Do("ListTagsForResource", ("ResourceArn", topic));
        Assert.Equal(("env", "b"), (tags.Text("Key"), tags.Text("Value")));
        (string, string)[] permission = [("TopicArn", topic), ("Label", "l"), ("AWSAccountId.member.1", "123456789012"),
            ("ActionName.member.1", "Publish")];
        await _sns.Do("AddPermission", permission);
        (await _sns.Call("AddPermission", permission)).ShouldFail(400, "InvalidParameter", "Statement already exists");
        JsonNode policy =
            JsonNode.Parse((await _sns.Do("GetTopicAttributes", ("TopicArn", topic))).Entries()["Policy"])!;
        Assert.Equal(2, policy["Statement"]!.AsArray().Count);
        Assert.Equal("arn:aws:iam::123456789012:root", (string?)policy["Statement"]![1]!["Principal"]!["AWS"]);
        await _sns.Do("RemovePermission", ("TopicArn", topic), ("Label", "l"));
        await _sns.Do("PutDataProtectionPolicy", ("ResourceArn", topic), ("DataProtectionPolicy", """{"Name":"p"}"""));
        Assert.Equal(
            """{"Name":"p"}""", (await _sns.Do("GetDataProtectionPolicy", ("ResourceArn", topic))).Text(
                "DataProtectionPolicy"));
    }

    [Fact]
    public async Task Topics_and_subscriptions_are_listed_by_pages_of_a_hundred()
    {
        string topic = await _sns.NewTopic();
        (_, string queue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue);
        for (int i = 0; i < 101; i++) await _sns.NewTopic();
        List<string> topics = [];
        for (string token = ""; ;)
        {
            SnsAnswer page = await _sns.Do("ListTopics", ("NextToken", token));
            topics.AddRange(page.All("TopicArn"));
            if (page.Text("NextToken") is not { } next) break;
            token = next;
        }

        Assert.True(topics.Count > 100);
        Assert.Equal(topics.Count, topics.Distinct().Count());
        Assert.Contains(topic, topics);
        (await _sns.Call("ListTopics", ("NextToken", "???"))).ShouldFail(400, "InvalidParameter", "NextToken");
    }

    [Fact]
    public async Task Subscribing_the_same_queue_again_is_one_subscription_unless_attributes_differ()
    {
        string topic = await _sns.NewTopic();
        (_, string queue) = await _sns.NewQueue();
        string subscription = await _sns.Subscribe(topic, "sqs", queue, ("RawMessageDelivery", "true"));
        Assert.Equal(subscription, await _sns.Subscribe(topic, "sqs", queue));
        Assert.Equal(subscription, await _sns.Subscribe(topic, "sqs", queue, ("RawMessageDelivery", "true")));
        (
            await _sns.Call(
                "Subscribe",
                [("TopicArn", topic), ("Protocol", "sqs"), ("Endpoint", queue),
                    .. SnsApi.Entries("Attributes", ("RawMessageDelivery", "false"))]))
            .ShouldFail(400, "InvalidParameter", "Subscription already exists with different attributes");
        await _sns.Do(
            "SetSubscriptionAttributes", ("SubscriptionArn", subscription), ("AttributeName", "FilterPolicy"), (
                "AttributeValue", """{"a":["b"]}"""));
        Dictionary<string,
        string> attributes = (await _sns.Do("GetSubscriptionAttributes", ("SubscriptionArn", subscription))).Entries();
        Assert.Equal(
            ("true", """{"a":["b"]}""", "MessageAttributes", "false", queue, "sqs"),
            (attributes["RawMessageDelivery"], attributes["FilterPolicy"], attributes["FilterPolicyScope"],
                attributes["PendingConfirmation"], attributes["Endpoint"], attributes["Protocol"]));
        SnsAnswer listed = await _sns.Do("ListSubscriptionsByTopic", ("TopicArn", topic));
        Assert.Equal((subscription, queue), (listed.Text("SubscriptionArn"), listed.Text("Endpoint")));
    }

    [Fact]
    public async Task What_cannot_be_subscribed_is_refused_with_the_reason()
    {
        string topic = await _sns.NewTopic();
        string fifoTopic = await _sns.NewTopic(("FifoTopic", "true"));
        (string url, string queue) = await _sns.NewQueue();
        (_, string fifoQueue) = await _sns.NewQueue(isFifo: true);
        await Refuse(topic, "sqs", url, "SQS endpoint ARN");
        await Refuse(topic, "sqs", SnsApi.QueuePrefix + "missing", "does not exist");
        await Refuse(topic, "sqs", fifoQueue, "FIFO SQS Queues can not be subscribed to standard SNS topics");
        await Refuse(fifoTopic, "http", "http://example.com/", "Please use FIFO SQS queue");
        await Refuse(topic, "email", "a@example.com", "does not deliver by email");
        await Refuse(topic, "pigeon", "x", "does not support this protocol string: pigeon");
        await Refuse(topic, "sqs", queue, "failed to parse JSON", ("RedrivePolicy", "nonsense"));
        await Refuse(
            topic, "sqs", queue, "RedrivePolicy: must use a standard queue", (
                "RedrivePolicy", $$"""{"deadLetterTargetArn":"{{fifoQueue}}"}"""));
        await Refuse(topic, "sqs", queue, "RawMessageDelivery: Invalid value [1]", ("RawMessageDelivery", "1"));
        (await _sns.Call("CreatePlatformApplication", ("Name", "x"))).ShouldFail(
            403, "AuthorizationError", "not supported");
        (await _sns.Call("Publish", ("PhoneNumber", "+1"), ("Message", "x"))).ShouldFail(
            400, "InvalidParameter", "PhoneNumber");
    }

    [Fact]
    public async Task Messages_past_a_limit_are_refused()
    {
        string topic = await _sns.NewTopic();
        await _sns.Publish(topic, new string('x', 262_144));
        await Refuse(topic, "Message too long", ("Message", new string('x', 262_145)));
        await Refuse(
            topic, "Message too long",
            [("Message", new string('x', 262_140)), .. SnsApi.Attribute(1, "name", "String", "v")]);
        await Refuse(topic, "Empty message", ("Message", ""));
        await Refuse(topic, "Subject", ("Message", "x"), ("Subject", ""));
        await Refuse(topic, "Subject", ("Message", "x"), ("Subject", new string('x', 101)));
        await Refuse(topic, "Subject", ("Message", "x"), ("Subject", "a\nb"));
        await Refuse(topic, "MessageDeduplicationId", ("Message", "x"), ("MessageDeduplicationId", "d"));
        (
            await _sns.Call(
                "Publish", [("TopicArn", topic), ("Message", "x"), .. SnsApi.Attribute(1, "n", "Number", "many")]))
            .ShouldFail(400, "ParameterValueInvalid", "cast");
        (
            await _sns.Call(
                "Publish", [("TopicArn", topic), ("Message", "x"), .. SnsApi.Attribute(1, "AWS.x", "String", "v")]))
            .ShouldFail(400, "ParameterValueInvalid");
        (await _sns.Call("Publish", [("TopicArn", topic), ("Message", "x"), .. SnsApi.Attribute(1, "s", "String", "")]))
            .ShouldFail(400, "ParameterValueInvalid", "non-empty message attribute value");
    }

    [Fact]
    public async Task A_batch_tells_of_each_entry_and_refuses_what_is_wrong_as_a_whole()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue, ("RawMessageDelivery", "true"));
        SnsAnswer answer = await Batch(topic, ("a", "one"), ("b", ""), ("c", "two"));
        Assert.Equal(["a", "b", "c"], answer.All("Id").Order());
        Assert.Equal(
            ("b", "true"), (
                answer.Xml.Descendants().Single(static one => one.Name.LocalName == "Failed").Descendants()
                    .First(static one => one.Name.LocalName == "Id").Value, answer.Text("SenderFault")));
        Assert.Equal("one", (string?)(await _sns.Receive(url))["Body"]);
        (await Batch(topic)).ShouldFail(400, "EmptyBatchRequest");
        (await Batch(topic, ("a", "x"), ("a", "y"))).ShouldFail(400, "BatchEntryIdsNotDistinct");
        (await Batch(topic, ("a b", "x"))).ShouldFail(400, "InvalidBatchEntryId");
        (await Batch(topic,
            [.. Enumerable.Range(0,
                11).Select(static n =>
                    (n.ToString(CultureInfo.InvariantCulture), "x"))])).ShouldFail(400, "TooManyEntriesInBatchRequest");
        (await Batch(topic, ("a", new string('x', 200_000)), ("b", new string('x', 200_000)))).ShouldFail(
            400, "BatchRequestTooLong");
    }

    [Fact]
    public async Task The_archive_of_a_FIFO_topic_is_replayed_to_a_queue_that_asks_for_it()
    {
        string topic = await _sns.NewTopic(
            ("FifoTopic", "true"), ("ContentBasedDeduplication", "true"), (
                "ArchivePolicy", """{"MessageRetentionPeriod":"30"}"""));
        (string url, string queue) = await _sns.NewQueue(isFifo: true);
        await _sns.Publish(topic, "archived", ("MessageGroupId", "g"));
        (await _sns.Call("DeleteTopic", ("TopicArn", topic))).ShouldFail(400, "InvalidState");
        string subscription = await _sns.Subscribe(
            topic, "sqs", queue, (
                "ReplayPolicy", """{"PointType":"Timestamp","StartingPoint":"2020-01-01T00:00:00.000Z"}"""));
        JsonNode envelope = await _sns.ReceiveEnvelope(url);
        Assert.Equal("archived", (string?)envelope["Message"]);
        Assert.True((bool)envelope["Replayed"]!);
        Assert.Contains(
            "ReplayStatus", (await _sns.Do("GetSubscriptionAttributes", ("SubscriptionArn", subscription)))
                .Entries().Keys);
        await Set(topic, "ArchivePolicy", "{}");
        await _sns.Do("DeleteTopic", ("TopicArn", topic));
    }

    [Fact]
    public async Task The_certificate_is_served_where_the_envelope_says()
    {
        string topic = await _sns.NewTopic();
        (string url, string queue) = await _sns.NewQueue();
        await _sns.Subscribe(topic, "sqs", queue);
        await _sns.Publish(topic, "hello");
        string pem = (string)(await _sns.ReceiveEnvelope(url))["SigningCertURL"]!;
        using HttpClient client = new();
        Assert.StartsWith(
            "-----BEGIN CERTIFICATE-----", await client.GetStringAsync(new Uri(pem)), StringComparison.Ordinal);
        using HttpResponseMessage other =
            await client.GetAsync(new Uri(server.Address, "/SimpleNotificationService-x.pem"));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private Task<SnsAnswer> Set(string topic, string name, string value) =>
        _sns.Do("SetTopicAttributes", ("TopicArn", topic), ("AttributeName", name), ("AttributeValue", value));

    private async Task Refuse(string topic, string words, params (string Name, string Value)[] message) =>
        (await _sns.Call("Publish", [("TopicArn", topic), .. message])).ShouldFail(400, "InvalidParameter", words);

    private async Task Refuse(
        string topic, string protocol, string endpoint, string words,
        params (string Name, string Value)[] attributes) =>
        (await _sns.Call(
            "Subscribe",
            [("TopicArn", topic), ("Protocol", protocol), ("Endpoint", endpoint),
                .. SnsApi.Entries("Attributes", attributes)]))
            .ShouldFail(400, "InvalidParameter", words);

    private Task<SnsAnswer> Batch(string topic, params (string Id, string Message)[] entries) => _sns.Call(
        "PublishBatch",
        [
            ("TopicArn", topic),
            .. entries.SelectMany(static (entry, n) => new[]
            {
                ($"PublishBatchRequestEntries.member.{n + 1}.Id", entry.Id),
                ($"PublishBatchRequestEntries.member.{n + 1}.Message", entry.Message),
            }),
        ]);
}
