using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Service;

[Collection(ServerCollection.Name)]
public sealed class LimitsTests(RunningServer server)
{
    [Fact]
    public async Task Every_limit_says_what_it_bounds_and_what_happens_past_it()
    {
        Answer answer = await server.Api.Get("/v1/limits");
        Assert.Equal(200, answer.Status);
        JsonObject[] limits = [.. answer.Json["limits"]!.AsArray().Select(static limit => limit!.AsObject())];
        Assert.Equal(limits.Length, limits.Select(static limit => (string)limit["name"]!).Distinct().Count());
        Assert.All(limits, static limit =>
        {
            Assert.True((long)limit["value"]! > 0);
            Assert.NotEmpty((string)limit["unit"]!);
            Assert.NotEmpty((string)limit["bounds"]!);
            Assert.NotEmpty((string)limit["past"]!);
        });
        Assert.Equal(120_000, (long)Limit(limits, "inFlightPerQueue")["value"]!);
        Assert.Equal("Limits:MaxInFlightPerQueue", (string)Limit(limits, "inFlightPerQueue")["setting"]!);
        Assert.StartsWith(
            "429 too-many-in-flight", (string)Limit(limits, "inFlightPerQueue")["past"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_of_the_list_is_the_one_that_is_enforced()
    {
        Answer answer = await server.Api.Get("/v1/limits");
        long attributes = (long)answer.Json["limits"]!.AsArray().Single(
            static limit => (string)limit!["name"]! == "attributes")!["value"]!;
        string queue = await server.Api.NewQueue();
        Assert.Equal(201, (await Send(queue, attributes)).Status);
        Assert.Equal(400, (await Send(queue, attributes + 1)).Status);
    }

    [Fact]
    public async Task A_problem_names_the_limit_of_the_process_that_was_reached()
    {
        await using SmallServer small = new();
        Api api = small.Api;
        await api.Put("/v1/queues/a");
        Assert.Contains(
            "limit of 1 queues, topics or subscriptions", Refused(await api.Put("/v1/queues/b"), "too-many-queues"),
            StringComparison.Ordinal);

        Task<Answer>[] receives =
            [api.Post("/v1/queues/a/receive?wait=60s"), api.Post("/v1/queues/a/receive?wait=60s")];
        Task<Answer> second = await Task.WhenAny(receives);
        Assert.Contains("limit of 1 waiting", Refused(await second, "too-many-waiters"), StringComparison.Ordinal);

        await api.Post("/v1/queues/a/messages", "one");
        Assert.Single((await receives.Single(receive => receive != second)).Json["messages"]!.AsArray());
        await api.Post("/v1/queues/a/messages", "two");
        Assert.Contains(
            "limit of 1 leased", Refused(await api.Post("/v1/queues/a/receive"), "too-many-in-flight"),
            StringComparison.Ordinal);
    }

    private static string Refused(Answer answer, string code)
    {
        Assert.Equal((429, code), (answer.Status, answer.Code));
        return (string)answer.Json["detail"]!;
    }

    private Task<Answer> Send(string queue, long attributes)
    {
        IEnumerable<string> names = Enumerable.Range(0, (int)attributes).Select(static n => $"\"a{n}\":1");
        string body = $$"""{"messages":[{"body":"a","attributes":{ {{string.Join(',', names)}} } }]}""";
        return server.Api.Post($"{queue}/messages/batch", body);
    }

    private static JsonObject Limit(JsonObject[] limits, string name) =>
        limits.Single(limit => (string)limit["name"]! == name);

    private sealed class SmallServer : RunningServer
    {
        protected override void Configure(IWebHostBuilder builder) => builder
            .UseSetting("Limits:MaxQueues", "1")
            .UseSetting("Limits:MaxWaiters", "1")
            .UseSetting("Limits:MaxInFlightPerQueue", "1");
    }
}
