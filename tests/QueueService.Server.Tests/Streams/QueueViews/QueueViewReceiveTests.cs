using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams.QueueViews;

[Collection(ServerCollection.Name)]
public sealed class QueueViewReceiveTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_record_is_received_with_its_place_its_key_and_its_headers_until_it_is_acknowledged()
    {
        (string stream, string view) = await NewView(partitions: 1_024);
        await _api.Post(
            stream + "/records?partition=1023", "hello", "Message-Key: customer-7", "Message-Attribute-Tenant: acme",
            "Content-Type: text/plain");
        JsonNode record = await _api.ReceiveOne(view);
        Assert.Equal(
            ("hello", 1_023, 0, 0, "customer-7", "acme", 1),
            ((string)record["body"]!, (int)record["partition"]!, (int)record["offset"]!, (int)record["sequenceNumber"]!,
                (string)record["key"]!, (string)record["attributes"]!["tenant"]!, (int)record["receiveCount"]!));
        Assert.Null(record["priority"]);
        JsonNode stored = (await _api.Get(stream + "/partitions/1023/records")).Json["records"]![0]!;
        Assert.Equal((string)stored["timestamp"]!, (string)record["sentAt"]!);
        string receipt = $"{view}/receipts/{record["receiptHandle"]}";
        Assert.Equal(200, (await _api.Patch(receipt, """{"visibilityTimeoutSeconds":60}""")).Status);
        Answer acknowledged = await _api.Delete(receipt);
        Assert.Equal((204, "fsync"), (acknowledged.Status, acknowledged.Headers["Message-Durability"]));
        (await _api.Delete(receipt)).ShouldBlame(410, "receipt-expired");
        (await _api.Delete(view + "/receipts/nosuch")).ShouldBlame(404, "receipt-invalid");
        Assert.Empty(await _api.Receive(view));
        Assert.Single((await _api.Get(stream + "/partitions/1023/records")).Json["records"]!.AsArray());
    }

    [Fact]
    public async Task A_record_can_be_had_as_its_own_bytes_and_as_an_event()
    {
        (string stream, string view) = await NewView(partitions: 20);
        await _api.Post(stream + "/records?partition=19", "hello", "Message-Key: k");
        Answer raw = await _api.Post(view + "/receive?format=raw");
        Assert.Equal(("hello", "19", "0", "k"), (
            raw.Text, raw.Headers["Message-Partition"], raw.Headers["Message-Offset"], raw.Headers["Message-Key"]));
        Assert.DoesNotContain("Message-Priority", raw.Headers);
        await _api.Post($"{view}/receipts/{raw.Headers["Message-Receipt-Handle"]}/release");
        JsonNode received = Assert.Single(await _api.Receive(view, "&format=cloudEvents"));
        Assert.Equal(stream, (string)received["event"]!["source"]!);
        Assert.Equal(19, (int)received["partition"]!);
    }

    [Fact]
    public async Task Many_receipts_are_settled_at_once_and_a_receive_acknowledges_what_it_names()
    {
        (string stream, string view) = await NewView(partitions: 4);
        for (int i = 0; i < 5; i++) await _api.Post($"{stream}/records?partition={i % 4}", $"{i}");
        string[] receipts = [.. (await _api.Receive(view)).Select(static record => (string)record["receiptHandle"]!)];
        Answer acknowledged = await _api.Post(view + "/acknowledge", List(receipts[0], receipts[1]));
        Assert.Equal([204, 204], Statuses(acknowledged));
        Answer extended = await _api.Post(
            view + "/extend", $$"""{"receiptHandles":["{{receipts[2]}}"],"visibilityTimeoutSeconds":600}""");
        Assert.Equal([200], Statuses(extended));
        Assert.Equal([204], Statuses(await _api.Post(view + "/release", List(receipts[3]))));
        Answer received = await _api.Post(view + "/receive?max=10", $$"""{"acknowledge":["{{receipts[4]}}"]}""");
        Assert.Single(received.Json["messages"]!.AsArray());
        Assert.Equal(204, (int)received.Json["acknowledged"]![0]!["status"]!);
        Assert.Equal([410], Statuses(await _api.Post(view + "/acknowledge", List(receipts[0]))));
    }

    [Fact]
    public async Task A_repeated_settlement_with_the_same_key_answers_the_first_outcome()
    {
        (string stream, string view) = await NewView();
        await _api.Post(stream + "/records", "1");
        string receipt = (string)(await _api.ReceiveOne(view))["receiptHandle"]!;
        string key = "Idempotency-Key: " + Guid.CreateVersion7();
        Assert.Equal([204], Statuses(await _api.Post(view + "/acknowledge", List(receipt), key)));
        Answer again = await _api.Post(view + "/acknowledge", List(receipt), key);
        Assert.Equal([204], Statuses(again));
        Assert.Equal("true", again.Headers["Idempotent-Replayed"]);
        (await _api.Post(view + "/acknowledge", List(receipt, receipt), key)).ShouldBlame(
            422, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_record_that_is_given_up_says_in_the_dead_letter_queue_where_it_came_from()
    {
        string dead = await _api.NewQueue();
        (string stream, string view) = await NewView(
            2, """{"redrivePolicy":{"deadLetterQueue":"DEAD","maxReceiveCount":3}}""".Replace(
                "DEAD", dead.Split('/')[^1], StringComparison.Ordinal));
        await _api.Post(stream + "/records?partition=1", "fine");
        await _api.Post(stream + "/records?partition=1", "poison", "Message-Key: k");
        JsonNode[] records = await _api.Receive(view);
        Answer moved = await _api.Post(
            $"{view}/receipts/{records[1]["receiptHandle"]}/dead-letter", """{"reason":"no such customer"}""");
        Assert.Equal(204, moved.Status);
        JsonNode letter = await _api.ReceiveOne(dead);
        JsonNode origin = letter["deadLetter"]!;
        string name = stream.Split('/')[^1];
        Assert.Equal(("poison", "k", (string)records[1]["id"]!), (
            (string)letter["body"]!, (string)letter["key"]!, (string)letter["id"]!));
        Assert.Equal(
            ($"{name}/work", name, 1, 1, "no such customer"),
            (
                (string)origin["sourceQueue"]!, (string)origin["stream"]!, (int)origin["partition"]!,
                (int)origin["offset"]!, (string)origin["reason"]!));
        await _api.Post($"{dead}/receipts/{letter["receiptHandle"]}/release");
        Answer raw = await _api.Post(dead + "/receive?format=raw");
        Assert.Equal((name, "1", "1"), (
            raw.Headers["Message-Dead-Letter-Stream"], raw.Headers["Message-Dead-Letter-Partition"],
            raw.Headers["Message-Dead-Letter-Offset"]));
    }

    [Fact]
    public async Task What_is_not_acknowledged_can_be_looked_at_without_leasing_it()
    {
        (string stream, string view) = await NewView(partitions: 3);
        for (int i = 0; i < 6; i++) await _api.Post($"{stream}/records?partition={i % 3}", $"{i}");
        JsonNode first = (await _api.Receive(view, "")).First(static record => (string)record["body"]! == "4");
        await _api.Delete($"{view}/receipts/{first["receiptHandle"]}");
        Answer page = await _api.Get(view + "/messages?limit=3");
        Assert.Equal(["0", "3", "1"], page.Json["items"]!.AsArray().Select(static item => (string)item!["body"]!));
        Assert.All(page.Json["items"]!.AsArray(), static item => Assert.Equal("leased", (string)item!["state"]!));
        Answer rest = await _api.Get($"{view}/messages?limit=3&cursor={page.Json["nextCursor"]}");
        Assert.Equal([(2, 0), (2, 1)], rest.Json["items"]!.AsArray().Select(
            static item => ((int)item!["partition"]!, (int)item["offset"]!)));
    }

    [Fact]
    public async Task A_view_is_paused_resumed_and_moved()
    {
        (string stream, string view) = await NewView();
        await _api.Post(stream + "/records", "1");
        Assert.Equal(204, (await _api.Post(view + "/pause")).Status);
        Assert.Empty(await _api.Receive(view));
        Assert.Equal(204, (await _api.Post(view + "/resume")).Status);
        Assert.Equal(["1"], await _api.Bodies(view));
        Answer sought = await _api.Post(view + "/seek", """{"to":"earliest"}""");
        Assert.Equal((204, "fsync"), (sought.Status, sought.Headers["Message-Durability"]));
        Assert.Equal(["1"], await _api.Bodies(view));
        await _api.Post(view + "/seek", """{"to":"latest"}""");
        Assert.Equal(0, (int)(await _api.Get(view)).Json["stats"]!["available"]!);
        await _api.Post(view + "/seek", """{"time":"2020-01-01T00:00:00Z"}""");
        Assert.Equal(["1"], await _api.Bodies(view));
        foreach (string wrong in (string[])["{}", """{"to":"latest","time":"2020-01-01T00:00:00Z"}""", """{"to":null}"""])
            (await _api.Post(view + "/seek", wrong)).ShouldBeProblem(400, "invalid-request");
        (await _api.Post(view + "/seek", """{"to":"middle"}""")).ShouldBlame(400, "invalid-request", "/to");
        (await _api.Post(view + "/seek", """{"snapshot":"a"}""")).ShouldBlame(400, "invalid-request", "/snapshot");
    }

    [Fact]
    public async Task A_filter_lets_records_through_by_their_headers()
    {
        (string stream, string view) = await NewView(4, """{"from":"earliest","filter":{"policy":{"kind":["a"]}}}""");
        for (int i = 0; i < 12; i++)
            await _api.Post(
                $"{stream}/records?partition={i % 4}", $"{i}", "Message-Attribute-Kind: " + (i % 3 == 0 ? "a" : "b"));
        var bodies = new List<string>();
        for (string[] some = await _api.Bodies(view); some.Length > 0; some = await _api.Bodies(view))
            bodies.AddRange(some);
        Assert.Equal(["0", "3", "6", "9"], bodies.Order());
    }

    private static string List(params string[] receipts) =>
        $$"""{"receiptHandles":[{{string.Join(',', receipts.Select(static receipt => $"\"{receipt}\""))}}]}""";

    private static IEnumerable<int> Statuses(Answer answer) =>
        answer.Json["results"]!.AsArray().Select(static result => (int)result!["status"]!);

    private async Task<(string Stream, string View)> NewView(int partitions = 1, string json = "{}")
    {
        string stream = "/v1/streams/s-" + Guid.CreateVersion7().ToString("N");
        Assert.Equal(201, (await _api.Put(stream, $$"""{"partitions":{{partitions}}}""")).Status);
        Assert.Equal(201, (await _api.Put(stream + "/queue-views/work", json)).Status);
        return (stream, stream + "/queue-views/work");
    }
}
