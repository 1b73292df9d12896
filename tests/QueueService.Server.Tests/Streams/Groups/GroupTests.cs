using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Streams.Groups;

[Collection(ServerCollection.Name)]
public sealed class GroupTests(RunningServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_consumer_polls_processes_and_commits_with_its_next_poll()
    {
        string group = await NewGroup(partitions: 2);
        await Append(group, 0, "a", "b");
        await Append(group, 1, "c");
        JsonNode first = await Poll(group, """{"member":"worker-1"}""");
        Assert.Equal(["a", "b", "c"], Bodies(first));
        Assert.Equal("[0,1]", first["assignment"]!.ToJsonString());
        Assert.Equal("""{"0":2,"1":1}""", first["nextOffsets"]!.ToJsonString());
        Assert.Equal(0, (int)first["lag"]!);
        var next = new JsonObject { ["member"] = "worker-1", ["commit"] = first["nextOffsets"]!.DeepClone() };
        Assert.Empty(Bodies(await Poll(group, next.ToJsonString())));
        JsonNode lag = (await _api.Get(group + "/lag")).Json;
        JsonNode partition = lag["partitions"]![0]!;
        Assert.Equal(
            (0, 2, "worker-1"), ((int)lag["lag"]!, (int)partition["committedOffset"]!, (string)partition["owner"]!));
    }

    [Fact]
    public async Task A_poll_waits_for_a_record()
    {
        string group = await NewGroup();
        await Poll(group, """{"member":"worker-1"}""");
        Task<Answer> waiting = _api.Post(group + "/poll", """{"member":"worker-1","waitSeconds":30}""");
        await Append(group, 0, "a");
        Assert.Equal(["a"], Bodies((await waiting).Json));
    }

    [Fact]
    public async Task Bad_polls_are_refused_by_field()
    {
        string group = await NewGroup();
        (await _api.Post(group + "/poll", "{}")).ShouldBlame(400, "invalid-request", "/member");
        (await _api.Post(
            group + "/poll",
            """{"member":"a/b","max":-1,"waitSeconds":61,"sessionTimeoutSeconds":0,"commit":{"x":1,"0":-1},"x":1}"""))
            .ShouldBlame(
                400, "invalid-request", "/member", "/max", "/waitSeconds", "/sessionTimeoutSeconds", "/commit/x",
                "/commit/0", "/x");
        (await _api.Post(group + "/poll", """{"member":"a","max":0,"waitSeconds":1,"positions":{"0":0}}"""))
            .ShouldBlame(400, "invalid-request", "/waitSeconds", "/generation");
        (await _api.Post(group + "/poll", """{"member":"a"}""", "Idempotency-Key: k"))
            .ShouldBlame(400, "invalid-request", "Idempotency-Key");
        (await _api.Post("/v1/streams/absent/groups/g/poll", """{"member":"a"}"""))
            .ShouldBeProblem(404, "stream-not-found");
        await Poll(group, """{"member":"a"}""");
        (await _api.Post(group + "/poll", """{"member":"a","commit":{"0":1}}"""))
            .ShouldBlame(422, "offset-beyond-end", "/commit/0");
        (await _api.Post(group + "/poll", """{"member":"a","generation":1,"positions":{"0":1}}"""))
            .ShouldBlame(422, "offset-beyond-end", "/positions/0");
        (await _api.Post(group + "/poll", """{"member":"a","generation":99}"""))
            .ShouldBlame(409, "stale-generation", "/generation");
    }

    [Fact]
    public async Task A_commit_of_whoever_does_not_own_the_partition_is_refused()
    {
        string group = await NewGroup(partitions: 2);
        await Append(group, 1, "a");
        long generation = (long)(await Poll(group, """{"member":"a"}"""))["generation"]!;
        Answer committed = await Commit("a", """{"1":1}""");
        Assert.Equal((204, "fsync"), (committed.Status, committed.Headers["Message-Durability"]));
        (await Commit("b", """{"1":1}""")).ShouldBlame(409, "stale-generation", "/generation");
        (await Commit("a", """{"1":2}""")).ShouldBlame(422, "offset-beyond-end", "/offsets/1");
        (await Commit("a", """{"2":0}""")).ShouldBlame(404, "partition-not-found", "/offsets/2");
        (await Commit("a", "{}")).ShouldBlame(400, "invalid-request", "/offsets");
        (await _api.Post(group + "/commit", """{"member":"a","offsets":{"0":0}}"""))
            .ShouldBlame(400, "invalid-request", "/generation");
        (await _api.Post(group + "/commit", """{"offsets":{"0":0}}""")).ShouldBeProblem(409, "group-has-members");

        Task<Answer> Commit(string member, string offsets) => _api.Post(
            group + "/commit", $$"""{"member":"{{member}}","generation":{{generation}},"offsets":{{offsets}}}""");
    }

    [Fact]
    public async Task Two_members_share_the_partitions_and_one_that_leaves_gives_its_own_back()
    {
        string group = await NewGroup(partitions: 4);
        await Poll(group, """{"member":"a"}""");
        await Poll(group, """{"member":"b"}""");
        JsonNode told = await Poll(group, """{"member":"a"}""");
        Assert.Equal(("[0,1]", "[2,3]"), (told["assignment"]!.ToJsonString(), told["revoked"]!.ToJsonString()));
        Assert.Equal("rebalancing", (string)(await _api.Get(group)).Json["state"]!);
        Assert.Null((await Poll(group, """{"member":"a"}"""))["revoked"]);
        Assert.Equal("[2,3]", (await Poll(group, """{"member":"b"}"""))["assignment"]!.ToJsonString());
        JsonNode described = (await _api.Get(group)).Json;
        Assert.Equal(("stable", 2), ((string)described["state"]!, (int)described["memberCount"]!));
        Assert.Equal("[2,3]", described["members"]![1]!["assignment"]!.ToJsonString());
        Assert.Equal(204, (await _api.Delete(group + "/members/a")).Status);
        (await _api.Delete(group + "/members/a")).ShouldBeProblem(404, "member-not-found");
        Assert.Equal("[0,1,2,3]", (await Poll(group, """{"member":"b"}"""))["assignment"]!.ToJsonString());
    }

    [Fact]
    public async Task An_instance_that_was_replaced_is_fenced()
    {
        string group = await NewGroup();
        await Poll(group, """{"member":"a1","instanceId":"host-a"}""");
        await Poll(group, """{"member":"a2","instanceId":"host-a"}""");
        (await _api.Post(group + "/poll", """{"member":"a1","instanceId":"host-a"}"""))
            .ShouldBeProblem(409, "member-fenced");
    }

    [Fact]
    public async Task A_group_is_created_read_changed_listed_and_deleted()
    {
        string group = await NewGroup();
        string stream = group[..group.IndexOf("/groups", StringComparison.Ordinal)];
        (await _api.Get(group)).ShouldBeProblem(404, "group-not-found");
        Answer created = await _api.Put(group, """{"autoOffsetReset":"Latest","assignor":"range"}""");
        Assert.Equal((201, group), (created.Status, created.Headers["Location"]));
        Assert.Equal(("latest", "range", 45, 300, "empty"), (
            (string)created.Json["autoOffsetReset"]!, (string)created.Json["assignor"]!,
            (int)created.Json["sessionTimeoutSeconds"]!, (int)created.Json["processingTimeoutSeconds"]!,
            (string)created.Json["state"]!));
        string ifMatch = $"If-Match: {created.Headers["ETag"]}";
        Answer changed = await _api.Put(group, """{"sessionTimeoutSeconds":10}""", ifMatch);
        Assert.Equal((200, 10), (changed.Status, (int)changed.Json["sessionTimeoutSeconds"]!));
        (await _api.Put(group, "{}", ifMatch)).ShouldBeProblem(412, "precondition-failed");
        Answer refused = await _api.Put(
            group, """{"sessionTimeoutSeconds":3601,"processingTimeoutSeconds":0,"assignor":"round","x":1}""");
        refused.ShouldBlame(
            400, "invalid-request", "/sessionTimeoutSeconds", "/processingTimeoutSeconds", "/assignor", "/x");
        Assert.Equal(201, (await _api.Put(stream + "/groups/search")).Status);
        Answer page = await _api.Get(stream + "/groups?limit=1");
        Assert.Equal("billing", (string)Assert.Single(page.Json["items"]!.AsArray())!["name"]!);
        page = await _api.Get($"{stream}/groups?limit=1&cursor={(string)page.Json["nextCursor"]!}");
        Assert.Equal("search", (string)Assert.Single(page.Json["items"]!.AsArray())!["name"]!);
        Assert.Equal(204, (await _api.Delete(group, $"If-Match: {changed.Headers["ETag"]}")).Status);
        (await _api.Delete(group)).ShouldBeProblem(404, "group-not-found");
    }

    [Fact]
    public async Task A_reset_is_looked_at_first_and_done_without_members_once_per_key()
    {
        string group = await NewGroup(partitions: 2);
        await Append(group, 0, "a", "b", "c");
        await Poll(group, """{"member":"m","autoCommit":true}""");
        (await Reset("""{"to":"shift","shift":-2}""")).ShouldBeProblem(409, "group-has-members");
        Answer preview = await Reset("""{"to":"shift","shift":-2,"dryRun":true}""");
        const string Moves = """[{"partition":0,"from":3,"to":1},{"partition":1,"from":0,"to":0}]""";
        Assert.Equal(Moves, preview.Json["partitions"]!.ToJsonString());
        (await _api.Delete(group)).ShouldBeProblem(409, "group-has-members");
        await _api.Delete(group + "/members/m");
        for (int i = 0; i < 2; i++)
        {
            Answer done = await Reset("""{"to":"shift","shift":-2}""", "Idempotency-Key: once-" + group);
            Assert.Equal((200, Moves), (done.Status, done.Json["partitions"]!.ToJsonString()));
        }

        Assert.Equal(["b", "c"], Bodies(await Poll(group, """{"member":"m"}""")));
        await _api.Delete(group + "/members/m");
        Answer time = await Reset("""{"to":"time","time":"2020-01-01T00:00:00Z","partitions":[0]}""");
        Assert.Equal("""[{"partition":0,"from":1,"to":0}]""", time.Json["partitions"]!.ToJsonString());
        (await Reset("""{"to":"time","offset":1,"partitions":[]}"""))
            .ShouldBlame(400, "invalid-request", "/partitions");
        (await Reset("""{"to":"time","offset":1}""")).ShouldBlame(400, "invalid-request", "/time", "/offset");
        (await Reset("""{"to":"latest","partitions":[2]}""")).ShouldBlame(404, "partition-not-found", "/partitions");

        Task<Answer> Reset(string body, params string[] headers) =>
            _api.Post(group + "/offsets/reset", body, headers);
    }

    /// <summary>The path of a group, which does not exist yet, of a new stream.</summary>
    private async Task<string> NewGroup(int partitions = 1)
    {
        string stream = $"/v1/streams/{Guid.NewGuid():N}";
        Assert.Equal(201, (await _api.Put(stream, $$"""{"partitions":{{partitions}}}""")).Status);
        return stream + "/groups/billing";
    }

    private async Task Append(string group, int partition, params string[] bodies)
    {
        string stream = group[..group.IndexOf("/groups", StringComparison.Ordinal)];
        foreach (string body in bodies)
            Assert.Equal(201, (await _api.Post($"{stream}/records?partition={partition}", body)).Status);
    }

    private async Task<JsonNode> Poll(string group, string body)
    {
        Answer answer = await _api.Post(group + "/poll", body);
        Assert.Equal((200, "fsync"), (answer.Status, answer.Headers["Message-Durability"]));
        return answer.Json;
    }

    private static IEnumerable<string> Bodies(JsonNode answer) =>
        answer["records"]!.AsArray().Select(static record => (string)record!["body"]!);
}
