using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Faults;

namespace QueueService.Server.Tests.Bootstrap;

/// <summary>Topics and subscriptions among what is declared.</summary>
[Collection(ProcessTests.Name)]
public sealed class TopicBootstrapTests : IDisposable
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

    private const string Shop = """
        {"topics":{
          "orders":{"retentionSeconds":86400,"tags":{"team":"shop"},"subscriptions":{
            "billing":{"target":{"type":"queue","queue":"invoices"},"filter":{"routingKey":"order.#"}},
            "audit":{"ordering":"group","from":"earliest","redrivePolicy":{"deadLetterQueue":"dead"}},
            "partner":{"target":{"type":"webhook","url":"https://partner.example/hook","secret":"SECRET"}},
            "plain":null
          }},
          "events":{}
        },
        "queues":{"invoices":{},"dead":{}}}
        """;

    private readonly BootstrapFixture _bootstrap = new();
    private int _files;

    public void Dispose() => _bootstrap.Dispose();

    [Fact]
    public async Task Declared_topics_and_subscriptions_exist_when_the_server_is_ready_and_work()
    {
        await using ServerProcess server = await _bootstrap.Start(await Write(Shop));
        Assert.Equal(86_400, (int)(await _bootstrap.Get(server, "topics/orders"))["retentionSeconds"]!);
        Assert.Equal(
            ["audit", "billing", "partner", "plain"],
            (await _bootstrap.Get(server, "topics/orders/subscriptions"))["items"]!.AsArray().Select(
                static one => (string)one!["name"]!));
        Assert.Equal("group", (string)(await Subscription(server, "audit"))["ordering"]!);
        Assert.Equal("order.#", (string)(await Subscription(server, "billing"))["filter"]!["routingKey"]!);
        Assert.Equal("…GKYo", (string)(await Subscription(server, "partner"))["target"]!["secrets"]![0]!["hint"]!);
        Assert.NotNull((await _bootstrap.Get(server, "topics/events"))["name"]);

        string log = BootstrapFixture.Log(server);
        int[] places =
        [
            .. ((string[])["queue invoices", "topic orders", "subscription orders/billing"]).Select(
                what => log.IndexOf($"create {what}", StringComparison.Ordinal)),
        ];
        Assert.True(places[0] >= 0 && places[0] < places[1] && places[1] < places[2], log);
        Assert.DoesNotContain(Secret, server.Output, StringComparison.Ordinal);

        using StringContent order = new("order 1", Encoding.UTF8);
        order.Headers.Add("Message-Routing-Key", "order.created");
        await _bootstrap.Http.PostAsync(new Uri(server.Address, "/v1/topics/orders/messages"), order);
        Assert.Equal("order 1", await Receive(server, "queues/invoices"));
        Assert.Equal("order 1", await Receive(server, "topics/orders/subscriptions/audit"));
    }

    [Fact]
    public async Task The_same_file_again_changes_nothing_and_another_one_says_what_it_changes()
    {
        string file = await Write(Shop);
        await using (ServerProcess server = await _bootstrap.Start(file))
            await _bootstrap.Http.PutAsync(new Uri(server.Address, "/v1/topics/orders/subscriptions/other"), null);
        await using (ServerProcess same = await _bootstrap.Start(file))
        {
            string log = BootstrapFixture.Log(same);
            Assert.DoesNotContain("Bootstrap: create", log, StringComparison.Ordinal);
            Assert.DoesNotContain("Bootstrap: change", log, StringComparison.Ordinal);
            Assert.Contains("subscription orders/partner is unchanged", log, StringComparison.Ordinal);
        }

        string changed = Shop.Replace("86400", "3600", StringComparison.Ordinal)
            .Replace("order.#", "order.*", StringComparison.Ordinal)
            .Replace("partner.example/hook", "partner.example/new", StringComparison.Ordinal)
            .Replace(
                "\"plain\":null", "\"plain\":{\"from\":null},\"new\":{\"from\":\"2026-01-01T00:00:00Z\"}",
                StringComparison.Ordinal);
        await using ServerProcess again = await _bootstrap.Start(await Write(changed));
        string said = BootstrapFixture.Log(again);
        Assert.All(
            (string[])
            [
                "change topic orders: retentionSeconds\"", "change subscription orders/billing: filter\"",
                "change subscription orders/partner: target\"", "create subscription orders/new\"",
                "subscription orders/plain is unchanged",
            ],
            line => Assert.Contains(line, said, StringComparison.Ordinal));
        Assert.Equal("order.*", (string)(await Subscription(again, "billing"))["filter"]!["routingKey"]!);
        Assert.NotNull((await Subscription(again, "other"))["name"]);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_named_with_its_place()
    {
        string output = await _bootstrap.Refused(await Write("""
            {"topics":{
              "a/b":{},
              "list":[],
              "t":{"delaySeconds":1,"retentionSeconds":0,"subscriptions":{
                "x/y":{},
                "s":{"colour":"red","filter":{"policy":{"a":[{"numeric":["<>",1]}]}}},
                "w":{"target":{"type":"webhook","url":"https://example.com","secret":"short"}},
                "n":7
              }},
              "u":{"subscriptions":[]},
              "t":{}
            }}
            """));
        Assert.All(
            (string[])
            [
                "/topics/a~1b: must have a name", "/topics/list: must be a JSON object",
                "/topics/t/delaySeconds: is not a known field. Known: type, ",
                "contentBasedDeduplication, deduplicationScope, tags, subscriptions.",
                "/topics/t/retentionSeconds: must be an integer", "/topics/t/subscriptions/x~1y: must have a name",
                "/topics/t/subscriptions/s/colour: is not a known field",
                "/topics/t/subscriptions/s/filter/policy/a/0/numeric", "/topics/t/subscriptions/w/target/secret: ",
                "/topics/t/subscriptions/n: The body must be", "/topics/u/subscriptions: must be a JSON object of",
                "/topics/t: is declared twice",
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_bootstrap.Data));
    }

    [Fact]
    public async Task What_a_server_cannot_do_before_it_listens_or_contradicts_what_exists_stops_the_start()
    {
        string first = await Write(Shop);
        await using (ServerProcess server = await _bootstrap.Start(first)) Assert.False(server.HasExited);
        string output = await _bootstrap.Refused(await Write("""
            {"topics":{"orders":{"subscriptions":{
              "audit":{"ordering":"none","from":"earliest"},
              "hidden":{"target":{"type":"webhook","url":"https://example.com"}},
              "asked":{"target":{"type":"webhook","url":"https://example.com","secret":"SECRET","challenge":"echo"}},
              "inside":{"target":{"type":"webhook","url":"http://127.0.0.1:9/","secret":"SECRET"}},
              "unused":{"receiveWaitSeconds":1,"target":{"type":"queue","queue":"dead"}}
            }}}}
            """));
        Assert.All(
            (string[])
            [
                "/topics/orders/subscriptions/hidden/target/secret: is required here",
                "/topics/orders/subscriptions/asked/target/challenge: ",
                "/topics/orders/subscriptions/inside/target/url: must not be reached by webhooks",
                "/topics/orders/subscriptions/unused/receiveWaitSeconds: has no effect",
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
        output = await _bootstrap.Refused(await Write("""
            {"topics":{"orders":{"durability":"os","subscriptions":{
              "audit":{"ordering":"none","from":"latest"},
              "billing":{"target":{"type":"pull"}},
              "lost":{"target":{"type":"queue","queue":"nowhere"}},
              "dead":{"redrivePolicy":{"deadLetterQueue":"nowhere"}}
            }}}}
            """));
        const string orders = "/topics/orders";
        Assert.All(
            (string[])
            [
                orders + "/durability: is fsync and cannot change", orders +
                    "/subscriptions/audit/ordering: is group and",
                orders + "/subscriptions/audit/from: is earliest and cannot change",
                orders + "/subscriptions/billing/target/type: is queue and cannot change",
                orders + "/subscriptions/lost/target/queue: The queue to which",
                orders + "/subscriptions/dead/redrivePolicy/deadLetterQueue: The dead-letter queue does not exist",
            ],
            line => Assert.Contains(line, output, StringComparison.Ordinal));
        await using ServerProcess again = await _bootstrap.Start(first);
        Assert.DoesNotContain("Bootstrap: change", BootstrapFixture.Log(again), StringComparison.Ordinal);
    }

    /// <summary>A file of its own, with the secret in its places.</summary>
    private Task<string> Write(string json) =>
        _bootstrap.Write($"{_files++}.json", json.Replace("SECRET", Secret, StringComparison.Ordinal));

    private Task<JsonNode> Subscription(ServerProcess server, string name) =>
        _bootstrap.Get(server, "topics/orders/subscriptions/" + name);

    private async Task<string> Receive(ServerProcess server, string path)
    {
        using HttpResponseMessage response =
            await _bootstrap.Http.PostAsync(new Uri(server.Address, $"/v1/{path}/receive?wait=10s"), null);
        JsonNode answer = (await response.Content.ReadFromJsonAsync<JsonNode>())!;
        return (string)Assert.Single(answer["messages"]!.AsArray())!["body"]!;
    }
}
