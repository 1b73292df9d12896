using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

[Collection(ServerCollection.Name)]
public sealed class TagTests(RunningServer server)
{
    private readonly SignedClient _client = new(server.Address);

    [Fact]
    public async Task Tags_are_set_listed_and_taken_away_in_both_protocols()
    {
        string queue = await _client.NewQueue();
        Assert.Equal("{}", (await _client.Json("ListQueueTags", Of(queue))).ShouldSucceed().Text);
        (await _client.Json("TagQueue", Of(queue, """ "Tags":{"team":"a","cost":"7"} """))).ShouldSucceed();
        (await _client.Query(
            "TagQueue", "QueueUrl=" + queue, "Tag.1.Key=team", "Tag.1.Value=b", "Tag.2.Key=empty", "Tag.2.Value="))
            .ShouldSucceed();
        Assert.Equal(
            """{"Tags":{"cost":"7","empty":"","team":"b"}}""", (await _client.Json("ListQueueTags", Of(queue))).Text);
        (await _client.Query("UntagQueue", "QueueUrl=" + queue, "TagKey.1=cost", "TagKey.2=none")).ShouldSucceed();
        (await _client.Json("UntagQueue", Of(queue, """ "TagKeys":["empty","empty"] """))).ShouldSucceed();
        AwsAnswer listed = await _client.Query("ListQueueTags", "QueueUrl=" + queue);
        Assert.Equal(("team", "b"), (listed.Value("Key"), listed.Value("Value")));
    }

    [Fact]
    public async Task Tags_of_AWS_are_those_of_the_queue()
    {
        string queue = await _client.NewQueue();
        (await _client.Json("TagQueue", Of(queue, """ "Tags":{"Kosten Stelle":"ä=1","aws2:x@y":"+"} """)))
            .ShouldSucceed();
        string path = "/v1/queues/" + queue[(queue.LastIndexOf('/') + 1)..];
        JsonNode tags = (await server.Api.Get(path)).Json["tags"]!;
        Assert.Equal(("ä=1", "+"), ((string?)tags["Kosten Stelle"], (string?)tags["aws2:x@y"]));
        Assert.Equal(200, (await server.Api.Patch(path, """{"tags":{"own":"1"}}""")).Status);
        JsonNode listed = (await _client.Json("ListQueueTags", Of(queue))).Json["Tags"]!;
        Assert.Equal(("ä=1", "1"), ((string?)listed["Kosten Stelle"], (string?)listed["own"]));
    }

    [Theory]
    [InlineData(""" "Tags":{} """, "MissingParameter", "must contain the parameter Tags")]
    [InlineData(""" "Tags":{"":"a"} """, "InvalidParameterValue", "Tag keys must be between 1 and 128 characters")]
    [InlineData(""" "Tags":{"a":null} """, "InvalidParameterValue", "Tag values must be between 0 and 256 characters")]
    [InlineData(""" "Tags":{"AWS:a":"b"} """, "InvalidParameterValue", "aws: prefixed tag key names are not allowed")]
    [InlineData(""" "Tags":{"a?":"b"} """, "InvalidParameterValue", "Tag keys can contain only Unicode letters")]
    [InlineData(""" "Tags":{"a":"b\n"} """, "InvalidParameterValue", "Tag values can contain only Unicode letters")]
    public async Task A_tag_that_is_none_is_refused(string tags, string code, string message)
    {
        string queue = await _client.NewQueue();
        (await _client.Json("TagQueue", Of(queue, tags))).ShouldBe(400, code, message);
        string name = "q" + Guid.CreateVersion7().ToString("N");
        if (code == "MissingParameter") return;
        string lower = tags.Replace("Tags", "tags", StringComparison.Ordinal);
        (await _client.Json("CreateQueue", $$"""{"QueueName":"{{name}}",{{lower}}}""")).ShouldBe(400, code, message);
    }

    [Fact]
    public async Task A_queue_has_50_tags_at_most()
    {
        string queue = await _client.NewQueue();
        string tags = string.Join(',', Enumerable.Range(0, 50).Select(static i => $"\"k{i}\":\"v\""));
        (await _client.Json("TagQueue", Of(queue, $"\"Tags\":{{{tags}}}"))).ShouldSucceed();
        (await _client.Json("TagQueue", Of(queue, """ "Tags":{"one":"more"} """)))
            .ShouldBe(400, "InvalidParameterValue", "Too many tags added for queue");
        (await _client.Query("UntagQueue", "QueueUrl=" + queue)).ShouldBe(400, "MissingParameter", "TagKeys");
    }

    private static string Of(string queue, string more = "") =>
        $$"""{"QueueUrl":"{{queue}}"{{(more.Length == 0 ? "" : "," + more)}}}""";
}
