using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class ReceiptTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_lease_can_be_extended_and_ended()
    {
        string queue = await _api.NewQueue();
        string receipt = await Receive(queue);
        Answer extended = await _api.Patch(receipt, """{"visibilityTimeoutSeconds":3600}""");
        Assert.Equal(200, extended.Status);
        JsonNode message = (await _api.Get(queue + "/messages")).Json["items"]![0]!;
        Assert.Equal((string)extended.Json["visibleAt"]!, (string)message["visibleAt"]!);
        Assert.Equal("leased", (string)message["state"]!);
        Assert.Equal(200, (await _api.Patch(receipt, """{"visibilityTimeoutSeconds":0}""")).Status);
        Assert.Equal(2, (int)(await _api.ReceiveOne(queue))["receiveCount"]!);
        (await _api.Patch(receipt, """{"visibilityTimeoutSeconds":9}""")).ShouldBlame(410, "receipt-expired");
    }

    [Fact]
    public async Task A_message_may_be_released_for_later()
    {
        string queue = await _api.NewQueue();
        string receipt = await Receive(queue);
        Assert.Equal(204, (await _api.Post(receipt + "/release", """{"delaySeconds":3600}""")).Status);
        Assert.Equal("delayed", (string)(await _api.Get(queue + "/messages")).Json["items"]![0]!["state"]!);
        (await _api.Post(receipt + "/release")).ShouldBlame(410, "receipt-expired");
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("%20%FF")]
    public async Task A_made_up_receipt_is_no_receipt(string handle)
    {
        string receipt = $"{await _api.NewQueue()}/receipts/{handle}";
        (await _api.Delete(receipt)).ShouldBlame(404, "receipt-invalid");
        (await _api.Patch(receipt, """{"visibilityTimeoutSeconds":1}""")).ShouldBlame(404, "receipt-invalid");
        (await _api.Post(receipt + "/release")).ShouldBlame(404, "receipt-invalid");
    }

    [Fact]
    public async Task A_receipt_of_another_queue_or_with_a_changed_character_is_no_receipt()
    {
        string queue = await _api.NewQueue();
        string receipt = await Receive(queue);
        string handle = receipt.Split('/')[^1];
        (await _api.Delete($"{await _api.NewQueue()}/receipts/{handle}")).ShouldBlame(404, "receipt-invalid");
        char other = handle[20] == 'A' ? 'B' : 'A';
        (await _api.Delete($"{queue}/receipts/{handle[..20]}{other}{handle[21..]}")).ShouldBlame(
            404, "receipt-invalid");
    }

    [Theory]
    [InlineData("PATCH", "", "{}", "/visibilityTimeoutSeconds")]
    [InlineData("PATCH", "", null, "/visibilityTimeoutSeconds")]
    [InlineData("PATCH", "", """{"visibilityTimeoutSeconds":43201}""", "/visibilityTimeoutSeconds")]
    [InlineData("PATCH", "", """{"visibilityTimeoutSeconds":null}""", "/visibilityTimeoutSeconds")]
    [InlineData("PATCH", "", """{"visibilityTimeout":1}""", "/visibilityTimeout")]
    [InlineData("POST", "/release", """{"delaySeconds":-1}""", "/delaySeconds")]
    [InlineData("POST", "/release", """{"reason":"x"}""", "/reason")]
    [InlineData("POST", "/release", "[]", "")]
    [InlineData("DELETE", "?x=1", null, "?x")]
    public async Task A_wrong_request_is_refused_by_name(string method, string path, string? body, string name)
    {
        string receipt = await Receive(await _api.NewQueue());
        (await _api.Send(method, receipt + path, body)).ShouldBlame(400, "invalid-request", name);
        Assert.Equal(204, (await _api.Delete(receipt)).Status);
    }

    [Theory]
    [InlineData("acknowledge", "", 204, false)]
    [InlineData("release", ",\"delaySeconds\":60", 204, true)]
    [InlineData("extend", ",\"visibilityTimeoutSeconds\":60", 200, true)]
    public async Task A_batch_of_receipts_has_a_status_for_each(string verb, string more, int success, bool visible)
    {
        string queue = await _api.NewQueue();
        string first = (await Receive(queue)).Split('/')[^1];
        string second = (await Receive(queue)).Split('/')[^1];
        await _api.Delete($"{queue}/receipts/{second}");
        Answer settled = await _api.Post(
            $"{queue}/{verb}", $$"""{"receiptHandles":["{{first}}","{{second}}","é\"x"]{{more}}}""");
        Assert.Equal(200, settled.Status);
        Assert.Equal("fsync", settled.Headers["Message-Durability"]);
        Assert.Equal(visible, settled.Json["visibleAt"] is not null);
        JsonArray results = settled.Json["results"]!.AsArray();
        Assert.Equal([success, 410, 404], results.Select(result => (int)result!["status"]!));
        Assert.Equal([first, second, "é\"x"], results.Select(result => (string)result!["receiptHandle"]!));
        Assert.Equal("receipt-expired", (string)results[1]!["problem"]!["code"]!);
    }

    [Theory]
    [InlineData("acknowledge", """{"receiptHandles":[]}""", "/receiptHandles")]
    [InlineData("acknowledge", "{}", "/receiptHandles")]
    [InlineData("acknowledge", null, "/receiptHandles")]
    [InlineData("acknowledge", """{"receiptHandles":["x"],"delaySeconds":1}""", "/delaySeconds")]
    [InlineData("extend", """{"receiptHandles":["x"]}""", "/visibilityTimeoutSeconds")]
    [InlineData("release", """{"receiptHandles":"x"}""", "/receiptHandles")]
    [InlineData("release", """{"receiptHandles":["\udc00"]}""", "/receiptHandles/0")]
    public async Task A_wrong_batch_of_receipts_is_refused_by_name(string verb, string? body, string pointer) =>
        (await _api.Post($"{await _api.NewQueue()}/{verb}", body)).ShouldBlame(400, "invalid-request", pointer);

    [Fact]
    public async Task More_than_a_thousand_receipts_are_refused()
    {
        string handles = string.Join(',', Enumerable.Repeat("\"x\"", 1_001));
        (await _api.Post(await _api.NewQueue() + "/acknowledge", $$"""{"receiptHandles":[{{handles}}]}"""))
            .ShouldBlame(413, "request-too-large");
    }

    private async Task<string> Receive(string queue)
    {
        await _api.Post(queue + "/messages", "x");
        return $"{queue}/receipts/{(await _api.ReceiveOne(queue))["receiptHandle"]}";
    }
}
