using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Jobs;

[Collection(ServerCollection.Name)]
public sealed class KeyedJobTests(RunningServer server)
{
    private const string Job = "/v1/jobs/retention";

    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_repeated_pause_does_not_undo_what_was_done_in_between()
    {
        string pausing = Key();
        string resuming = Key();
        try
        {
            Assert.True((bool)(await _api.Post(Job + "/pause", "", pausing)).Json["paused"]!);
            Assert.False((bool)(await _api.Post(Job + "/resume", "", resuming)).Json["paused"]!);
            Answer again = await _api.Post(Job + "/pause", "", pausing);
            Assert.Equal(
                (200, "true", "fsync"),
                (again.Status, again.Headers["Idempotent-Replayed"], again.Headers["Message-Durability"]));
            Assert.False((bool)again.Json["paused"]!);
            Assert.Equal("true", (await _api.Post(Job + "/resume", "", resuming)).Headers["Idempotent-Replayed"]);
            (await _api.Post(Job + "/resume", "", pausing)).ShouldBlame(422, "idempotency-key-reused");
        }
        finally
        {
            await _api.Post(Job + "/resume");
        }
    }

    [Fact]
    public async Task A_job_is_triggered_once_with_the_same_key()
    {
        await _api.Post("/v1/jobs/operations/pause");
        try
        {
            string key = Key();
            JsonNode before = await AwaitIdle(static _ => true);
            Answer first = await _api.Post("/v1/jobs/operations/trigger", "", key);
            Assert.Equal(202, first.Status);
            Assert.False(first.Headers.ContainsKey("Idempotent-Replayed"));
            JsonNode ran = await AwaitIdle(job => (string?)job["lastRunAt"] != (string?)before["lastRunAt"]);
            Answer second = await _api.Post("/v1/jobs/operations/trigger", "", key);
            Assert.Equal((202, "true"), (second.Status, second.Headers["Idempotent-Replayed"]));
            Assert.Equal((string)ran["lastRunAt"]!, (string)second.Json["lastRunAt"]!);
            Assert.False((bool)second.Json["running"]!);
        }
        finally
        {
            await _api.Post("/v1/jobs/operations/resume");
        }
    }

    private static string Key() => $"Idempotency-Key: {Guid.NewGuid()}";

    private async Task<JsonNode> AwaitIdle(Func<JsonNode, bool> condition)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            JsonNode job = (await _api.Get("/v1/jobs")).Json["items"]!.AsArray()
                .Single(item => (string)item!["name"]! == "operations")!;
            if (!(bool)job["running"]! && condition(job)) return job;
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
