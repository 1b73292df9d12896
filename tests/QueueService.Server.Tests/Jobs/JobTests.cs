using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Jobs;

[Collection(ServerCollection.Name)]
public sealed class JobTests(RunningServer server)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Api _api = server.Api;

    [Fact]
    public async Task Every_job_runs_by_itself_and_says_when_and_how()
    {
        foreach (string name in (string[])["retention", "redelivery", "operations"])
        {
            JsonNode job = await Await(name, job => job["lastResult"] is not null && !(bool)job["running"]!);
            Assert.True((bool)job["lastResult"]!["succeeded"]!);
            Assert.NotEmpty((string)job["lastResult"]!["message"]!);
            Assert.NotEmpty((string)job["description"]!);
            Assert.Equal(1, (int)job["intervalSeconds"]!);
            DateTimeOffset last = (DateTimeOffset)job["lastRunAt"]!;
            await Await(name, job => (DateTimeOffset)job["lastRunAt"]! > last);
        }

        await Await("retention", job => job["nextRunAt"] is not null);
    }

    [Fact]
    public async Task A_paused_job_runs_only_when_it_is_triggered()
    {
        Answer paused = await _api.Post("/v1/jobs/retention/pause");
        try
        {
            Assert.Equal((200, true, "fsync"), (
                paused.Status, (bool)paused.Json["paused"]!, paused.Headers["Message-Durability"]));
            JsonNode before = await Await("retention", job => !(bool)job["running"]!);
            Assert.Null(before["nextRunAt"]);
            JsonNode other = await Await("redelivery", job => job["lastRunAt"] is not null);
            // The others go on: two more of their runs are time enough for one of this.
            for (int runs = 0; runs < 2; runs++)
            {
                string last = (string)other["lastRunAt"]!;
                other = await Await("redelivery", job => (string)job["lastRunAt"]! != last);
            }

            Assert.Equal((string?)before["lastRunAt"], (string?)(await Get("retention"))["lastRunAt"]);
            Assert.Equal(202, (await _api.Post("/v1/jobs/retention/trigger")).Status);
            await Await("retention", job => (string?)job["lastRunAt"] != (string?)before["lastRunAt"]);
        }
        finally
        {
            Assert.Equal(200, (await _api.Post("/v1/jobs/retention/resume")).Status);
        }

        string after = (string)(await Get("retention"))["lastRunAt"]!;
        await Await("retention", job => (string)job["lastRunAt"]! != after);
    }

    [Fact]
    public async Task Work_that_is_asked_for_waits_while_its_job_is_paused()
    {
        string queue = await _api.NewQueue();
        string dead = await _api.NewQueue();
        await _api.Post($"{dead}/messages", "direct");
        await _api.Post("/v1/jobs/operations/pause");
        string to = queue[(queue.LastIndexOf('/') + 1)..];
        string path = (await _api.Post($"{dead}/redrive", $$"""{"to":"{{to}}"}""")).Headers["Location"];
        try
        {
            Assert.Equal("queued", (string)(await _api.Get(path)).Json["status"]!);
        }
        finally
        {
            await _api.Post("/v1/jobs/operations/resume");
        }

        for (string status = "queued"; status != "succeeded"; status = (string)(await _api.Get(path)).Json["status"]!)
            await Task.Delay(Pause, TimeProvider.System);
        Assert.Equal("direct", (string)(await _api.ReceiveOne(queue))["body"]!);
    }

    [Fact]
    public async Task A_job_that_does_not_exist_is_a_404()
    {
        foreach (string verb in (string[])["trigger", "pause", "resume"])
            (await _api.Post($"/v1/jobs/none/{verb}")).ShouldBlame(404, "job-not-found");
        (await _api.Post("/v1/jobs/retention/pause", "{}")).ShouldBlame(400, "invalid-request", "");
        (await _api.Get("/v1/jobs?limit=1")).ShouldBlame(400, "invalid-request", "?limit");
    }

    private async Task<JsonNode> Get(string name) => (await _api.Get("/v1/jobs")).Json["items"]!.AsArray()
        .Single(job => (string)job!["name"]! == name)!;

    /// <summary>The server's schedule is its own: it is watched.</summary>
    private async Task<JsonNode> Await(string name, Func<JsonNode, bool> condition)
    {
        for (int polls = 0; polls < 600; polls++)
        {
            JsonNode job = await Get(name);
            if (condition(job)) return job;
            await Task.Delay(Pause, TimeProvider.System);
        }

        throw new TimeoutException((await Get(name)).ToJsonString());
    }
}
