using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Sqs;

/// <summary>Definitions of queues and their attributes, in both protocols.</summary>
public sealed class SqsQueueTests(SqsServer server) : IClassFixture<SqsServer>
{
    private const string BadValue = "InvalidParameterValue";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_queue_is_created_once_unless_an_attribute_differs(bool query)
    {
        SqsClient client = server.Client(query);
        string name = NewName();
        JsonObject first = Named(name, new JsonObject { ["VisibilityTimeout"] = "60", ["DelaySeconds"] = "1" });
        string url = (await client.Succeed("CreateQueue", first)).One("QueueUrl");
        Assert.Equal(new Uri(server.Address, "/000000000000/" + name), new Uri(url));
        Assert.Equal(url, (await client.Succeed("CreateQueue", first)).One("QueueUrl"));
        Assert.Equal(url, (await client.Succeed("CreateQueue", Named(name))).One("QueueUrl"));
        Assert.Equal(url, (await client.Succeed("GetQueueUrl", Named(name))).One("QueueUrl"));
        SqsAnswer differs = await client.Call("CreateQueue", Named(name, new JsonObject { ["DelaySeconds"] = "2" }));
        differs.ShouldBe(400, "QueueAlreadyExists", "different value for attribute DelaySeconds");
        await client.Succeed("SetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = url, ["Attributes"] = new JsonObject { ["DelaySeconds"] = "7" },
        });
        Assert.Equal(200, (await client.Call("CreateQueue", Named(name))).Status);
        (await client.Call("CreateQueue", first)).ShouldBe(400, "QueueAlreadyExists", "DelaySeconds");
    }

    [Theory]
    [InlineData("a b", false, "1 to 80 in length")]
    [InlineData("a/b", false, "1 to 80 in length")]
    [InlineData("a.b", false, "1 to 80 in length")]
    [InlineData("a.fifo", false, "1 to 80 in length")]
    [InlineData("a", true, "must end with .fifo suffix")]
    [InlineData(".fifo", true, "must end with .fifo suffix")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", false, "1 to 80")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.fifo", true, "80")]
    public async Task A_name_that_SQS_does_not_allow_is_refused(string name, bool fifo, string reason)
    {
        foreach (bool query in new[] { false, true })
        {
            JsonObject? attributes = fifo ? new JsonObject { ["FifoQueue"] = "true" } : null;
            SqsAnswer refused = await server.Client(query).Call("CreateQueue", Named(name, attributes));
            refused.ShouldBe(400, BadValue, reason);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_fresh_queue_has_the_attributes_of_SQS(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        IReadOnlyDictionary<string, string> all = await client.Attributes(url, "All");
        string now = server.Time.GetUtcNow().ToUnixTimeSeconds().ToString("D", null);
        Dictionary<string, string> expected = new()
        {
            ["ApproximateNumberOfMessages"] = "0",
            ["ApproximateNumberOfMessagesDelayed"] = "0",
            ["ApproximateNumberOfMessagesNotVisible"] = "0",
            ["CreatedTimestamp"] = now,
            ["DelaySeconds"] = "0",
            ["LastModifiedTimestamp"] = now,
            ["MaximumMessageSize"] = "1048576",
            ["MessageRetentionPeriod"] = "345600",
            ["QueueArn"] = "arn:aws:sqs:us-east-1:000000000000:" + url.Split('/')[^1],
            ["ReceiveMessageWaitTimeSeconds"] = "0",
            ["SqsManagedSseEnabled"] = "true",
            ["VisibilityTimeout"] = "30",
        };
        Assert.Equal(expected.OrderBy(static a => a.Key), all.OrderBy(static a => a.Key));
        Assert.Empty(await client.Attributes(url));
        Assert.Empty(await client.Attributes(url, "Policy"));
        IReadOnlyDictionary<string, string> some = await client.Attributes(url, "QueueArn", "DelaySeconds");
        Assert.Equal(["DelaySeconds", "QueueArn"], some.Keys.Order(StringComparer.Ordinal));
        IReadOnlyDictionary<string, string> fifo = await client.Attributes(await client.NewFifo(), "All");
        Assert.Equal(
            ("true", "false", "queue", "perQueue"),
            (
                fifo["FifoQueue"], fifo["ContentBasedDeduplication"], fifo["DeduplicationScope"],
                fifo["FifoThroughputLimit"]));
    }

    [Theory]
    [InlineData("Foo", "1", "InvalidAttributeName", "Unknown Attribute Foo.")]
    [InlineData("QueueArn", "x", "InvalidAttributeName", "Unknown Attribute QueueArn.")]
    [InlineData("DelaySeconds", "901", "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds.")]
    [InlineData("DelaySeconds", "x", "InvalidAttributeValue", "DelaySeconds")]
    [InlineData("DelaySeconds", "", "InvalidAttributeValue", "DelaySeconds")]
    [InlineData("MaximumMessageSize", "1023", "InvalidAttributeValue", "MaximumMessageSize")]
    [InlineData("MaximumMessageSize", "1048577", "InvalidAttributeValue", "MaximumMessageSize")]
    [InlineData("MessageRetentionPeriod", "59", "InvalidAttributeValue", "MessageRetentionPeriod")]
    [InlineData("MessageRetentionPeriod", "1209601", "InvalidAttributeValue", "MessageRetentionPeriod")]
    [InlineData("ReceiveMessageWaitTimeSeconds", "21", "InvalidAttributeValue", "ReceiveMessageWaitTimeSeconds")]
    [InlineData("VisibilityTimeout", "43201", "InvalidAttributeValue", "VisibilityTimeout")]
    [InlineData("VisibilityTimeout", "-1", "InvalidAttributeValue", "VisibilityTimeout")]
    [InlineData("KmsDataKeyReusePeriodSeconds", "59", "InvalidAttributeValue", "KmsDataKeyReusePeriodSeconds")]
    [InlineData("SqsManagedSseEnabled", "yes", "InvalidAttributeValue", "SqsManagedSseEnabled")]
    [InlineData("Policy", "[]", "InvalidAttributeValue", "Policy")]
    [InlineData("RedriveAllowPolicy", "{}", BadValue, "RedriveAllowPolicy")]
    [InlineData("FifoQueue", "true", "InvalidAttributeName", "Unknown Attribute FifoQueue.")]
    [InlineData("FifoQueue", "false", "InvalidAttributeName", "Unknown Attribute FifoQueue.")]
    [InlineData("ContentBasedDeduplication", "true", "InvalidAttributeName", "Unknown Attribute")]
    [InlineData("DeduplicationScope", "queue", "InvalidAttributeName", "only when FifoQueue is set to true")]
    [InlineData("FifoThroughputLimit", "perQueue", "InvalidAttributeName", "only when FifoQueue is set to true")]
    public async Task A_wrong_attribute_is_refused_by_name(string name, string value, string code, string message)
    {
        foreach (bool query in new[] { false, true })
        {
            SqsClient client = server.Client(query);
            string url = await client.NewQueue();
            (await Set(client, url, name, value)).ShouldBe(400, code, message);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_type_of_a_queue_does_not_change(bool query)
    {
        SqsClient client = server.Client(query);
        string fifo = await client.NewFifo();
        Assert.Equal(200, (await Set(client, fifo, "FifoQueue", "true")).Status);
        (await Set(client, fifo, "FifoQueue", "false"))
            .ShouldBe(400, "InvalidAttributeValue", "Modifying queue type is not supported.");
        (await Set(client, fifo, "FifoThroughputLimit", "perMessageGroupId"))
            .ShouldBe(400, "InvalidAttributeValue", "DeduplicationScope is messageGroup");
        await client.Succeed("SetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = fifo,
            ["Attributes"] = new JsonObject
            {
                ["FifoThroughputLimit"] = "perMessageGroupId", ["DeduplicationScope"] = "messageGroup",
            },
        });
        IReadOnlyDictionary<string, string> all = await client.Attributes(fifo, "All");
        Assert.Equal(("messageGroup", "perMessageGroupId"), (all["DeduplicationScope"], all["FifoThroughputLimit"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_and_managed_encryption_exclude_each_other(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        Assert.Equal(200, (await Set(client, url, "KmsMasterKeyId", "alias/x")).Status);
        IReadOnlyDictionary<string, string> all = await client.Attributes(url, "All");
        Assert.Equal(
            ("alias/x", "300", "false"),
            (all["KmsMasterKeyId"], all["KmsDataKeyReusePeriodSeconds"], all["SqsManagedSseEnabled"]));
        await Set(client, url, "KmsMasterKeyId", "");
        all = await client.Attributes(url, "All");
        Assert.False(all.ContainsKey("KmsMasterKeyId") || all.ContainsKey("KmsDataKeyReusePeriodSeconds"));
        Assert.Equal("false", all["SqsManagedSseEnabled"]);
        SqsAnswer both = await client.Call("SetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = url,
            ["Attributes"] = new JsonObject { ["KmsMasterKeyId"] = "k", ["SqsManagedSseEnabled"] = "true" },
        });
        both.ShouldBe(400, "InvalidAttributeValue", "one type of server-side encryption");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_redrive_policy_names_a_queue_of_the_same_type_that_allows_it(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        string dead = await client.NewQueue();
        string arn = await ArnOf(client, dead);
        Assert.Equal(200, (await Set(client, url, "RedrivePolicy", Policy(arn, "\"3\""))).Status);
        JsonNode set = JsonNode.Parse((await client.Attributes(url, "RedrivePolicy"))["RedrivePolicy"])!;
        Assert.Equal((arn, 3), ((string)set["deadLetterTargetArn"]!, (int)set["maxReceiveCount"]!));
        SqsAnswer sources = await client.Succeed(
            "ListDeadLetterSourceQueues", new JsonObject { ["QueueUrl"] = dead });
        Assert.Contains(url, sources.Text, StringComparison.Ordinal);
        foreach ((string policy, string reason) in new[]
        {
            (Policy(arn, "0"), "valid values are from 1 to 1000"), (Policy(arn, "1001"), "from 1 to 1000"),
            (Policy(arn, "\"x\""), "from 1 to 1000"), (Policy(arn + "x", "1"), "Dead letter target does not exist."),
            (Policy(await ArnOf(client, await client.NewFifo()), "1"), "same type of queue"),
            ("x", "not a valid JSON map"), ("{}", "mandatory attribute: maxReceiveCount"),
        })
            (await Set(client, url, "RedrivePolicy", policy)).ShouldBe(400, BadValue, reason);
        Assert.Equal(200, (await Set(client, url, "RedrivePolicy", "")).Status);
        Assert.Empty(await client.Attributes(url, "RedrivePolicy"));
        await Set(client, dead, "RedriveAllowPolicy", "{\"redrivePermission\":\"denyAll\"}");
        Assert.Contains(
            "denyAll", (await client.Attributes(dead, "All"))["RedriveAllowPolicy"], StringComparison.Ordinal);
        (await Set(client, url, "RedrivePolicy", Policy(arn, "1"))).ShouldBe(400, BadValue, "does not allow");
        string byQueue = $$"""{"redrivePermission":"byQueue","sourceQueueArns":["{{await ArnOf(client, url)}}"]}""";
        Assert.Equal(200, (await Set(client, dead, "RedriveAllowPolicy", byQueue)).Status);
        Assert.Equal(200, (await Set(client, url, "RedrivePolicy", Policy(arn, "1"))).Status);
        (await Set(client, await client.NewQueue(), "RedrivePolicy", Policy(arn, "1"))).ShouldBe(
            400, BadValue, "not allow");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Queues_are_listed_by_prefix_in_pages(bool query)
    {
        SqsClient client = server.Client(query);
        string prefix = NewName();
        foreach (string end in new[] { "a", "b", "c" }) await client.Succeed("CreateQueue", Named(prefix + end));
        SqsAnswer all = await client.Succeed("ListQueues", new JsonObject { ["QueueNamePrefix"] = prefix });
        Assert.Equal(3, Count(all.Text, "/" + prefix));
        Assert.False(all.Has("NextToken"));
        SqsAnswer first = await client.Succeed(
            "ListQueues", new JsonObject { ["QueueNamePrefix"] = prefix, ["MaxResults"] = 2 });
        Assert.Equal(2, Count(first.Text, "/" + prefix));
        SqsAnswer rest = await client.Succeed("ListQueues", new JsonObject
        {
            ["QueueNamePrefix"] = prefix, ["MaxResults"] = 2, ["NextToken"] = first.One("NextToken"),
        });
        Assert.Contains(prefix + "c", rest.Text, StringComparison.Ordinal);
        Assert.False(rest.Has("NextToken"));
        SqsAnswer none = await client.Succeed("ListQueues", new JsonObject { ["QueueNamePrefix"] = prefix + "x" });
        Assert.DoesNotContain("QueueUrl", none.Text, StringComparison.Ordinal);
        (await client.Call("ListQueues", new JsonObject { ["MaxResults"] = 1_001 })).ShouldBe(
            400, BadValue, "MaxResults");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_queue_that_is_not_there_is_told_in_the_words_of_the_protocol(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        Assert.Equal(200, (await client.Call("DeleteQueue", new JsonObject { ["QueueUrl"] = url })).Status);
        string words =
            query ? "The specified queue does not exist for this wsdl version." : "The specified queue does not exist.";
        foreach ((string action, JsonObject input) in new (string, JsonObject)[]
        {
            ("DeleteQueue", []), ("GetQueueAttributes", []), ("SendMessage", new() { ["MessageBody"] = "x" }),
            ("ReceiveMessage", []), ("DeleteMessage", new() { ["ReceiptHandle"] = "garbage" }),
            ("SetQueueAttributes", new() { ["Attributes"] = new JsonObject { ["Foo"] = "1" } }),
            ("ListDeadLetterSourceQueues", []),
        })
        {
            input["QueueUrl"] = url;
            SqsAnswer answer =
                (await client.Call(action, input)).ShouldBe(400, "AWS.SimpleQueueService.NonExistentQueue");
            Assert.Equal(words, answer.Message);
            if (!query)
                Assert.Contains("\"com.amazonaws.sqs#QueueDoesNotExist\"", answer.Text, StringComparison.Ordinal);
        }

        (await client.Call("GetQueueUrl", Named(url.Split('/')[^1])))
            .ShouldBe(400, "AWS.SimpleQueueService.NonExistentQueue", words);
        (await client.Call("SendMessage", new() { ["QueueUrl"] = "jobs", ["MessageBody"] = "x" }))
            .ShouldBe(404, "InvalidAddress", "The address jobs is not valid for this endpoint.");
        (await client.Call("SendMessage", new() { ["MessageBody"] = "x" })).ShouldBe(
            400, "MissingParameter", "QueueUrl");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_queue_is_seen_from_both_sides(bool query)
    {
        SqsClient client = server.Client(query);
        Api api = server.Api;
        string path = await api.NewQueue("""{"type":"fifo","visibilityTimeoutSeconds":0}""");
        string name = path.Split('/')[^1];
        SqsAnswer listed = await client.Succeed("ListQueues", new JsonObject { ["QueueNamePrefix"] = name + ".fi" });
        Assert.Contains(name + ".fifo", listed.Text, StringComparison.Ordinal);
        string url = (await client.Succeed("GetQueueUrl", Named(name + ".fifo"))).One("QueueUrl");
        await client.SendTo(url, "g", "from-AWS");
        Assert.Equal(["from-AWS"], await api.Bodies(path, "&ack=auto"));
        await api.Post(path + "/messages?groupId=g&deduplicationId=d", "from /v1", "Message-Attribute-tenant: acme");
        SqsMessage message = Assert.Single(await client.Receive(
            url, more: new JsonObject { ["MessageAttributeNames"] = new JsonArray("All") }));
        Assert.Equal(("from /v1", "String:acme"), (message.Body, message.Attributes["tenant"]));
        Assert.Matches("^[0-9]{20}$", message.System["SequenceNumber"]);
        string bare = url[..^".fifo".Length];
        Assert.EndsWith(".fifo", (await client.Attributes(bare, "QueueArn"))["QueueArn"], StringComparison.Ordinal);
        Assert.True((await client.Send(
            bare, "y",
            new JsonObject { ["MessageGroupId"] = "g", ["MessageDeduplicationId"] = "y" })).Has("SequenceNumber"));
        (await client.Call("CreateQueue", Named(name))).ShouldBe(400, "QueueAlreadyExists", "FifoQueue");
        string control = await api.NewQueue();
        await api.Post(
            control +
                "/messages/batch", "{\"messages\":[{\"body\":\"x\",\"attributes\":{\"a\":\"\\u0001\"}}]}",
                "Content-Type: application/json");
        Assert.Equal("Binary:AQ==", Assert.Single(await client.Receive(
            url[..(url.LastIndexOf('/') + 1)] + control.Split('/')[^1],
            more: new JsonObject { ["MessageAttributeNames"] = new JsonArray("All") })).Attributes["a"]);
        string binary = await api.NewQueue();
        await api.SendBytes("POST", binary + "/messages", [0xFF, 0x00]);
        Assert.Equal("/wA=", Assert.Single(await client.Receive(
            url[..(url.LastIndexOf('/') + 1)] + binary.Split('/')[^1])).Body);
    }

    private static async Task<string> ArnOf(SqsClient client, string url) =>
        (await client.Attributes(url, "QueueArn"))["QueueArn"];

    private static string Policy(string arn, string count) =>
        $$"""{"deadLetterTargetArn":"{{arn}}","maxReceiveCount":{{count}}}""";

    private static Task<SqsAnswer> Set(SqsClient client, string url, string name, string value) => client.Call(
        "SetQueueAttributes",
        new JsonObject { ["QueueUrl"] = url, ["Attributes"] = new JsonObject { [name] = value } });

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static string NewName() => "q" + Guid.CreateVersion7().ToString("N");

    private static JsonObject Named(string name, JsonObject? attributes = null)
    {
        JsonObject input = new() { ["QueueName"] = name };
        if (attributes is not null) input["Attributes"] = attributes.DeepClone();
        return input;
    }
}
