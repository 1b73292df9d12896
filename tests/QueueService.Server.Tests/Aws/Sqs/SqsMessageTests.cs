using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Aws.Sqs;

/// <summary>Sending and receiving, in both protocols.</summary>
public sealed class SqsMessageTests(SqsServer server) : IClassFixture<SqsServer>
{
    private const string BadValue = "InvalidParameterValue";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_arrives_with_its_checksums_and_its_attributes(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        SqsAnswer sent = await client.Send(url, "h<é>\r\n\"&", new JsonObject
        {
            ["MessageAttributes"] = new JsonObject
            {
                ["attribName1"] = Text("String", "attribValue 1"),
            },
            ["MessageSystemAttributes"] = new JsonObject { ["AWSTraceHeader"] = Text("String", "Root=1-2") },
        });
        Assert.Equal("19e27d4e946b072f3f58da80d94fd778", sent.One("MD5OfMessageAttributes"));
        Assert.Matches("^[0-9a-f]{32}$", sent.One("MD5OfMessageSystemAttributes"));
        Assert.False(sent.Has("SequenceNumber"));
        SqsMessage message = Assert.Single(await client.Receive(
            url, more: new JsonObject { ["MessageAttributeNames"] = new JsonArray("All") }));
        Assert.Equal((sent.One("MessageId"), "h<é>\r\n\"&"), (message.Id, message.Body));
        Assert.Equal(sent.One("MD5OfMessageBody"), message.BodyMd5);
        Assert.Equal(sent.One("MD5OfMessageAttributes"), message.AttributesMd5);
        Assert.Equal("String:attribValue 1", message.Attributes["attribName1"]);
        Assert.Equal("Root=1-2", message.System["AWSTraceHeader"]);
        Assert.Equal("000000000000", message.System["SenderId"]);
        Assert.Equal("1", message.System["ApproximateReceiveCount"]);
        string now = server.Time.GetUtcNow().ToUnixTimeMilliseconds().ToString("D", null);
        Assert.Equal((now, now), (message.System["SentTimestamp"], message.System["ApproximateFirstReceiveTimestamp"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receive_answers_the_attributes_that_it_names_and_their_checksum(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue(new JsonObject { ["VisibilityTimeout"] = "0" });
        JsonObject attributes = new()
        {
            ["attribName1"] = Text("String", "attribValue 1"),
            ["pre.a"] = Text("Number.int", "007"),
            ["pre.b"] = new JsonObject { ["DataType"] = "Binary.png", ["BinaryValue"] = "AQI=" },
            ["øßä"] = Text("String.x", "1"),
        };
        Assert.Equal(200, (await client.Send(url, "x", new JsonObject { ["MessageAttributes"] = attributes })).Status);
        (string Asked, string[] Got)[] cases =
        [
            ("All", ["attribName1", "pre.a", "pre.b", "øßä"]), (".*", ["attribName1", "pre.a", "pre.b", "øßä"]),
            ("*", ["attribName1", "pre.a", "pre.b", "øßä"]), ("pre.*", ["pre.a", "pre.b"]),
            ("attribName1", ["attribName1"]), ("AttribName1", []),
        ];
        foreach ((string asked, string[] got) in cases)
        {
            SqsMessage message = Assert.Single(await client.Receive(
                url, more: new JsonObject { ["MessageAttributeNames"] = new JsonArray(asked) }));
            Assert.Equal(got, message.Attributes.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(got.Length == 0, message.AttributesMd5 is null);
            if (asked == "attribName1") Assert.Equal("19e27d4e946b072f3f58da80d94fd778", message.AttributesMd5);
            if (asked != "pre.*") continue;
            Assert.Equal("Number.int:007", message.Attributes["pre.a"]);
            Assert.Equal("Binary.png:AQI=", message.Attributes["pre.b"]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Both_lists_of_system_attributes_count_and_an_unknown_one_is_refused(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        await client.Send(url, "x");
        SqsMessage message = Assert.Single(await client.Receive(url, more: new JsonObject
        {
            ["AttributeNames"] = new JsonArray("SenderId"),
            ["MessageSystemAttributeNames"] = new JsonArray("SentTimestamp"),
        }));
        Assert.Equal(["SenderId", "SentTimestamp"], message.System.Keys.Order(StringComparer.Ordinal));
        foreach (string name in new[] { "Foo", "None", "1" })
        {
            SqsAnswer refused = await client.Call("ReceiveMessage", new JsonObject
            {
                ["QueueUrl"] = url, ["AttributeNames"] = new JsonArray(name),
            });
            refused.ShouldBe(400, "InvalidAttributeName", $"Unknown Attribute {name}.");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receive_names_a_bounded_number_of_attributes_and_leases_nothing_when_it_is_refused(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        await client.Send(url, "x");
        foreach (JsonArray names in new JsonArray[]
        {
            [.. Enumerable.Repeat("a", 101).Select(static name => (JsonNode)name)], [new string('a', 259)],
        })
        {
            SqsAnswer refused = await client.Call(
                "ReceiveMessage", new JsonObject { ["QueueUrl"] = url, ["MessageAttributeNames"] = names });
            refused.ShouldBe(400, BadValue, "MessageAttributeNames");
        }

        if (!query)
        {
            JsonObject none = new() { ["QueueUrl"] = url, ["MessageAttributeNames"] = new JsonArray((JsonNode?)null) };
            (await client.Call("ReceiveMessage", none)).ShouldBe(400, BadValue, "MessageAttributeNames");
            none = new() { ["QueueUrl"] = url, ["AttributeNames"] = new JsonArray((JsonNode?)null) };
            (await client.Call("GetQueueAttributes", none)).ShouldBe(400, "InvalidAttributeName", "null");
        }

        Assert.Equal("1", Assert.Single(await client.Receive(url)).System["ApproximateReceiveCount"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_received_is_no_list_of_messages(bool query)
    {
        SqsClient client = server.Client(query);
        SqsAnswer empty = await client.Succeed(
            "ReceiveMessage", new JsonObject { ["QueueUrl"] = await client.NewQueue() });
        if (!query) Assert.Equal("{}", empty.Text);
        else Assert.Contains("<ReceiveMessageResult></ReceiveMessageResult>", empty.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_has_one_mebibyte_with_its_attributes_at_most_and_no_more_than_the_queue_says(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        string largest = new('x', 1_048_576);
        Assert.Equal(200, (await client.Send(url, largest)).Status);
        (await client.Send(url, largest + "x")).ShouldBe(400, BadValue, "Message must be shorter than 1048576 bytes.");
        (await client.Send(url, largest[1..] + "é")).ShouldBe(400, BadValue, "Message must be shorter than");
        JsonObject attribute = new() { ["MessageAttributes"] = new JsonObject { ["a"] = Text("String", "b") } };
        (await client.Send(url, largest[7..], attribute.DeepClone().AsObject())).ShouldBe(
            400, BadValue, "shorter than");
        Assert.Equal(200, (await client.Send(url, largest[8..], attribute.DeepClone().AsObject())).Status);
        await client.Succeed("SetQueueAttributes", new JsonObject
        {
            ["QueueUrl"] = url, ["Attributes"] = new JsonObject { ["MaximumMessageSize"] = "1024" },
        });
        Assert.Equal(200, (await client.Send(url, largest[..1_024])).Status);
        (await client.Send(url, largest[..1_025])).ShouldBe(400, BadValue, "Message must be shorter than 1024 bytes.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_XML_cannot_carry_is_no_message(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        foreach (string body in new[] { "a\u0001", "\uFFFE", "\uFFFF" })
            (await client.Send(url, body)).ShouldBe(400, "InvalidMessageContents", "Invalid characters found.");
        Assert.Equal(200, (await client.Send(url, "\t\n\r \uD7FF\uE000\uFFFD😀")).Status);
        (await client.Send(url, "")).ShouldBe(400, "MissingParameter", "MessageBody");
    }

    [Theory]
    [InlineData("aws.x", "String", "a", "beginning with 'AWS.'")]
    [InlineData("Amazon.x", "String", "a", "beginning with 'AWS.'")]
    [InlineData(".x", "String", "a", "period")]
    [InlineData("x.", "String", "a", "period")]
    [InlineData("x..y", "String", "a", "period")]
    [InlineData("x y", "String", "a", "can contain only letters")]
    [InlineData("x", "", "a", "non-empty message attribute type")]
    [InlineData("x", "Text", "a", "Binary, Number, and String")]
    [InlineData("x", "string", "a", "Binary, Number, and String")]
    [InlineData("x", "Stringy", "a", "Binary, Number, and String")]
    [InlineData("x", "String", "", "non-empty message attribute value")]
    [InlineData("x", "String", "\u0001", "Invalid characters")]
    [InlineData("x", "Number", "one", "to a number")]
    [InlineData("x", "Number", "\n5", "to a number")]
    [InlineData("x", "Number", "5 ", "to a number")]
    [InlineData("x", "Number", "Infinity", "to a number")]
    [InlineData("x", "Binary", "YQ==", "non-empty message attribute value")]
    public async Task A_wrong_attribute_is_refused(string name, string type, string value, string reason)
    {
        foreach (bool query in new[] { false, true })
        {
            SqsClient client = server.Client(query);
            SqsAnswer refused = await client.Send(
                await client.NewQueue(), "x",
                new JsonObject { ["MessageAttributes"] = new JsonObject { [name] = Text(type, value) } });
            refused.ShouldBe(400, BadValue, reason);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_limits_of_attributes_are_those_of_SQS(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        string[] names = [.. Enumerable.Range(0, 11).Select(static n => "a" + n.ToString("D", null))];
        (await client.Send(url, "x", Named(names))).ShouldBe(400, BadValue, "exceeds the allowed maximum [10]");
        Assert.Equal(200, (await client.Send(url, "x", Named(names[1..]))).Status);
        Assert.Equal(200, (await client.Send(url, "x", Named(new string('n', 256)))).Status);
        (await client.Send(url, "x", Named(new string('n', 257)))).ShouldBe(400, BadValue, "256");
        JsonObject longType = new() { ["x"] = Text("String." + new string('t', 250), "a") };
        (await client.Send(url, "x", new JsonObject { ["MessageAttributes"] = longType })).ShouldBe(
            400, BadValue, "256");
        JsonObject system = new() { ["Other"] = Text("String", "a") };
        (await client.Send(url, "x", new JsonObject { ["MessageSystemAttributes"] = system }))
            .ShouldBe(400, BadValue, "Other");

        static JsonObject Named(params string[] names) => new()
        {
            ["MessageAttributes"] = new JsonObject(
                names.Select(static name => KeyValuePair.Create(name, (JsonNode?)Text("String", "a")))),
        };
    }

    [Theory]
    [InlineData("MaxNumberOfMessages", 0, "Must be between 1 and 10, if provided.")]
    [InlineData("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided.")]
    [InlineData("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided.")]
    [InlineData("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided.")]
    [InlineData("VisibilityTimeout", -1, "Must be >= 0 and <= 43200, if provided.")]
    [InlineData("VisibilityTimeout", 43_201, "Must be >= 0 and <= 43200, if provided.")]
    public async Task A_receive_has_SQS_s_ranges(string parameter, int value, string reason)
    {
        foreach (bool query in new[] { false, true })
        {
            SqsClient client = server.Client(query);
            SqsAnswer refused = await client.Call(
                "ReceiveMessage", new JsonObject { ["QueueUrl"] = await client.NewQueue(), [parameter] = value });
            refused.ShouldBe(400, BadValue, $"Value {value} for parameter {parameter} is invalid. Reason: {reason}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_standard_queue_takes_groups_and_no_deduplication(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        Assert.Equal(200, (await client.Send(url, "x", new JsonObject { ["MessageGroupId"] = "tenant!~" })).Status);
        Assert.Equal("tenant!~", Assert.Single(await client.Receive(url)).System["MessageGroupId"]);
        foreach (string group in new[] { "", "a b", new string('g', 129) })
            (await client.Send(url, "x", new JsonObject { ["MessageGroupId"] = group })).ShouldBe(
                400, BadValue, "MessageGroupId");
        (await client.Send(url, "x", new JsonObject { ["MessageDeduplicationId"] = "d" }))
            .ShouldBe(400, BadValue, "not valid for this queue type");
        (await client.Send(url, "x", new JsonObject { ["DelaySeconds"] = 901 }))
            .ShouldBe(400, BadValue, "DelaySeconds must be >= 0 and <= 900.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delayed_message_comes_when_its_delay_is_over(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue(new JsonObject { ["DelaySeconds"] = "30" });
        await client.Send(url, "queue's");
        await client.Send(url, "none", new JsonObject { ["DelaySeconds"] = 0 });
        Assert.Equal(["none"], await client.Bodies(url));
        Assert.Equal("1", (await client.Attributes(url, "All"))["ApproximateNumberOfMessagesDelayed"]);
        server.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Contains("queue's", await client.Bodies(url));
    }

    private static JsonObject Text(string type, string value) => new() { ["DataType"] = type, ["StringValue"] = value };
}
