using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using QueueService.Broker.Messages;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>Deliveries, received over HTTP, as the libraries of receivers see them: npm's standardwebhooks, svix and
/// cloudevents (tests/clients, which tests/run installs).</summary>
public sealed class VerifierTests
{
    private static readonly WebhookMessage Plain = new()
    {
        Id = "AAAAAQAAAAAAAAAq", Topic = "orders", Subscription = "mail", SequenceNumber = 42,
        SentAt = 1_795_255_200_123, ContentType = "application/json", IsText = true,
        Body = "{\"n\":1,\"t\":\"ü\"}"u8.ToArray(),
        Headers = new MessageHeaders
        {
            ContentType = "application/json", GroupId = "g", CorrelationId = "c",
            TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", TraceState = "a=b",
            Attributes = [new("tenant", AttributeKind.String, "acme"), new("n", AttributeKind.Number, "1.50")],
        },
    };

    private static readonly WebhookMessage Event = Plain with
    {
        Headers = new MessageHeaders
        {
            ContentType = "application/json",
            Attributes =
            [
                new("ce-specversion", AttributeKind.String, "1.0"), new("ce-id", AttributeKind.String, "A-1"),
                new("ce-source", AttributeKind.String, "/shop"), new("ce-type", AttributeKind.String, "order.created"),
                new("ce-subject", AttributeKind.String, "ü %"), new("tenant", AttributeKind.String, "acme"),
            ],
        },
    };

    [Fact]
    public async Task Signatures_are_accepted_by_standardwebhooks_and_svix()
    {
        WebhookSecret secret = WebhookSecret.Generate();
        string[] tryWith = [secret.Reveal(), WebhookSecret.Generate().Reveal()];
        JsonNode checks = await Check(Plain, WebhookFormat.Raw, [secret], tryWith);
        foreach (string library in new[] { "standardwebhooks", "svix" })
        {
            Assert.Equal(true, (bool?)checks["signatures"]![0]![library]);
            Assert.Equal(false, (bool?)checks["signatures"]![1]![library]);
        }
    }

    [Fact]
    public async Task While_secrets_rotate_receivers_with_either_accept()
    {
        WebhookSecret[] secrets = [WebhookSecret.Generate(), WebhookSecret.Generate()];
        JsonNode checks = await Check(Plain, WebhookFormat.Envelope, secrets, [.. secrets.Select(s => s.Reveal())]);
        foreach (JsonNode? signature in checks["signatures"]!.AsArray())
        {
            Assert.Equal(true, (bool?)signature!["standardwebhooks"]);
            Assert.Equal(true, (bool?)signature["svix"]);
        }
    }

    [Theory]
    [InlineData("CloudEventsBinary")]
    [InlineData("CloudEventsStructured")]
    public async Task A_message_is_an_event_of_its_topic(string format)
    {
        JsonNode read = (await Check(Plain, Enum.Parse<WebhookFormat>(format), [], []))["event"]!;
        Assert.Equal("AAAAAQAAAAAAAAAq", (string?)read["id"]);
        Assert.Equal("/v1/topics/orders", (string?)read["source"]);
        Assert.Equal("queueservice.message", (string?)read["type"]);
        Assert.StartsWith("2026-11-21T", (string?)read["time"], StringComparison.Ordinal);
        Assert.Equal("{\"n\":1,\"t\":\"ü\"}", read["data"]!.ToJsonString(Relaxed));
    }

    [Theory]
    [InlineData("Raw")]
    [InlineData("CloudEventsBinary")]
    [InlineData("CloudEventsStructured")]
    public async Task An_event_keeps_its_context(string format)
    {
        JsonNode read = (await Check(Event, Enum.Parse<WebhookFormat>(format), [], []))["event"]!;
        Assert.Equal(
            ("A-1", "/shop", "order.created"), ((string?)read["id"], (string?)read["source"], (string?)read["type"]));
        // Percent-encoding of header values is the HTTP binding's; the library leaves decoding to its user.
        Assert.Equal("ü %", Uri.UnescapeDataString((string)read["subject"]!));
        Assert.Equal("{\"n\":1,\"t\":\"ü\"}", read["data"]!.ToJsonString(Relaxed));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_survive_each_form()
    {
        WebhookMessage binary = Plain with
        {
            ContentType = "application/octet-stream", Body = new byte[] { 0, 255, 1, 254 }, IsText = false,
        };
        Assert.Equal([0, 255, 1, 254], (await Deliver(binary, WebhookFormat.Raw, [])).Body);
        JsonNode envelope = JsonNode.Parse((await Deliver(binary, WebhookFormat.Envelope, [])).Body)!;
        Assert.Equal("AP8B/g==", (string?)envelope["bodyBase64"]);
        JsonNode read = (await Check(binary, WebhookFormat.CloudEventsStructured, [], []))["event"]!;
        Assert.Equal("AP8B/g==", (string?)read["data_base64"]);
    }

    [Fact]
    public async Task The_envelope_has_the_shape_of_a_received_message()
    {
        ReceivedRequest received = await Deliver(Plain, WebhookFormat.Envelope, []);
        Assert.Equal("application/json", received.Headers["Content-Type"]);
        Assert.Equal(
            """
            {"id":"AAAAAQAAAAAAAAAq","topic":"orders","subscription":"mail","body":"{\"n\":1,\"t\":\"ü\"}",
            "contentType":"application/json","groupId":"g","correlationId":"c",
            "traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","tracestate":"a=b",
            "attributes":{"tenant":"acme","n":1.50},"sequenceNumber":42,"sentAt":"2026-11-21T10:00:00.123Z"}
            """.ReplaceLineEndings(""), received.Text);
    }

    [Fact]
    public async Task A_raw_delivery_is_the_body_and_the_rest_is_headers()
    {
        ReceivedRequest received = await Deliver(Plain, WebhookFormat.Raw, []);
        Assert.Equal("{\"n\":1,\"t\":\"ü\"}", received.Text);
        (string Name, string Value)[] expected =
        [
            ("Content-Type", "application/json"), ("Message-Id", "AAAAAQAAAAAAAAAq"), ("Message-Topic", "orders"),
            ("Message-Subscription", "mail"), ("Message-Sequence-Number", "42"),
            ("Message-Sent-At", "2026-11-21T10:00:00.123Z"), ("Message-Group-Id", "g"), ("Message-Correlation-Id", "c"),
            ("Message-Attribute-tenant", "acme"), ("Message-Attribute-n", "1.50"),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), ("tracestate", "a=b"),
        ];
        foreach ((string name, string value) in expected) Assert.Equal(value, received.Headers[name]);
    }

    private static readonly JsonSerializerOptions Relaxed = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static async Task<ReceivedRequest> Deliver(
        WebhookMessage message, WebhookFormat format, IReadOnlyList<WebhookSecret> secrets)
    {
        await using Receiver receiver = new(Hooks.Allowed);
        using WebhookTransport transport = Hooks.Transport();
        WebhookPayload payload = WebhookPayload.Write(format, message);
        WebhookHeader[] signature = secrets.Count == 0
            ? []
            : WebhookSignature.Sign(
                secrets, message.Id, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), payload.Body);
        EndpointUrl endpoint = EndpointUrl.Parse(receiver.Url("/ok"), out _)!;
        WebhookRequest request = new(endpoint, HttpMethod.Post, [.. payload.Headers, .. signature], payload.Body);
        Assert.True((await transport.Send(request, CancellationToken.None)).Succeeded);
        return await receiver.Next();
    }

    private static async Task<JsonNode> Check(
        WebhookMessage message, WebhookFormat format, IReadOnlyList<WebhookSecret> secrets, string[] tryWith)
    {
        ReceivedRequest received = await Deliver(message, format, secrets);
        JsonObject question = new()
        {
            ["headers"] = new JsonObject(received.Headers.Select(h => KeyValuePair.Create(
                h.Key.ToLowerInvariant(), (JsonNode?)JsonValue.Create(h.Value)))),
            ["bodyBase64"] = Convert.ToBase64String(received.Body),
            ["secrets"] = new JsonArray([.. tryWith.Select(secret => (JsonNode?)JsonValue.Create(secret))]),
            ["asEvent"] = tryWith.Length == 0,
        };
        return await Verifier.Ask(question);
    }
}
