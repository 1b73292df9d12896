using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Queues;

[Collection(ServerCollection.Name)]
public sealed class CloudEventTests(RunningServer server)
{
    private const string Structured = "Content-Type: application/cloudevents+json";
    private const string Batched = "Content-Type: application/cloudevents-batch+json";

    private static readonly string[] Binary =
        ["ce-specversion: 1.0", "ce-id: 1", "ce-source: /s%20x", "ce-type: t", "ce-ext: \"a\\\"b\"",
            "Content-Type: application/json"];

    private readonly Api _api = server.Api;

    [Fact]
    public async Task An_event_in_binary_form_comes_back_in_structured_form()
    {
        string queue = await _api.NewQueue();
        Assert.Equal(201, (await _api.Post(queue + "/messages", """{"order":1}""", Binary)).Status);
        JsonNode message = await _api.ReceiveOne(queue, "&format=cloudEvents");
        Assert.NotNull(message["receiptHandle"]);
        Assert.True(JsonNode.DeepEquals(message["event"], JsonNode.Parse(
            """{"specversion":"1.0","id":"1","source":"/s x","type":"t","ext":"a\"b","datacontenttype":"application/json","data":{"order":1}}""")),
            message.ToJsonString());
    }

    [Theory]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","n":5,"b":true,"datacontenttype":"application/json","data":{"x":[1,"é"]}}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"text/plain","data":"he said \"hi\""}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/x-y","data_base64":"AP8="}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/vnd.a+json","data":"text"}""")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t"}""")]
    public async Task A_structured_event_survives_unchanged(string json)
    {
        string queue = await _api.NewQueue();
        Assert.Equal(201, (await _api.Post(queue + "/messages", json, Structured)).Status);
        JsonNode message = await _api.ReceiveOne(queue, "&format=cloudEvents");
        Assert.True(JsonNode.DeepEquals(message["event"], JsonNode.Parse(json)), message.ToJsonString());
    }

    [Fact]
    public async Task Data_without_a_content_type_is_json()
    {
        string queue = await _api.NewQueue();
        await _api.Post(
            queue + "/messages", """{"specversion":"1.0","id":"1","source":"/s","type":"t","data":[1]}""", Structured);
        JsonNode message = await _api.ReceiveOne(queue);
        Assert.Equal(("[1]", "application/json"), ((string)message["body"]!, (string)message["contentType"]!));
        Assert.Equal("t", (string)message["attributes"]!["ce-type"]!);
    }

    [Fact]
    public async Task A_batch_of_events_becomes_messages()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(queue + "/messages/batch", """
            [{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1},
             {"specversion":"1.0","id":"2","source":"/s","type":"t"}]
            """, Batched);
        Assert.Equal(201, sent.Status);
        JsonArray messages = (await _api.Post(queue + "/receive?max=5&wait=10s&format=cloudEvents"))
            .Json["messages"]!.AsArray();
        Assert.Equal(["1", "2"], messages.Select(message => (string)message!["event"]!["id"]!));
    }

    [Fact]
    public async Task Raw_format_gives_an_event_in_binary_form()
    {
        string queue = await _api.NewQueue();
        await _api.Post(queue + "/messages", "{}", Binary);
        Answer raw = await _api.Post(queue + "/receive?format=raw&wait=10s");
        Assert.Equal("1.0", raw.Headers["ce-specversion"]);
        Assert.Equal("/s%20x", raw.Headers["ce-source"]);
        Assert.Equal("a%22b", raw.Headers["ce-ext"]);
        Assert.Equal("application/json", raw.MediaType);
    }

    [Fact]
    public async Task A_plain_message_becomes_an_event_of_the_queue()
    {
        string queue = await _api.NewQueue();
        Answer sent = await _api.Post(
            queue + "/messages", "not json", "Content-Type: application/json", "Message-Attribute-A: 1");
        JsonNode message = await _api.ReceiveOne(queue, "&format=cloudEvents");
        JsonNode received = message["event"]!;
        Assert.Equal((string)sent.Json["id"]!, (string)received["id"]!);
        Assert.Equal(queue, (string)received["source"]!);
        // What claims to be JSON but is not goes as bytes: as text it would be read as a JSON string.
        Assert.Equal("not json", System.Text.Encoding.UTF8.GetString(
            Convert.FromBase64String((string)received["data_base64"]!)));
        Assert.Equal("1", (string)message["attributes"]!["a"]!);
    }

    [Theory]
    [InlineData("""{"specversion":"1.0","id":"","source":"/s","type":"t"}""", "/id")]
    [InlineData("""{"specversion":"0.3","id":"1","source":"/s","type":"t"}""", "/specversion")]
    [InlineData("""{"id":"1","source":"/s","type":"t"}""", "/specversion")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","Bad":"x"}""", "/Bad")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","x":{}}""", "/x")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","id":"2"}""", "/id")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"AA=="}""",
        "/data_base64")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"?"}""", "/data_base64")]
    [InlineData("7", "")]
    public async Task A_wrong_event_is_refused_by_name(string json, string pointer)
    {
        string queue = await _api.NewQueue();
        (await _api.Post(queue + "/messages", json, Structured)).ShouldBlame(400, "invalid-request", pointer);
        (await _api.Post(queue + "/messages/batch", $"[{json}]", Batched))
            .ShouldBlame(400, "invalid-request", "/0" + pointer);
    }

    [Fact]
    public async Task A_binary_event_without_its_attributes_is_refused()
    {
        string queue = await _api.NewQueue();
        (await _api.Post(queue + "/messages", "x", "ce-specversion: 1.0", "ce-id: 1"))
            .ShouldBlame(400, "invalid-request", "ce-source", "ce-type");
        (await _api.Post(queue + "/messages", "x", [.. Binary, "ce-a-b: 1"])).ShouldBlame(
            400, "invalid-request", "ce-a-b");
        (await _api.Post(queue + "/messages", "[]", Batched)).ShouldBlame(415, "unsupported-media-type");
        (await _api.Post(queue + "/messages/batch", "[]", Batched)).ShouldBlame(400, "invalid-request", "");
        (await _api.Post(queue + "/messages", "{", Structured)).ShouldBlame(400, "malformed-json");
    }
}
