using System.Text.Json;
using QueueService.Server.Tests.Aws.Sns;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

/// <summary>JSON in attributes can name half of a surrogate pair, which is no text: it is refused, wherever it stands.
/// </summary>
[Collection(ServerCollection.Name)]
public sealed class BrokenTextTests(RunningServer server)
{
    private const string Half = "\\ud800";

    private readonly SnsApi _sns = new(server.Address);
    private readonly SignedClient _sqs = new(server.Address);

    [Theory]
    [InlineData("Policy",
        """{"Id":"#","Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}}""")]
    [InlineData("Policy", """{"Statement":{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"#"}}""")]
    [InlineData("Policy", """{"#":1}""")]
    [InlineData("RedrivePolicy", """{"deadLetterTargetArn":"#","maxReceiveCount":1}""")]
    [InlineData("RedrivePolicy", """{"#":1}""")]
    [InlineData("RedrivePolicy", """{"maxReceiveCount":1,"maxReceiveCount":2,"deadLetterTargetArn":"x"}""")]
    [InlineData("RedriveAllowPolicy", """{"redrivePermission":"#"}""")]
    [InlineData("RedriveAllowPolicy", """{"redrivePermission":"byQueue","sourceQueueArns":["#"]}""")]
    public async Task Of_a_queue(string name, string value)
    {
        string attributes = JsonSerializer.Serialize(new Dictionary<string, string> { [name] = Break(value) });
        string url = await _sqs.NewQueue();
        AwsAnswer answer = await _sqs.Json(
            "SetQueueAttributes", $$"""{"QueueUrl":"{{url}}","Attributes":{{attributes}}}""");
        Assert.True(answer.Status == 400, $"{answer.Status} {answer.Text}");
        Assert.Contains(name, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Policy",
        """{"Statement":{"Sid":"#","Effect":"Allow","Principal":"*","Action":"SNS:Publish","Resource":"*"}}""")]
    [InlineData("DeliveryPolicy", """{"http":{"defaultRequestPolicy":{"headerContentType":"#"}}}""")]
    [InlineData("DeliveryPolicy", """{"#":1}""")]
    [InlineData("ArchivePolicy", """{"MessageRetentionPeriod":"#"}""")]
    public async Task Of_a_topic(string name, string value)
    {
        string topic = await _sns.NewTopic(("FifoTopic", "true"));
        (await _sns.Call(
            "SetTopicAttributes", ("TopicArn", topic), ("AttributeName", name), ("AttributeValue", Break(value))))
            .ShouldFail(400, "InvalidParameter");
    }

    [Theory]
    [InlineData("FilterPolicy", """{"a":["#"]}""")]
    [InlineData("FilterPolicy", """{"#":["a"]}""")]
    [InlineData("RedrivePolicy", """{"deadLetterTargetArn":"#"}""")]
    [InlineData("ReplayPolicy", """{"PointType":"#","StartingPoint":"2020-01-01T00:00:00Z"}""")]
    public async Task Of_a_subscription(string name, string value)
    {
        string topic = await _sns.NewTopic(("FifoTopic", "true"));
        (string _, string queue) = await _sns.NewQueue(isFifo: true);
        string subscription = await _sns.Subscribe(topic, "sqs", queue);
        (await _sns.Call(
            "SetSubscriptionAttributes", ("SubscriptionArn", subscription), ("AttributeName", name),
            ("AttributeValue", Break(value)))).ShouldFail(400, "InvalidParameter");
    }

    /// <summary>In JSON 1.0 a name or a value of the request itself can have it, too.</summary>
    [Theory]
    [InlineData("CreateQueue", """{"QueueName":"#"}""")]
    [InlineData("CreateQueue", """{"QueueName":"a","Attributes":{"#":"1"}}""")]
    [InlineData("CreateQueue", """{"QueueName":"a","tags":{"#":"1"}}""")]
    [InlineData("GetQueueUrl", """{"QueueName":"#"}""")]
    public async Task Of_a_request(string action, string body) =>
        Assert.Equal(400, (await _sqs.Json(action, Break(body))).Status);

    private static string Break(string json) => json.Replace("#", Half, StringComparison.Ordinal);
}
