using Microsoft.AspNetCore.Hosting;
using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Testing;
using Answer = QueueService.Server.Tests.Testing.Answer;

namespace QueueService.Server.Tests.Service;

[Collection(ServerCollection.Name)]
public sealed class FollowSystemTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task An_alarm_is_shown_on_its_queue_and_told_when_it_changes()
    {
        using FeedReader events = await Open();
        string path = await _api.NewQueue(
            """
            {"alarms":[{"name":"backlog","metric":"available"},
            {"name":"old","metric":"oldestMessageAgeSeconds","above":600,"forSeconds":60}]}
            """);
        string queue = path.Split('/')[^1];
        await _api.Post($"{path}/messages", "a");
        SentEvent raised = await events.Next("alarm", queue);
        Assert.Equal(
            ("backlog", "available", "alarm", 1),
            ((string)raised.Data["alarm"]!, (string)raised.Data["metric"]!, (string)raised.Data["state"]!,
                (int)raised.Data["value"]!));
        Answer described = await _api.Get(path);
        Assert.Equal("alarm", (string)described.Json["alarms"]![0]!["state"]!);
        Assert.Equal((string)raised.Data["at"]!, (string)described.Json["alarms"]![0]!["since"]!);
        Assert.Equal("ok", (string)described.Json["alarms"]![1]!["state"]!);
        Assert.Equal(600, (int)described.Json["alarms"]![1]!["above"]!);

        await _api.Post($"{path}/receive?ack=auto");
        Assert.Equal("ok", (string)(await events.Next("alarm", queue)).Data["state"]!);
    }

    [Fact]
    public async Task Changes_of_topics_and_subscriptions_are_told_by_their_own_names()
    {
        using FeedReader events = await Open();
        string topic = await _api.NewTopic();
        string subscription = await _api.Subscribe(topic, "billing");
        await _api.Patch(subscription, """{"paused":true}""");
        await _api.Patch(topic, """{"retentionSeconds":60}""");
        await _api.Delete(subscription);
        await _api.Delete(topic);
        string name = topic.Split('/')[^1];
        foreach ((string kind, string? of) in new[]
        {
            ("topicCreated", null), ("subscriptionCreated", "billing"), ("subscriptionChanged", "billing"),
            ("topicChanged", null), ("subscriptionDeleted", "billing"), ("topicDeleted", null),
        })
        {
            SentEvent told = await events.NextOf(kind, "topic", name);
            Assert.Equal(of, (string?)told.Data["subscription"]);
            Assert.Null(told.Data["queue"]);
        }
    }

    [Fact]
    public async Task Changes_of_queues_are_told_and_a_reader_goes_on_where_it_was()
    {
        string queue;
        string? id;
        using (FeedReader events = await Open())
        {
            Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType!.MediaType);
            Assert.True(events.Response.Headers.CacheControl!.NoStore);
            Assert.Equal("no", Assert.Single(events.Response.Headers.GetValues("X-Accel-Buffering")));
            queue = (await _api.NewQueue()).Split('/')[^1];
            id = (await events.Next("queueCreated", queue)).Id;
        }

        await _api.Patch("/v1/queues/" + queue, """{"paused":true}""");
        await _api.Delete("/v1/queues/" + queue);
        using FeedReader again = await FeedReader.Open(new Uri(server.Address, "/v1/system/sse"), id);
        await again.Next("queueChanged", queue);
        await again.Next("queueDeleted", queue);
        using FeedReader byQuery = await FeedReader.Open(new Uri(server.Address, "/v1/system/sse?lastEventId=" + id));
        await byQuery.Next("queueDeleted", queue);
    }

    [Fact]
    public async Task Sums_over_all_queues_come_from_time_to_time()
    {
        string queue = await _api.NewQueue();
        await _api.Post($"{queue}/messages", "a");
        using FeedReader events = await Open();
        SentEvent stats = await events.Next("stats");
        Assert.Null(stats.Id);
        Assert.True((long)stats.Data["messages"]! > 0 && (long)stats.Data["sentTotal"]! > 0);
    }

    [Fact]
    public async Task More_readers_than_the_limit_are_refused_until_one_is_gone()
    {
        await using OneReader small = new();
        Uri address = new(small.Address, "/v1/system/sse");
        using (FeedReader events = await FeedReader.Open(address))
        {
            Answer refused = await small.Api.Get("/v1/system/sse");
            Assert.Equal((429, "too-many-readers"), (refused.Status, refused.Code));
            Assert.Contains("limit of 1 readers", (string)refused.Json["detail"]!, StringComparison.Ordinal);
        }

        // The server notices that the connection is closed by itself, some time after the client did it.
        for (int left = 1_000; ; left--)
        {
            using HttpClient client = new();
            using HttpResponseMessage answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
            if (answer.IsSuccessStatusCode) break;
            Assert.NotEqual(0, left);
        }
    }

    [Theory]
    [InlineData("""{"alarms":{}}""", "/alarms")]
    [InlineData("""{"alarms":[{"metric":"bytes"}]}""", "/alarms/0/name")]
    [InlineData("""{"alarms":[{"name":"a b","metric":"bytes"}]}""", "/alarms/0/name")]
    [InlineData("""{"alarms":[{"name":"a"}]}""", "/alarms/0/metric")]
    [InlineData("""{"alarms":[{"name":"a","metric":"colour"}]}""", "/alarms/0/metric")]
    [InlineData("""{"alarms":[{"name":"a","metric":"bytes","above":-1}]}""", "/alarms/0/above")]
    [InlineData("""{"alarms":[{"name":"a","metric":"bytes","forSeconds":86401}]}""", "/alarms/0/forSeconds")]
    [InlineData("""{"alarms":[{"name":"a","metric":"bytes","unless":1}]}""", "/alarms/0/unless")]
    [InlineData("""{"alarms":[{"name":"a","metric":"bytes"},{"name":"a","metric":"leased"}]}""", "/alarms/1/name")]
    [InlineData("""{"alarms":[7]}""", "/alarms/0")]
    public async Task A_wrong_alarm_is_refused_by_its_place(string json, string pointer) =>
        (await _api.Put("/v1/queues/never", json)).ShouldBlame(400, "invalid-request", pointer);

    [Fact]
    public async Task A_queue_has_at_most_ten_alarms()
    {
        IEnumerable<string> alarms =
            Enumerable.Range(0, 11).Select(static n => $$"""{"name":"a{{n}}","metric":"leased"}""");
        string json = "{\"alarms\":[" + string.Join(',', alarms) + "]}";
        (await _api.Put("/v1/queues/never", json)).ShouldBlame(400, "invalid-request", "/alarms");
    }

    private Task<FeedReader> Open() => FeedReader.Open(new Uri(server.Address, "/v1/system/sse"));

    private sealed class OneReader : RunningServer
    {
        protected override void Configure(IWebHostBuilder builder) =>
            builder.UseSetting("Limits:MaxSystemReaders", "1");
    }
}

/// <summary>The feed at the end of the process.</summary>
[Collection(ProcessTests.Name)]
public sealed class FeedShutdownTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_that_stops_tells_its_readers_and_an_older_id_is_a_gap_after_the_restart()
    {
        string? id;
        await using (ServerProcess first = await ServerProcess.Start(_directory.Data))
        {
            using FeedReader events = await FeedReader.Open(new Uri(first.Address, "/v1/system/sse"));
            using HttpClient client = new();
            await client.PutAsync(new Uri(first.Address, "/v1/queues/jobs"), null);
            id = (await events.Next("queueCreated", "jobs")).Id;
            await first.Terminate();
            await events.Next("drain");
            Assert.Null(await events.Next());
            Assert.Equal(0, await first.Exit(TimeSpan.FromSeconds(15)));
        }

        await using ServerProcess second = await ServerProcess.Start(_directory.Data);
        using FeedReader again = await FeedReader.Open(new Uri(second.Address, "/v1/system/sse"), id);
        Assert.Equal("gap", (await again.Next())!.Name);
    }
}
