using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Tiering;

public sealed class TierDefinitionTests(TierDefinitionTests.ServerWithTier server)
    : IClassFixture<TierDefinitionTests.ServerWithTier>
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_tier_is_shown_changed_in_parts_and_taken_away()
    {
        string stream = NewName();
        Answer created = await _api.Put(stream, """{"tier":{"afterSeconds":3600,"localBytes":1073741824}}""");
        Assert.Equal((201, 3600, 1_073_741_824L), (
            created.Status, (int)created.Json["tier"]!["afterSeconds"]!, (long)created.Json["tier"]!["localBytes"]!));
        JsonNode changed = (await _api.Patch(stream, """{"tier":{"afterSeconds":60}}""")).Json["tier"]!;
        Assert.Equal((60, 1_073_741_824L), ((int)changed["afterSeconds"]!, (long)changed["localBytes"]!));
        changed = (await _api.Patch(stream, """{"tier":{"localBytes":null}}""")).Json["tier"]!;
        Assert.Equal("""{"afterSeconds":60}""", changed.ToJsonString());
        Assert.Null((await _api.Patch(stream, """{"tier":null}""")).Json["tier"]);
        Assert.Null((await _api.Get(stream)).Json["tier"]);
    }

    [Theory]
    [InlineData("""{"tier":{}}""", "/tier")]
    [InlineData("""{"tier":5}""", "/tier")]
    [InlineData("""{"tier":{"afterSeconds":-1}}""", "/tier/afterSeconds")]
    [InlineData("""{"tier":{"localBytes":"1 GB"}}""", "/tier/localBytes")]
    [InlineData("""{"tier":{"after":5}}""", "/tier/after")]
    public async Task A_tier_that_says_nothing_sensible_is_refused(string settings, string field) =>
        (await _api.Put(NewName(), settings)).ShouldBlame(400, "invalid-request", field);

    [Theory]
    [InlineData("compact")]
    [InlineData("compactAndDelete")]
    public async Task A_stream_has_a_tier_or_is_compacted(string cleanup)
    {
        string both = $$"""{"cleanup":"{{cleanup}}","tier":{"afterSeconds":60} }""";
        (await _api.Put(NewName(), both)).ShouldBlame(400, "tier-not-for-compaction", "/tier");
        string tiered = NewName();
        await _api.Put(tiered, """{"tier":{"afterSeconds":60}}""");
        (await _api.Put(tiered, both)).ShouldBlame(400, "tier-not-for-compaction", "/tier");
        (await _api.Patch(tiered, $$"""{"cleanup":"{{cleanup}}"}"""))
            .ShouldBlame(400, "tier-not-for-compaction", "/tier");
        Assert.Equal(200, (await _api.Patch(tiered, $$"""{"cleanup":"{{cleanup}}","tier":null}""")).Status);
        (await _api.Patch(tiered, """{"tier":{"localBytes":0}}"""))
            .ShouldBlame(400, "tier-not-for-compaction", "/tier");
    }

    [Fact]
    public async Task Segments_are_listed_page_by_page_and_there_are_none_at_first()
    {
        string stream = NewName();
        await _api.Put(stream, "{}");
        Assert.Empty((await _api.Get($"{stream}/partitions/0/segments")).Json["items"]!.AsArray());
        (await _api.Get($"{stream}/partitions/1/segments")).ShouldBeProblem(404, "partition-not-found");
        (await _api.Get($"{NewName()}/partitions/0/segments")).ShouldBeProblem(404, "stream-not-found");
        (await _api.Get($"{stream}/partitions/0/segments?cursor=x")).ShouldBlame(400, "invalid-request", "?cursor");
    }

    private static string NewName() => "/v1/streams/s-" + Guid.CreateVersion7().ToString("N");

    public sealed class ServerWithTier : RunningServer
    {
        private DirectoryInfo? _objects;

        protected override void Configure(IWebHostBuilder builder)
        {
            _objects = Directory.CreateTempSubdirectory("queueservice-objects-");
            builder.UseSetting("Tier:Directory", _objects.FullName);
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            _objects?.Refresh();
            if (_objects?.Exists == true) _objects.Delete(recursive: true);
        }
    }
}

[Collection(ServerCollection.Name)]
public sealed class NoTierTests(RunningServer server)
{
    [Fact]
    public async Task A_stream_cannot_have_a_tier_on_a_server_without_an_object_store()
    {
        string stream = "/v1/streams/s-" + Guid.CreateVersion7().ToString("N");
        (await server.Api.Put(stream, """{"tier":{"afterSeconds":60}}""")).ShouldBlame(
            409, "tier-not-configured", "/tier");
        Assert.Equal(201, (await server.Api.Put(stream, """{"tier":null}""")).Status);
        (await server.Api.Patch(stream, """{"tier":{"localBytes":0}}""")).ShouldBlame(
            409, "tier-not-configured", "/tier");
    }
}
