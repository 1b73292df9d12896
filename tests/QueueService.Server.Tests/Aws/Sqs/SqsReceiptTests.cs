using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Aws.Sqs;

/// <summary>Deleting and hiding messages by their receipt handles, in both protocols.</summary>
public sealed class SqsReceiptTests(SqsServer server) : IClassFixture<SqsServer>
{
    private const string BadValue = "InvalidParameterValue";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_late_delete_removes_a_message_that_nobody_received_again(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        await client.Send(url, "x");
        SqsMessage message = Assert.Single(await client.Receive(url));
        server.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(200, (await client.Delete(url, message.Handle)).Status);
        Assert.Empty(await client.Receive(url));
        Assert.Equal(200, (await client.Delete(url, message.Handle)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_old_handle_is_taken_after_the_message_was_received_again(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue(new JsonObject { ["VisibilityTimeout"] = "5" });
        await client.Send(url, "x");
        SqsMessage first = Assert.Single(await client.Receive(url));
        server.Time.Advance(TimeSpan.FromSeconds(6));
        SqsMessage second = Assert.Single(await client.Receive(url));
        Assert.NotEqual(first.Handle, second.Handle);
        Assert.Equal("2", second.System["ApproximateReceiveCount"]);
        Assert.Equal(200, (await client.Delete(url, first.Handle)).Status);
        Assert.Equal(200, (await client.Delete(url, second.Handle)).Status);
        Assert.Empty(await client.Receive(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handle_that_is_none_is_refused_with_its_text(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        (await client.Delete(url, "garbage")).ShouldBe(
            404, "ReceiptHandleIsInvalid", "The input receipt handle \"garbage\" is not a valid receipt handle.");
        (await client.Delete(url, "")).ShouldBe(400, "MissingParameter", "ReceiptHandle");
        (await client.Change(url, "garbage", 1)).ShouldBe(404, "ReceiptHandleIsInvalid");
        await client.Send(url, "x");
        string handle = Assert.Single(await client.Receive(url)).Handle;
        string other = await client.NewQueue();
        (await client.Delete(other, handle)).ShouldBe(404, "ReceiptHandleIsInvalid", handle);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_of_visibility_counts_once(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        await client.Send(url, "x");
        string handle = Assert.Single(await client.Receive(url)).Handle;
        Assert.Equal(200, (await client.Change(url, handle, 100)).Status);
        server.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Empty(await client.Receive(url));
        server.Time.Advance(TimeSpan.FromSeconds(41));
        string again = Assert.Single(await client.Receive(url)).Handle;
        server.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.Single(await client.Receive(url));

        // A stale handle does not hide it again.
        Assert.NotEqual(200, (await client.Change(url, again, 100)).Status);
        server.Time.Advance(TimeSpan.FromSeconds(31));
        (await client.Change(url, again, 100)).ShouldBe(400, "AWS.SimpleQueueService.MessageNotInflight");
        Assert.Single(await client.Receive(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_visibility_of_a_deleted_message_cannot_change(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        await client.Send(url, "x");
        string handle = Assert.Single(await client.Receive(url)).Handle;
        await client.Delete(url, handle);
        (await client.Change(url, handle, 10)).ShouldBe(400, BadValue, "Message does not exist or is not available");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_is_hidden_for_12_hours_at_most(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue(new JsonObject { ["VisibilityTimeout"] = "43200" });
        await client.Send(url, "x");
        string handle = Assert.Single(await client.Receive(url)).Handle;
        (await client.Change(url, handle, 43_201)).ShouldBe(400, BadValue, "VisibilityTimeout");
        (await client.Change(url, handle, -1)).ShouldBe(400, BadValue, "VisibilityTimeout");
        server.Time.Advance(TimeSpan.FromHours(1));
        (await client.Change(url, handle, 43_200)).ShouldBe(400, BadValue, "43200 seconds");
        Assert.Equal(200, (await client.Change(url, handle, 43_200 - 3_660)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receive_without_a_timeout_leaves_the_message_where_it_is(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        await client.Send(url, "x");
        for (int i = 1; i <= 3; i++)
        {
            SqsMessage message = Assert.Single(
                await client.Receive(url, more: new JsonObject { ["VisibilityTimeout"] = 0 }));
            Assert.Equal(i.ToString("D", null), message.System["ApproximateReceiveCount"]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_of_receipts_tells_of_each(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        foreach (string body in new[] { "a", "b" }) await client.Send(url, body);
        string[] handles = [.. (await client.Receive(url)).Select(static message => message.Handle)];
        SqsAnswer changed = await client.Succeed("ChangeMessageVisibilityBatch", new JsonObject
        {
            ["QueueUrl"] = url,
            ["Entries"] = new JsonArray(
                Entry("1", handles[0], 0), Entry("2", handles[1], 90), Entry("3", "x", 1), Entry(
                    "4", handles[1], 43_201)),
        });
        Assert.Equal(["1", "2", "3", "4"], changed.All("Id"));
        Assert.Equal(["ReceiptHandleIsInvalid", BadValue], changed.All("Code"));
        Assert.Equal(["true", "true"], changed.All("SenderFault"));
        string again = Assert.Single(await client.Receive(url)).Handle;
        SqsAnswer deleted = await client.Succeed("DeleteMessageBatch", new JsonObject
        {
            ["QueueUrl"] = url, ["Entries"] = new JsonArray(Entry("1", again), Entry("2", handles[1]), Entry("x", "y")),
        });
        Assert.Equal(["1", "2", "x"], deleted.All("Id"));
        Assert.Equal(["ReceiptHandleIsInvalid"], deleted.All("Code"));
        server.Time.Advance(TimeSpan.FromSeconds(100));
        Assert.Empty(await client.Receive(url));
    }

    [Theory]
    [InlineData("SendMessageBatch")]
    [InlineData("DeleteMessageBatch")]
    [InlineData("ChangeMessageVisibilityBatch")]
    public async Task A_batch_has_1_to_10_entries_with_ids_of_their_own(string action)
    {
        foreach (bool query in new[] { false, true })
        {
            SqsClient client = server.Client(query);
            string url = await client.NewQueue();
            await Refused("EmptyBatchRequest", "There should be at least one");
            await Refused(
                "TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent 11.",
                [.. Enumerable.Range(0, 11).Select(static n => n.ToString("D", null))]);
            await Refused("BatchEntryIdsNotDistinct", "Id a repeated.", "a", "b", "a");
            await Refused("InvalidBatchEntryId", "A batch entry id can only contain", "a.b");
            await Refused("InvalidBatchEntryId", "A batch entry id can only contain", new string('a', 81));
            Assert.Equal("0", (await client.Attributes(url, "All"))["ApproximateNumberOfMessages"]);

            async Task Refused(string code, string message, params string[] ids)
            {
                JsonArray entries = [.. ids.Select(static id => (JsonNode)Entry(id, "handle", 1))];
                SqsAnswer answer = await client.Call(
                    action, new JsonObject { ["QueueUrl"] = url, ["Entries"] = entries });
                answer.ShouldBe(400, "AWS.SimpleQueueService." + code, message);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_wrong_with_one_message_of_a_batch_fails_it_alone(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue(new JsonObject { ["MaximumMessageSize"] = "1024" });
        SqsAnswer sent = await client.Succeed("SendMessageBatch", new JsonObject
        {
            ["QueueUrl"] = url,
            ["Entries"] = new JsonArray(
                Message("a", "x"), Message("b", "\u0001"), Message("c", new string('x', 1_025)), Message("d", "y")),
        });
        Assert.Equal(["a", "d", "b", "c"], sent.All("Id"));
        Assert.Equal(["InvalidMessageContents", BadValue], sent.All("Code"));
        Assert.Equal(2, sent.All("MessageId").Length);
        Assert.Equal(["x", "y"], await client.Bodies(url));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_has_one_mebibyte_at_most(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        string half = new('x', 524_289);
        SqsAnswer refused = await client.Call("SendMessageBatch", new JsonObject
        {
            ["QueueUrl"] = url, ["Entries"] = new JsonArray(Message("a", half), Message("b", half)),
        });
        refused.ShouldBe(
            400, "AWS.SimpleQueueService.BatchRequestTooLong",
            "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.");
        Assert.Empty(await client.Receive(url));
    }

    private static JsonObject Entry(string id, string handle, int? seconds = null)
    {
        JsonObject entry = new() { ["Id"] = id, ["ReceiptHandle"] = handle };
        if (seconds is not null) entry["VisibilityTimeout"] = seconds;
        return entry;
    }

    private static JsonObject Message(string id, string body) => new() { ["Id"] = id, ["MessageBody"] = body };
}
