using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

[Collection(DeliveryCollection.Name)]
public sealed class WebhookDefinitionTests(DeliveryServer server)
{
    private const string Public = "http://203.0.113.7.example.invalid/hook";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task The_secret_is_generated_and_shown_once_in_the_answer_that_creates_the_webhook()
    {
        string path = await _api.NewTopic() + "/subscriptions/a";
        Answer created = await _api.Put(path, Ask.Webhook(Public));
        Assert.Equal(201, created.Status);
        string secret = (string)created.Json["target"]!["secret"]!;
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", secret);
        foreach (Answer later in new[]
        {
            await _api.Get(path), await _api.Put(path, Ask.Webhook(Public)), await _api.Patch(path, "{}"),
            await _api.Get(path[..path.LastIndexOf('/')]),
        })
        {
            Assert.Equal(200, later.Status);
            Assert.DoesNotContain(secret[6..], later.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("\"secret\":", later.Text, StringComparison.Ordinal);
            JsonNode target = (later.Json["items"]?[0] ?? later.Json)["target"]!;
            Assert.Equal(
                "…" + secret.TrimEnd('=')[^4..], (string)Assert.Single(target["secrets"]!.AsArray())!["hint"]!);
        }
    }

    [Fact]
    public async Task A_webhook_is_described_with_its_defaults_and_its_counts()
    {
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(Public));
        JsonNode described = (await _api.Get(path)).Json;
        JsonNode target = described["target"]!;
        Assert.Equal(
            ("webhook", Public, 8, 11, "raw"),
            ((string)target["type"]!, (string)target["url"]!, (int)target["maxConcurrency"]!,
                (int)target["maxAttempts"]!, (string)described["format"]!));
        Assert.Null(target["ratePerSecond"]);
        Assert.Null(target["headers"]);
        JsonNode stats = described["stats"]!;
        Assert.Equal(
            ("closed", 0, 0), ((string)stats["circuit"]!, (int)stats["inFlight"]!, (int)stats["abandonedTotal"]!));
        Assert.Null(stats["successRate"]);
        Assert.Null(stats["latencyMilliseconds"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""","secret":"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" """)]
    [InlineData(""","headers":{"X-Team":"a","X-Two":"b"},"authorization":{"type":"basic","username":"u","password":"p"} """)]
    [InlineData(""","authorization":{"type":"bearer","token":"t0ken"},"maxConcurrency":3,"ratePerSecond":7 """)]
    public async Task The_same_request_again_changes_nothing(string more)
    {
        string path = await _api.NewTopic() + "/subscriptions/a";
        Answer created = await _api.Put(path, Ask.Webhook(Public, more));
        Assert.Equal(201, created.Status);
        Answer again = await _api.Put(path, Ask.Webhook(Public, more));
        Assert.Equal((200, created.Headers["ETag"]), (again.Status, again.Headers["ETag"]));
        Answer other = await _api.Put(path, Ask.Webhook(Public + "/2", more));
        Assert.NotEqual(created.Headers["ETag"], other.Headers["ETag"]);
        Assert.Equal(
            created.Json["target"]!["secrets"]!.ToJsonString(), other.Json["target"]!["secrets"]!.ToJsonString());
    }

    [Fact]
    public async Task Credentials_are_sealed_and_never_read_back()
    {
        string path = await _api.NewTopic() + "/subscriptions/a";
        const string more = ""","authorization":{"type":"basic","username":"ursula","password":"hush"}""";
        Answer created = await _api.Put(path, Ask.Webhook(Public, more));
        Assert.Equal("""{"type":"basic"}""", created.Json["target"]!["authorization"]!.ToJsonString());
        foreach (string text in new[] { created.Text, (await _api.Get(path)).Text })
        {
            Assert.DoesNotContain("ursula", text, StringComparison.Ordinal);
            Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
            Assert.DoesNotContain(
                Convert.ToBase64String(Encoding.UTF8.GetBytes("ursula:hush")), text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_patch_keeps_what_it_leaves_out_and_resets_what_is_null()
    {
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(
            Public, ""","headers":{"X-Team":"a"},"authorization":{"type":"bearer","token":"t"},"maxAttempts":3"""));
        JsonNode before = (await _api.Get(path)).Json["target"]!;
        Answer patched = await _api.Patch(
            path, """{"target":{"type":"webhook","maxConcurrency":2,"maxAttempts":null},"format":"envelope"}""");
        JsonNode target = patched.Json["target"]!;
        Assert.Equal((200, 2, 11), (patched.Status, (int)target["maxConcurrency"]!, (int)target["maxAttempts"]!));
        Assert.Equal("envelope", (string)patched.Json["format"]!);
        foreach (string field in new[] { "url", "secrets", "headers", "authorization" })
            Assert.Equal(before[field]!.ToJsonString(), target[field]!.ToJsonString());
        Answer reset = await _api.Patch(path, """{"target":{"type":"webhook","headers":null,"authorization":null}}""");
        Assert.Null(reset.Json["target"]!["headers"]);
        Assert.Null(reset.Json["target"]!["authorization"]);
        (await _api.Patch(path, """{"target":{"type":"webhook","url":null}}"""))
            .ShouldBlame(400, "invalid-request", "/target/url");
    }

    [Fact]
    public async Task A_put_replaces_everything_but_the_keys()
    {
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(
            Public, ""","headers":{"X-Team":"a"},"authorization":{"type":"bearer","token":"t"},"maxAttempts":3"""));
        string keys = (await _api.Get(path)).Json["target"]!["secrets"]!.ToJsonString();
        JsonNode target = (await _api.Put(path, Ask.Webhook(Public))).Json["target"]!;
        Assert.Null(target["headers"]);
        Assert.Null(target["authorization"]);
        Assert.Equal((11, keys), ((int)target["maxAttempts"]!, target["secrets"]!.ToJsonString()));
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://localhost:9/")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("https://10.0.0.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    public async Task An_address_that_the_policy_denies_is_refused_by_name(string address)
    {
        string path = await _api.NewTopic() + "/subscriptions/a";
        (await _api.Put(path, Ask.Webhook(address))).ShouldBlame(422, "address-denied", "/target/url");
        (await _api.Get(path)).ShouldBlame(404, "subscription-not-found");
        Assert.Equal(201, (await _api.Put(path, Ask.Webhook(Public))).Status);
        (await _api.Patch(path, Ask.Webhook(address))).ShouldBlame(422, "address-denied", "/target/url");
    }

    [Fact]
    public async Task The_servers_own_address_is_refused_although_its_network_is_allowed()
    {
        using LiveServer own = new(TimeProvider.System, "Webhooks:AllowedNetworks:0=127.0.0.0/8");
        string topic = await own.Api.NewTopic();
        (await own.Api.Put(topic + "/subscriptions/a", Ask.Webhook($"{own.Http1}v1/queues")))
            .ShouldBlame(422, "address-denied", "/target/url");
        Assert.Equal(
            201, (await own.Api.Put(topic + "/subscriptions/a", Ask.Webhook("http://127.0.0.9/"))).Status);
    }

    [Theory]
    [InlineData("""{"type":"webhook"}""", "/target/url")]
    [InlineData("""{"type":"webhook","url":""}""", "/target/url")]
    [InlineData("""{"type":"webhook","url":7}""", "/target/url")]
    [InlineData("""{"type":"webhook","url":"ftp://example.com/"}""", "/target/url")]
    [InlineData("""{"type":"webhook","url":"http://u:p@example.com/"}""", "/target/url")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","queue":"q"}""", "/target/queue")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","secret":"hush"}""", "/target/secret")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","secret":"whsec_c2hvcnQ="}""", "/target/secret")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","headers":[]}""", "/target/headers")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","headers":{"X A":"b"}}""", "/target/headers/X A")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","headers":{"X-A":1}}""", "/target/headers/X-A")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","headers":{"X-A":"a\r\nb"}}""", "/target/headers/X-A")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","headers":{"Host":"b"}}""", "/target/headers/Host")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","headers":{"X-A":"1","x-a":"2"}}""", "/target/headers")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","authorization":"x"}""", "/target/authorization")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","authorization":{}}""", "/target/authorization/type")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","authorization":{"type":"basic","username":"u"}}""",
        "/target/authorization/password")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","authorization":{"type":"bearer","token":"t","username":"u"}}""", "/target/authorization/username")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","authorization":{"type":"bearer","token":"a b"}}""",
        "/target/authorization")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","authorization":{"type":"digest"}}""",
        "/target/authorization/type")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","maxConcurrency":65}""", "/target/maxConcurrency")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","ratePerSecond":0}""", "/target/ratePerSecond")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","maxAttempts":101}""", "/target/maxAttempts")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","challenge":"mail"}""", "/target/challenge")]
    [InlineData("""{"type":"webhook","url":"http://a.test/","secrets":[]}""", "/target/secrets")]
    public async Task What_is_not_valid_in_a_webhook_is_refused_by_name(string target, string blamed)
    {
        string path = await _api.NewTopic() + "/subscriptions/a";
        (await _api.Put(path, $$"""{"target":{{target}}}""")).ShouldBlame(400, "invalid-request", blamed);
        (await _api.Get(path)).ShouldBlame(404, "subscription-not-found");
    }

    [Fact]
    public async Task Settings_that_would_have_no_effect_are_refused()
    {
        string topic = await _api.NewTopic();
        string path = topic + "/subscriptions/a";
        (
            await _api.Put(
                path, Ask.Webhook(Public, settings: ""","visibilityTimeoutSeconds":9,"receiveWaitSeconds":1""")))
            .ShouldBlame(400, "invalid-request", "/visibilityTimeoutSeconds", "/receiveWaitSeconds");
        (await _api.Put(path, """{"format":"envelope"}""")).ShouldBlame(400, "invalid-request", "/format");
        await _api.Put("/v1/queues/dead");
        const string policy = ""","redrivePolicy":{"deadLetterQueue":"dead","maxReceiveCount":5}""";
        (await _api.Put(path, Ask.Webhook(Public, settings: policy)))
            .ShouldBlame(400, "invalid-request", "/redrivePolicy/maxReceiveCount");
    }

    [Fact]
    public async Task The_last_attempt_is_the_last_delivery_of_the_redrive_policy()
    {
        await _api.Put("/v1/queues/dead");
        string path = await _api.Subscribe(await _api.NewTopic(), "a", Ask.Webhook(
            Public, ""","maxAttempts":4""", ""","redrivePolicy":{"deadLetterQueue":"dead"}"""));
        Assert.Equal(4, (int)(await _api.Get(path)).Json["redrivePolicy"]!["maxReceiveCount"]!);
        Answer patched = await _api.Patch(path, """{"target":{"type":"webhook","maxAttempts":9}}""");
        Assert.Equal(9, (int)patched.Json["redrivePolicy"]!["maxReceiveCount"]!);
        patched = await _api.Patch(path, """{"redrivePolicy":{"deadLetterQueue":"dead","maxReceiveCount":9}}""");
        Assert.Equal(200, patched.Status);
    }

    [Fact]
    public async Task Preconditions_hold_for_webhooks_as_for_others()
    {
        string path = await _api.NewTopic() + "/subscriptions/a";
        string webhook = Ask.Webhook(Public);
        (await _api.Put(path, webhook, "If-Match: *")).ShouldBlame(412, "precondition-failed");
        Answer created = await _api.Put(path, webhook, "If-None-Match: *");
        Assert.Equal(201, created.Status);
        (await _api.Put(path, webhook, "If-None-Match: *")).ShouldBlame(412, "precondition-failed");
        (await _api.Patch(path, """{"paused":true}""", "If-Match: \"0-0\"")).ShouldBlame(412, "precondition-failed");
        Assert.Equal(
            200, (await _api.Patch(path, """{"paused":true}""", $"If-Match: {created.Headers["ETag"]}")).Status);
        (await _api.Put(path)).ShouldBlame(409, "immutable-field", "/target/type");
        (await _api.Patch(path + "x", webhook)).ShouldBlame(404, "subscription-not-found");
        (await _api.Put("/v1/topics/no-such-topic/subscriptions/a", webhook)).ShouldBlame(404, "topic-not-found");
    }

    [Fact]
    public async Task A_webhook_gets_what_is_published_with_its_headers_and_credentials()
    {
        await using ScriptedReceiver receiver = new();
        string topic = await _api.NewTopic();
        string path = topic + "/subscriptions/a";
        Answer created = await _api.Put(path, Ask.Webhook(
            receiver.Url,
            ""","headers":{"X-Team":"billing"},"authorization":{"type":"basic","username":"u","password":"p"}""",
            ""","filter":{"routingKey":"order.#"}"""));
        await _api.Post(topic + "/messages", "no", "Message-Routing-Key: other");
        await _api.Post(topic + "/messages", "yes", "Message-Routing-Key: order.paid");
        ReceivedRequest request = await receiver.Next();
        Assert.Equal(
            ("yes", "billing", "Basic dTpw"),
            (request.Text, request.Headers["X-Team"], request.Headers["Authorization"]));
        Assert.True(request.IsSignedBy((string)created.Json["target"]!["secret"]!));
        JsonNode delivery = Assert.Single(await _api.Until(path, "succeeded", 1));
        Assert.Equal(200, (int)delivery["lastStatusCode"]!);
        JsonNode stats = (await _api.Get(path)).Json["stats"]!;
        Assert.Equal((1, 0), ((int)stats["successRate"]!, (int)stats["inFlight"]!));
        Assert.True((double)stats["latencyMilliseconds"]!["p99"]! > 0);
    }
}
