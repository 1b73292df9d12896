using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Sns;

/// <summary>What SNS made and `/v1` changes: each side tells the truth about it.</summary>
[Collection(ServerCollection.Name)]
public sealed class SnsBothSidesTests(RunningServer server)
{
    private static readonly string[] All = ["All"];

    private readonly SnsApi _sns = new(server.Address);
    private readonly Api _api = server.Api;

    [Fact]
    public async Task A_filter_that_v1_sets_is_the_filter_policy_of_SNS()
    {
        (string arn, string path) = await ToQueue(("FilterPolicy", """{ "a": ["b"] }"""));
        Assert.Equal("""{ "a": ["b"] }""", (await Get(arn))["FilterPolicy"]);
        await Patch(path, """{"filter":{"policy":{"größe":[{"numeric":[">",1.50]}]}}}""");
        Dictionary<string, string> attributes = await Get(arn);
        Assert.Equal("""{"größe":[{"numeric":[">",1.50]}]}""", attributes["FilterPolicy"]);
        Assert.Equal("MessageAttributes", attributes["FilterPolicyScope"]);
        await Patch(path, """{"filter":{"scope":"body","policy":{"a":{"b":["c"]}}}}""");
        attributes = await Get(arn);
        Assert.Equal(
            ("""{"a":{"b":["c"]}}""", "MessageBody"), (attributes["FilterPolicy"], attributes["FilterPolicyScope"]));
        await Patch(path, """{"filter":null}""");
        Assert.DoesNotContain("FilterPolicy", (await Get(arn)).Keys);
    }

    [Fact]
    public async Task A_filter_that_SNS_cannot_say_is_left_out_and_kept_until_SNS_sets_another()
    {
        (string arn, string path) = await ToQueue(("FilterPolicy", """{"a":["b"]}"""));
        const string Filter = """{"policy":{"a":["c"]},"routingKey":"x.*"}""";
        await Patch(path, $$"""{"filter":{{Filter}}}""");
        Dictionary<string, string> attributes = await Get(arn);
        Assert.DoesNotContain("FilterPolicy", attributes.Keys);
        Assert.DoesNotContain("FilterPolicyScope", attributes.Keys);
        await Set(arn, "RawMessageDelivery", "true");
        JsonNode filter = (await _api.Get(path)).Json["filter"]!;
        Assert.Equal(("c", "x.*"), ((string?)filter["policy"]!["a"]![0], (string?)filter["routingKey"]));
        (await _sns.Call(
            "SetSubscriptionAttributes", ("SubscriptionArn", arn), ("AttributeName", "FilterPolicyScope"),
            ("AttributeValue", "MessageBody"))).ShouldFail(400, "InvalidParameter", "set over /v1");
        await Set(arn, "FilterPolicy", """{"a":["d"]}""");
        Assert.Equal("""{"a":["d"]}""", (await Get(arn))["FilterPolicy"]);
        Assert.Null((await _api.Get(path)).Json["filter"]!["routingKey"]);
    }

    [Fact]
    public async Task A_filter_of_v1_that_SNS_would_refuse_does_not_keep_other_attributes_from_being_set()
    {
        (string arn, string path) = await ToQueue();
        await Patch(path, """{"filter":{"policy":{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}}}""");
        await Set(arn, "RawMessageDelivery", "true");
        Assert.Equal("""{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}""", (await Get(arn))["FilterPolicy"]);
    }

    [Fact]
    public async Task Dead_letters_and_the_form_are_those_that_v1_has_set()
    {
        string dead = await _api.NewQueue();
        (string arn, string path) = await ToQueue();
        Assert.DoesNotContain("RedrivePolicy", (await Get(arn)).Keys);
        await Patch(path, $$$"""{"format":"raw","redrivePolicy":{"deadLetterQueue":"{{{NameOf(dead)}}}"}}""");
        Dictionary<string, string> attributes = await Get(arn);
        Assert.Equal("true", attributes["RawMessageDelivery"]);
        Assert.Equal(
            $$"""{"deadLetterTargetArn":"{{SnsApi.QueuePrefix}}{{NameOf(dead)}}"}""", attributes["RedrivePolicy"]);
        await Patch(path, """{"format":"envelope","redrivePolicy":null}""");
        attributes = await Get(arn);
        Assert.Equal("false", attributes["RawMessageDelivery"]);
        Assert.DoesNotContain("RedrivePolicy", attributes.Keys);
        (await _api.Patch(path, """{"format":"cloudEventsBinary"}""")).ShouldBlame(400, "invalid-request", "/format");
    }

    [Fact]
    public async Task A_put_of_v1_takes_away_what_it_leaves_out_and_keeps_what_only_SNS_knows()
    {
        (string _, string queue) = await _sns.NewQueue();
        string topic = await _sns.NewTopic();
        string arn = await _sns.Subscribe(
            topic, "sqs", queue, ("FilterPolicy", """{"a":["b"]}"""),
            ("SubscriptionRoleArn", "arn:aws:iam::000000000000:role/r"));
        string path = PathOf(arn);
        Answer put = await _api.Put(path, $$$"""{"target":{"type":"queue","queue":"{{{queue.Split(':')[^1]}}}"}}""");
        Assert.True(put.Status == 200, put.Text);
        Dictionary<string, string> attributes = await Get(arn);
        Assert.DoesNotContain("FilterPolicy", attributes.Keys);
        Assert.Equal(
            ("true", "arn:aws:iam::000000000000:role/r"),
            (attributes["RawMessageDelivery"], attributes["SubscriptionRoleArn"]));
    }

    [Fact]
    public async Task The_queue_of_a_subscription_of_SNS_is_not_changed_over_v1()
    {
        string other = NameOf(await _api.NewQueue());
        (string _, string path) = await ToQueue();
        (await _api.Patch(path, $$$"""{"target":{"type":"queue","queue":"{{{other}}}"}}"""))
            .ShouldBlame(409, "immutable-field", "/target/queue");
    }

    [Fact]
    public async Task A_retention_that_v1_sets_ends_the_archive_policy_of_a_topic()
    {
        string topic =
            await _sns.NewTopic(("FifoTopic", "true"), ("ArchivePolicy", """{"MessageRetentionPeriod":"30"}"""));
        string path = "/v1/topics/" + topic.Split(':')[^1];
        Assert.Contains("ArchivePolicy", (await Topic(topic)).Keys);
        await Patch(path, """{"retentionSeconds":7200}""");
        Assert.DoesNotContain("ArchivePolicy", (await Topic(topic)).Keys);
        Assert.DoesNotContain("BeginningArchiveTime", (await Topic(topic)).Keys);
        await _sns.Do("DeleteTopic", ("TopicArn", topic));
    }

    [Fact]
    public async Task A_scope_that_v1_sets_ends_the_throughput_per_group_of_a_queue()
    {
        const string Throughput = "FifoThroughputLimit";
        (string url, string arn) = await _sns.NewQueue(isFifo: true);
        Dictionary<string, string> perGroup = new()
        {
            ["DeduplicationScope"] = "messageGroup", [Throughput] = "perMessageGroupId",
        };
        await _sns.Sqs("SetQueueAttributes", new { QueueUrl = url, Attributes = perGroup });
        await Patch("/v1/queues/" + arn.Split(':')[^1], """{"deduplicationScope":"queue"}""");
        Assert.Equal("perQueue", await Limit());
        Dictionary<string, string> unrelated = new() { ["VisibilityTimeout"] = "31" };
        await _sns.Sqs("SetQueueAttributes", new { QueueUrl = url, Attributes = unrelated });
        Dictionary<string, string> same = new() { ["FifoQueue"] = "true", [Throughput] = "perQueue" };
        await _sns.Sqs("CreateQueue", new { QueueName = arn.Split(':')[^1], Attributes = same });
        Dictionary<string, string> scope = new() { ["DeduplicationScope"] = "messageGroup" };
        await _sns.Sqs("SetQueueAttributes", new { QueueUrl = url, Attributes = scope });
        Assert.Equal("perQueue", await Limit());

        async Task<string?> Limit() => (string?)(await _sns.Sqs(
            "GetQueueAttributes", new { QueueUrl = url, AttributeNames = All }))["Attributes"]![Throughput];
    }

    private static string NameOf(string path) => path.Split('/')[^1];

    private static string PathOf(string arn) => $"/v1/topics/{arn.Split(':')[^2]}/subscriptions/{arn.Split(':')[^1]}";

    private async Task<(string Arn, string Path)> ToQueue(params (string Name, string Value)[] attributes)
    {
        (string _, string queue) = await _sns.NewQueue();
        string arn = await _sns.Subscribe(await _sns.NewTopic(), "sqs", queue, attributes);
        return (arn, PathOf(arn));
    }

    private async Task<Dictionary<string, string>> Get(string arn) =>
        (await _sns.Do("GetSubscriptionAttributes", ("SubscriptionArn", arn))).Entries();

    private async Task<Dictionary<string, string>> Topic(string arn) =>
        (await _sns.Do("GetTopicAttributes", ("TopicArn", arn))).Entries();

    private Task<SnsAnswer> Set(string arn, string name, string value) => _sns.Do(
        "SetSubscriptionAttributes", ("SubscriptionArn", arn), ("AttributeName", name), ("AttributeValue", value));

    private async Task Patch(string path, string json)
    {
        Answer answer = await _api.Patch(path, json, "Content-Type: application/merge-patch+json");
        Assert.True(answer.Status == 200, answer.Text);
    }
}
