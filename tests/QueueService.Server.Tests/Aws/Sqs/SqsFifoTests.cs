using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Aws.Sqs;

/// <summary>FIFO queues and dead letters as SQS has them, in both protocols.</summary>
public sealed class SqsFifoTests(SqsServer server) : IClassFixture<SqsServer>
{
    private const string BadValue = "InvalidParameterValue";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_needs_a_group_and_an_id(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        (await client.Send(url, "x", new JsonObject { ["MessageDeduplicationId"] = "d" }))
            .ShouldBe(400, "MissingParameter", "MessageGroupId");
        (await client.Send(url, "x", new JsonObject { ["MessageGroupId"] = "g" }))
            .ShouldBe(400, BadValue, "ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
        foreach (string id in new[] { "", "a b", new string('d', 129) })
            (await client.Send(url, "x", Ids("g", id))).ShouldBe(400, BadValue, "MessageDeduplicationId");
        JsonObject noGroup = new() { ["Id"] = "a", ["MessageBody"] = "x", ["MessageDeduplicationId"] = "d" };
        SqsAnswer batch = await client.Call("SendMessageBatch", new JsonObject
        {
            ["QueueUrl"] = url, ["Entries"] = new JsonArray(noGroup),
        });
        batch.ShouldBe(400, BadValue, "MessageGroupId");
        JsonObject delayed = Ids("g", "d");
        delayed["DelaySeconds"] = 1;
        (await client.Send(url, "x", delayed)).ShouldBe(400, BadValue, "not valid for this queue type");
        JsonObject attempt = new() { ["QueueUrl"] = await client.NewQueue(), ["ReceiveRequestAttemptId"] = "a" };
        (await client.Call("ReceiveMessage", attempt)).ShouldBe(400, BadValue, "not valid for this queue type");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repeated_send_answers_the_first_message_and_its_own_checksum(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        SqsAnswer first = await client.Send(url, "x", Ids("g", "same"));
        SqsAnswer again = await client.Send(url, "y", Ids("h", "same"));
        Assert.Equal(
            (first.One("MessageId"), first.One("SequenceNumber")), (
                again.One("MessageId"), again.One("SequenceNumber")));
        Assert.Matches("^[0-9]{20}$", first.One("SequenceNumber"));
        Assert.NotEqual(first.One("MD5OfMessageBody"), again.One("MD5OfMessageBody"));
        SqsMessage message = Assert.Single(await client.Receive(url));
        Assert.Equal(("x", first.One("SequenceNumber")), (message.Body, message.System["SequenceNumber"]));
        Assert.Equal(("g", "same"), (message.System["MessageGroupId"], message.System["MessageDeduplicationId"]));
        await client.Delete(url, message.Handle);
        Assert.Equal(first.One("MessageId"), (await client.Send(url, "z", Ids("g", "same"))).One("MessageId"));
        Assert.Empty(await client.Receive(url));
        server.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.NotEqual(first.One("MessageId"), (await client.Send(url, "z", Ids("g", "same"))).One("MessageId"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Content_is_an_id_where_the_queue_says_so_and_groups_may_have_ids_of_their_own(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo(new JsonObject
        {
            ["ContentBasedDeduplication"] = "true", ["DeduplicationScope"] = "messageGroup",
        });
        string first = (await client.Send(url, "x", new JsonObject { ["MessageGroupId"] = "g" })).One("MessageId");
        JsonObject attributes = new() { ["a"] = new JsonObject { ["DataType"] = "String", ["StringValue"] = "b" } };
        SqsAnswer again = await client.Send(
            url, "x", new JsonObject { ["MessageGroupId"] = "g", ["MessageAttributes"] = attributes });
        Assert.Equal(first, again.One("MessageId"));
        Assert.NotEqual(
            first, (await client.Send(url, "x", new JsonObject { ["MessageGroupId"] = "h" })).One("MessageId"));
        Assert.NotEqual(first, (await client.Send(url, "x", Ids("g", "other"))).One("MessageId"));
        Assert.Equal(
            "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
            (await client.Receive(url, 1))[0].System["MessageDeduplicationId"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_group_waits_until_its_messages_are_deleted_and_others_go_on(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        await client.SendTo(url, "g", "g1", "g2", "g3");
        await client.SendTo(url, "h", "h1");
        SqsMessage[] first = await client.Receive(url, 2);
        Assert.Equal(["g1", "g2"], first.Select(static message => message.Body));
        Assert.Equal(["h1"], await client.Bodies(url));
        await client.Delete(url, first[0].Handle);
        Assert.Empty(await client.Receive(url));
        await client.Delete(url, first[1].Handle);
        Assert.Equal(["g3"], await client.Bodies(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_that_were_not_deleted_come_again_in_order(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        await client.SendTo(url, "g", "1", "2", "3");
        SqsMessage[] all = await client.Receive(url);
        Assert.Equal(200, (await client.Change(url, all[2].Handle, 0)).Status);
        Assert.Empty(await client.Receive(url));
        Assert.Equal(200, (await client.Change(url, all[0].Handle, 0)).Status);
        Assert.Equal(["1"], await client.Bodies(url));
        server.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(["1", "2", "3"], await client.Bodies(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_that_is_extended_holds_back_those_behind_it(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        await client.SendTo(url, "g", "1", "2", "3");
        SqsMessage[] all = await client.Receive(url);
        Assert.Equal(200, (await client.Change(url, all[1].Handle, 100)).Status);
        server.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(["1"], await client.Bodies(url));
        server.Time.Advance(TimeSpan.FromSeconds(101));
        Assert.Equal(["1", "2", "3"], await client.Bodies(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_expired_handle_is_told_in_a_FIFO_queue(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        await client.SendTo(url, "g", "1");
        SqsMessage message = Assert.Single(await client.Receive(url));
        Assert.Equal(200, (await client.Change(url, message.Handle, 60)).Status);
        server.Time.Advance(TimeSpan.FromSeconds(40));
        SqsMessage? none = (await client.Receive(url)).SingleOrDefault();
        Assert.Null(none);
        server.Time.Advance(TimeSpan.FromSeconds(40));
        (await client.Delete(url, message.Handle)).ShouldBe(400, BadValue, "The receipt handle has expired.");
        SqsMessage again = Assert.Single(await client.Receive(url));
        Assert.Equal(200, (await client.Delete(url, again.Handle)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receive_without_a_timeout_keeps_the_order_and_turns_to_the_next_group(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        await client.SendTo(url, "g", "g1", "g2");
        await client.SendTo(url, "h", "h1");
        JsonObject look = new() { ["VisibilityTimeout"] = 0 };
        Assert.Equal(["g1"], await client.Bodies(url, 1, look.DeepClone().AsObject()));
        Assert.Equal(["h1"], await client.Bodies(url, 1, look.DeepClone().AsObject()));
        Assert.Equal(["g1"], await client.Bodies(url, 1, look.DeepClone().AsObject()));
        Assert.Equal(["g1", "g2", "h1"], (await client.Bodies(url)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delay_of_the_queue_does_not_lock_the_group(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo(new JsonObject { ["DelaySeconds"] = "10" });
        JsonObject ids = Ids("g", "1");
        ids["DelaySeconds"] = 0;
        Assert.Equal(200, (await client.Send(url, "1", ids)).Status);
        Assert.Empty(await client.Receive(url));
        server.Time.Advance(TimeSpan.FromSeconds(6));
        await client.SendTo(url, "g", "2");
        server.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["1"], await client.Bodies(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_attempt_that_is_repeated_gets_the_same_messages(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewFifo();
        await client.SendTo(url, "g", "1", "2");
        SqsMessage[] first = await client.Receive(url, 1, Attempt("a"));
        server.Time.Advance(TimeSpan.FromSeconds(20));
        SqsMessage[] again = await client.Receive(url, 1, Attempt("a"));
        Assert.Equal((first[0].Body, first[0].Handle), (again[0].Body, again[0].Handle));
        Assert.Empty(await client.Receive(url, 1, Attempt("b")));
        server.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(await client.Receive(url));
        await client.Delete(url, again[0].Handle);
        Assert.Equal(["2"], await client.Bodies(url, 1, Attempt("a")));

        static JsonObject Attempt(string id) => new() { ["ReceiveRequestAttemptId"] = id };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dead_letter_keeps_what_it_was_and_says_where_it_was(bool query)
    {
        SqsClient client = server.Client(query);
        string dead = await client.NewFifo();
        string arn = (await client.Attributes(dead, "QueueArn"))["QueueArn"];
        string url = await client.NewFifo(new JsonObject
        {
            ["RedrivePolicy"] = $$"""{"deadLetterTargetArn":"{{arn}}","maxReceiveCount":"1"}""",
        });
        await client.SendTo(url, "g", "1", "2");
        SqsMessage first = (await client.Receive(url, 1))[0];
        Assert.Equal(200, (await client.Change(url, first.Handle, 0)).Status);
        Assert.Equal(["2"], await client.Bodies(url));
        SqsMessage letter = Assert.Single(await client.Receive(dead));
        Assert.Equal((first.Id, "1", "g"), (letter.Id, letter.Body, letter.System["MessageGroupId"]));
        Assert.Equal(first.System["SentTimestamp"], letter.System["SentTimestamp"]);
        Assert.Equal("2", letter.System["ApproximateReceiveCount"]);
        Assert.Equal(
            (await client.Attributes(url, "QueueArn"))["QueueArn"], letter.System["DeadLetterQueueSourceArn"]);
    }

    private static JsonObject Ids(string group, string id) => new()
    {
        ["MessageGroupId"] = group, ["MessageDeduplicationId"] = id,
    };
}
