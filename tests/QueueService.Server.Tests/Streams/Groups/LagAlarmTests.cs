using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams.Groups;

/// <summary>Alarms of streams: how much a consumer group is behind.</summary>
[Collection(ServerCollection.Name)]
public sealed class LagAlarmTests(RunningServer server)
{
    private readonly Api _api = server.Api;
    private readonly string _name = Guid.CreateVersion7().ToString("N");

    private string Stream => "/v1/streams/" + _name;

    [Fact]
    public async Task An_alarm_is_raised_by_the_group_that_is_most_behind_and_cleared_when_it_has_caught_up()
    {
        await _api.Put(Stream, """
            {"alarms":[{"name":"slow","metric":"groupLag","above":5},{"name":"old","metric":"groupLagSeconds","above":1}]}
            """);
        using EventReader feed = await EventReader.Open(server.Address, "/v1/system/sse");
        for (int i = 0; i < 10; i++) Assert.Equal(201, (await _api.Post(Stream + "/records", "x")).Status);
        await Commit(8, "fast");
        await Commit(3, "late");
        Dictionary<string, JsonNode> raised = await NextTwo(feed);
        Assert.Equal(("alarm", "alarm"), ((string)raised["slow"]["state"]!, (string)raised["old"]["state"]!));
        Assert.True((long)raised["slow"]["value"]! >= 7 && (long)raised["old"]["value"]! > 1);
        await Commit(10, "late");
        await Commit(10, "fast");
        Dictionary<string, JsonNode> cleared = await NextTwo(feed);
        Assert.Equal(("ok", "ok"), ((string)cleared["slow"]["state"]!, (string)cleared["old"]["state"]!));
        JsonArray states = (await _api.Get(Stream)).Json["alarms"]!.AsArray();
        Assert.All(states, static alarm => Assert.Equal("ok", (string)alarm!["state"]!));
    }

    private async Task<Dictionary<string, JsonNode>> NextTwo(EventReader feed)
    {
        Dictionary<string, JsonNode> alarms = [];
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30), TimeProvider.System);
        while (alarms.Count < 2)
        {
            limit.Token.ThrowIfCancellationRequested();
            Dictionary<string, string> fields = (await feed.Read())!;
            if (!fields.TryGetValue("data", out string? data) || JsonNode.Parse(data) is not { } json) continue;
            if ((string?)json["stream"] == _name && json["alarm"] is { } alarm) alarms[(string)alarm!] = json;
        }

        return alarms;
    }

    private async Task Commit(int offset, string group)
    {
        string path = $"{Stream}/groups/{group}";
        await _api.Put(path, """{"autoOffsetReset":"earliest"}""");
        string offsets = $$$"""{"offsets":{"0":{{{offset}}}}}""";
        Assert.Equal(204, (await _api.Post(path + "/commit", offsets, "Content-Type: application/json")).Status);
    }
}
