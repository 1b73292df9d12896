using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Operations;

[Collection(ServerCollection.Name)]
public sealed class ExportImportTests(RunningServer server)
{
    private const string Lines = "Content-Type: application/x-ndjson";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task An_export_leases_nothing_and_can_be_imported_elsewhere()
    {
        string from = await _api.NewQueue();
        string to = await _api.NewQueue();
        for (int i = 0; i < 3; i++)
        {
            StringBuilder batch = new();
            for (int n = 0; n < 100; n++)
                batch.AppendLine(
                    $$$"""{"body":"{{{i}}}.{{{n}}} \n\"quoted\"","attributes":{"n":{{{n}}},"tenant":"acme"}}""");
            Assert.Equal(201, (await _api.Post($"{from}/messages/batch", batch.ToString(), Lines)).Status);
        }

        await _api.SendBytes("POST", $"{from}/messages", [0xFF, 0x00], "Content-Type: image/png");
        Answer exported = await _api.Get($"{from}/export");
        Assert.Equal((200, "application/x-ndjson"), (exported.Status, exported.MediaType));
        JsonNode[] lines =
            [.. exported.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(301, lines.Length);
        Assert.Equal(301, (int)(await _api.Get(from)).Json["stats"]!["available"]!);
        Assert.Equal(0, (int)(await _api.Get(from)).Json["stats"]!["receivedTotal"]!);

        Answer imported = await _api.Post($"{to}/import", exported.Text, Lines);
        Assert.Equal((200, "fsync"), (imported.Status, imported.Headers["Message-Durability"]));
        Assert.Equal("succeeded", (string)imported.Json["operation"]!["status"]!);
        Assert.Equal(301, (int)imported.Json["operation"]!["result"]!["affected"]!);
        Assert.Equal(
            "import", (string)(await _api.Get(imported.Headers["Location"])).Json["kind"]!);
        string[] again = (await _api.Get($"{to}/export")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Select(Essence), again.Select(line => Essence(JsonNode.Parse(line)!)));
        JsonNode first = await _api.ReceiveOne(to);
        Assert.Equal((string)lines[0]["sentAt"]!, (string)first["sentAt"]!);
        Assert.NotEqual((string)lines[0]["id"]!, (string)first["id"]!);
        Assert.Equal(204, (await _api.Delete($"{to}/receipts/{first["receiptHandle"]}")).Status);
    }

    [Fact]
    public async Task Bad_lines_are_reported_and_good_ones_are_taken()
    {
        string queue = await _api.NewQueue("""{"maxMessageBytes":10}""");
        const string Body = """
            {"body":"good"}

            {"body":"a","nonsense":1}
            not json
            {"body":"far too large for it"}
            {"body":"b","delaySeconds":5}
            {"body":"c","sentAt":"yesterday"}
            {"body":"last","deliverAt":null}
            """;
        JsonNode dry = (await _api.Post($"{queue}/import?dryRun=true", Body, Lines)).Json;
        Assert.Equal(2, (int)dry["operation"]!["result"]!["affected"]!);
        Assert.Empty((await _api.Get($"{queue}/messages")).Json["items"]!.AsArray());
        JsonNode answer = (await _api.Post($"{queue}/import", Body, Lines)).Json;
        Assert.Equal(
            """{"affected":2,"skipped":0,"failed":5,"failures":{"tooLarge":1,"invalidLine":4}}""",
            answer["operation"]!["result"]!.ToJsonString());
        Assert.Equal(
            [(2, "invalid-request"), (3, "malformed-json"), (4, "message-too-large"), (5, "invalid-request"),
                (6, "invalid-request")],
            answer["errors"]!.AsArray()
                .Select(error => ((int)error!["line"]!, (string)error["problem"]!["code"]!)).Order());
        Assert.Equal(
            ["good", "last"],
            (await _api.Get($"{queue}/messages")).Json["items"]!.AsArray().Select(
                message => (string)message!["body"]!));
    }

    [Fact]
    public async Task Requests_that_cannot_be_answered_are_refused()
    {
        string queue = await _api.NewQueue();
        (await _api.Get("/v1/queues/none/export")).ShouldBlame(404, "queue-not-found");
        (await _api.Get($"{queue}/export?state=gone")).ShouldBlame(400, "invalid-request", "?state");
        (await _api.Get($"{queue}/export?since=now")).ShouldBlame(400, "invalid-request", "?since");
        (await _api.Post("/v1/queues/none/import", "{}", Lines)).ShouldBlame(404, "queue-not-found");
        (await _api.Post($"{queue}/import", "{}")).ShouldBlame(415, "unsupported-media-type");
        (await _api.Post($"{queue}/import?dryRun=1", "{}", Lines)).ShouldBlame(400, "invalid-request", "?dryRun");
        (await _api.Post($"{queue}/import", "{}", Lines, "Content-Encoding: gzip"))
            .ShouldBlame(415, "unsupported-content-encoding");
        Assert.Equal("", (await _api.Get($"{queue}/export")).Text);
    }

    [Fact]
    public async Task An_export_takes_a_state_and_a_time()
    {
        string queue = await _api.NewQueue();
        await _api.Post($"{queue}/messages", "now");
        await _api.Post($"{queue}/messages?delay=1h", "later");
        Assert.Contains("later", (await _api.Get($"{queue}/export?state=delayed")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("now", (await _api.Get($"{queue}/export?state=delayed")).Text.Split('"'));
        Assert.Equal("", (await _api.Get($"{queue}/export?since=2999-01-01T00:00:00Z")).Text);
    }

    private static string Essence(JsonNode line) =>
        $"{line["body"]} {line["bodyBase64"]} {line["contentType"]} {line["attributes"]?.ToJsonString()} {line["sentAt"]}";
}
