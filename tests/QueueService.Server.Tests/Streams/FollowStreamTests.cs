using System.Net;
using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Topics.Live;

namespace QueueService.Server.Tests.Streams;

[Collection(LiveCollection.Name)]
public sealed class FollowStreamTests(LiveServer server)
{
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Every_reader_gets_every_record_of_every_partition_in_its_order()
    {
        string stream = await NewStream(3);
        await Append(stream, "before");
        using TopicFollower first = await Open(stream);
        using TopicFollower second = await Open(stream, "?from=earliest");
        for (int i = 0; i < 30; i++) await Append(stream, $"{i}", $"k{i % 7}");
        var seen = new Dictionary<int, long>();
        for (int i = 0; i < 30; i++)
        {
            JsonNode record = await first.Next("record");
            int partition = (int)record["partition"]!;
            long offset = (long)record["offset"]!;
            if (seen.TryGetValue(partition, out long last)) Assert.Equal(last + 1, offset);
            seen[partition] = offset;
            Assert.Contains($"{partition}:{offset + 1}", first.LastId.Split(','));
        }

        Assert.Equal(31, (await Bodies(second, 31)).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_reader_that_comes_back_again_and_again_gets_each_record_once(int http)
    {
        string stream = await NewStream(4);
        Version version = http == 2 ? HttpVersion.Version20 : HttpVersion.Version11;
        Uri address = http == 2 ? server.Http2 : server.Http1;
        List<string> got = [];
        string id;
        using (TopicFollower reader = await TopicFollower.Open(version, address, stream + "/sse?from=earliest"))
            id = reader.LastId;
        for (int round = 0; round < 12; round++)
        {
            for (int i = 0; i < 6; i++) await Append(stream, $"{round}.{i}", $"k{i}");
            using TopicFollower reader =
                await TopicFollower.Open(version, address, stream + "/sse", $"Last-Event-ID: {id}");
            got.AddRange(await Bodies(reader, round == 11 ? 72 - got.Count : 5));
            id = reader.LastId;
        }

        Assert.Equal(72, got.Distinct().Count());
        Assert.Equal(72, got.Count);
    }

    [Fact]
    public async Task A_partition_that_the_id_does_not_name_begins_at_from()
    {
        string stream = await NewStream(2);
        foreach (int partition in (int[])[0, 0, 1, 1]) await AppendTo(stream, partition, $"{partition}");
        using TopicFollower oldest = await Open(stream, "?from=earliest&lastEventId=0:1");
        Assert.Equal(["0", "1", "1"], (await Bodies(oldest, 3)).Order());
        using TopicFollower newest = await Open(stream, "?from=latest", "Last-Event-ID: 0:1");
        Assert.Equal(["0"], await Bodies(newest, 1));
        Assert.Equal("0:2,1:2", newest.LastId);
    }

    [Fact]
    public async Task Only_the_partitions_and_the_key_that_were_asked_for_arrive()
    {
        string stream = await NewStream(3);
        using TopicFollower some = await Open(stream, "?partitions=0,2");
        using TopicFollower keyed = await Open(stream, "?key=abc");
        for (int partition = 0; partition < 3; partition++) await AppendTo(stream, partition, $"{partition}");
        await Append(stream, "keyed", "abc");
        Assert.Equal(["0", "2"], (await Bodies(some, 2)).Order());
        Assert.Equal(["keyed"], await Bodies(keyed, 1));
        using TopicFollower behind = await Open(stream, "?from=earliest&partitions=1");
        Assert.Equal(["1"], await Bodies(behind, 1));
    }

    [Fact]
    public async Task A_reader_begins_at_an_offset_or_at_a_time()
    {
        string stream = await NewStream(1);
        await Append(stream, "1", "2", "3");
        using TopicFollower offset = await Open(stream, "?from=2");
        Assert.Equal(["3"], await Bodies(offset, 1));
        using TopicFollower time = await Open(stream, "?from=time:2020-01-01T00:00:00Z");
        Assert.Equal(["1", "2", "3"], await Bodies(time, 3));
    }

    [Fact]
    public async Task An_id_from_beyond_the_end_is_a_gap_before_what_is_kept()
    {
        string stream = await NewStream(1);
        await Append(stream, "1");
        using TopicFollower reader = await Open(stream, "", "Last-Event-ID: 0:99");
        Assert.Null((await reader.Next("gap"))["lost"]);
        Assert.Equal(["1"], await Bodies(reader, 1));
    }

    [Fact]
    public async Task A_deleted_stream_ends_with_an_event()
    {
        string stream = await NewStream(2);
        using TopicFollower reader = await Open(stream);
        await _api.Delete(stream);
        Assert.Equal("stream-not-found", (string)(await reader.Next("problem"))["code"]!);
        Assert.Null(await reader.Read());
    }

    [Theory]
    [InlineData("?from=soon", "?from")]
    [InlineData("?partitions=0,x", "?partitions")]
    [InlineData("?lastEventId=abc", "?lastEventId")]
    [InlineData("?filter=x", "?filter")]
    public async Task What_is_not_as_it_should_be_is_named(string query, string part)
    {
        string stream = await NewStream(1);
        (await _api.Get($"{stream}/sse{query}")).ShouldBlame(400, "invalid-request", part);
    }

    [Fact]
    public async Task What_cannot_begin_is_a_problem_document()
    {
        string stream = await NewStream(1);
        (await _api.Get("/v1/streams/absent/sse")).ShouldBeProblem(404, "stream-not-found");
        (await _api.Get(stream + "/sse?partitions=1")).ShouldBeProblem(404, "partition-not-found");
        Answer beyond = await _api.Get(stream + "/sse?from=7");
        beyond.ShouldBeProblem(410, "offset-out-of-range");
        Assert.Equal(0, (int)beyond.Json["endOffset"]!);
    }

    [Theory]
    [InlineData("HTTP/1.1")]
    [InlineData("h2c")]
    public async Task Lines_are_appended_one_by_one_over_one_request(string protocol)
    {
        string stream = await NewStream(4);
        using DuplexRequest request = await DuplexRequest.Open(server, protocol, stream + "/records/stream");
        await request.Write("{\"key\":\"21\",\"body\":\"1\"}");
        JsonNode first = await request.Expect();
        Assert.Equal((201, 0, 0), ((int)first["status"]!, (int)first["partition"]!, (int)first["offset"]!));
        await request.Write("{\"body\":\"2\",\"groupId\":\"g\"}");
        Assert.NotNull((await request.Expect())["problem"]!["errors"]!["/groupId"]);
        await request.Write("{\"body\":\"2\",\"partition\":4}");
        Assert.Equal("partition-not-found", (string)(await request.Expect())["problem"]!["code"]!);
        await request.Write("{\"key\":\"21\",\"body\":\"3\"}");
        Assert.Equal(1, (int)(await request.Expect())["offset"]!);
        await request.End();
        Assert.Null(await request.Read());
        Answer records = await _api.Get(stream + "/partitions/0/records");
        Assert.Equal(["1", "3"], records.Json["records"]!.AsArray().Select(static record => (string)record!["body"]!));
    }

    private async Task<string> NewStream(int partitions)
    {
        string path = $"/v1/streams/{Guid.CreateVersion7():N}";
        Assert.Equal(201, (await _api.Put(path, $$"""{"partitions":{{partitions}}}""")).Status);
        return path;
    }

    private async Task Append(string stream, string body, string key = "k") =>
        Assert.Equal(201, (await _api.Post($"{stream}/records", body, $"Message-Key: {key}")).Status);

    private async Task Append(string stream, string first, string second, string third)
    {
        await Append(stream, first);
        await Append(stream, second);
        await Append(stream, third);
    }

    private async Task AppendTo(string stream, int partition, string body) =>
        Assert.Equal(201, (await _api.Post($"{stream}/records?partition={partition}", body)).Status);

    private Task<TopicFollower> Open(string stream, string query = "", params string[] headers) =>
        TopicFollower.Open(server.Http1, $"{stream}/sse{query}", headers);

    private static async Task<string[]> Bodies(TopicFollower reader, int count)
    {
        string[] bodies = new string[count];
        for (int i = 0; i < count; i++) bodies[i] = (string)(await reader.Next("record"))["body"]!;
        return bodies;
    }
}
