using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.DurableStreams;

public sealed class FollowDurableStreamTests
{
    [Fact]
    public async Task A_follower_gets_heartbeats_and_is_sent_away_after_a_minute_to_go_on_elsewhere()
    {
        ManualTimeProvider time = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
        await using LiveServer server = new(time);
        await server.Api.Put("/durable-streams/a", "one", "Content-Type: text/plain");
        using HttpClient http = new() { BaseAddress = server.Http1 };
        using HttpResponseMessage answer = await http.GetAsync(
            new Uri("/durable-streams/a?offset=-1&live=sse", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead);
        using StreamReader lines = new(await answer.Content.ReadAsStreamAsync());
        foreach (string line in new[] { "event: data", "data:one", "", "event: control" })
            Assert.Equal(line, await lines.ReadLineAsync());
        Assert.Contains("\"upToDate\":true", await lines.ReadLineAsync(), StringComparison.Ordinal);
        Task<string> rest = lines.ReadToEndAsync();
        while (!rest.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));

            // Each question waits for a turn of the broker.
            await server.Api.Send("GET", "/health/ready");
            await server.Api.Send("HEAD", "/durable-streams/a");
        }

        Assert.Contains(": heartbeat", await rest, StringComparison.Ordinal);
    }
}
