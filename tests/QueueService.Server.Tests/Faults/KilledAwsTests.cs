using System.Text.Json.Nodes;
using QueueService.Server.Tests.Aws.Auth;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Faults;

/// <summary>What only AWS's protocols know survives a killed process, and one that ends and begins with a snapshot.
/// </summary>
[Collection(ProcessTests.Name)]
public sealed class KilledAwsTests : IDisposable
{
    private const string Account = "000000000000";
    private const string Stranger = "111122223333";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Policies_permissions_tags_and_pending_confirmations_survive(bool kill)
    {
        await using Receiver receiver = new();
        string token;
        string pending;
        await using (ServerProcess server = await Start())
        {
            SignedClient sqs = Client(server, "OWNER");
            SignedClient sns = Client(server, "OWNER", "sns");
            (await sqs.Json("CreateQueue", """{"QueueName":"jobs","tags":{"team":"blue"}}""")).ShouldSucceed();
            (await sqs.Json("AddPermission", $$"""
                {"QueueUrl":"{{Url(server, "jobs")}}","Label":"send","AWSAccountIds":["{{Stranger}}"],
                "Actions":["SendMessage"]}
                """)).ShouldSucceed();
            (await sns.Query(
                "CreateTopic", "Name=news", "Attributes.entry.1.key=DisplayName", "Attributes.entry.1.value=News",
                "Tags.member.1.Key=team", "Tags.member.1.Value=red")).ShouldSucceed();
            (await sns.Query(
                "AddPermission", "TopicArn=" + Topic, "Label=l", "AWSAccountId.member.1=" + Stranger,
                "ActionName.member.1=Publish")).ShouldSucceed();
            pending = (await sns.Query(
                "Subscribe", "TopicArn=" + Topic, "Protocol=http", "Endpoint=" + receiver.Url("/ok"),
                "ReturnSubscriptionArn=true", "Attributes.entry.1.key=FilterPolicy",
                """Attributes.entry.1.value={ "a": ["b"] }""")).ShouldSucceed().Value("SubscriptionArn");
            token = (string)JsonNode.Parse((await receiver.Next()).Text)!["Token"]!;
            if (kill) await server.KillNow();
            else await server.Terminate();
            await server.Exit(Limit);
        }

        await using ServerProcess again = await Start();
        await CheckQueue(again);
        await CheckTopic(again);
        AwsAnswer waiting =
            await Client(again, "OWNER", "sns").Query("GetSubscriptionAttributes", "SubscriptionArn=" + pending);
        Assert.Contains("<key>PendingConfirmation</key><value>true</value>", waiting.Text, StringComparison.Ordinal);
        AwsAnswer confirmed = await Client(again).Get(
            $"/?Action=ConfirmSubscription&Version=2010-03-31&TopicArn={Topic}&Token={token}");
        Assert.Equal(pending, confirmed.ShouldSucceed().Value("SubscriptionArn"));
        AwsAnswer known =
            await Client(again, "OWNER", "sns").Query("GetSubscriptionAttributes", "SubscriptionArn=" + pending);
        Assert.Contains(
            "{ \"a\": [\"b\"] }", known.Text.Replace("&quot;", "\"", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    private const string Topic = $"arn:aws:sns:us-east-1:{Account}:news";

    private static async Task CheckQueue(ServerProcess server)
    {
        string url = Url(server, "jobs");
        (await Client(server, "STRANGER").Json("SendMessage", $$"""{"QueueUrl":"{{url}}","MessageBody":"a"}"""))
            .ShouldSucceed();
        (await Client(server, "STRANGER").Json("ReceiveMessage", $$"""{"QueueUrl":"{{url}}"}"""))
            .ShouldBe(403, "AccessDenied");
        (await Client(server).Json("SendMessage", $$"""{"QueueUrl":"{{url}}","MessageBody":"a"}"""))
            .ShouldBe(403, "MissingAuthenticationToken");
        AwsAnswer tags = await Client(server, "OWNER").Json("ListQueueTags", $$"""{"QueueUrl":"{{url}}"}""");
        Assert.Equal("blue", (string?)tags.ShouldSucceed().Json["Tags"]!["team"]);
        (await Client(server, "OWNER").Json("RemovePermission", $$"""{"QueueUrl":"{{url}}","Label":"send"}"""))
            .ShouldSucceed();
    }

    private static async Task CheckTopic(ServerProcess server)
    {
        SignedClient owner = Client(server, "OWNER", "sns");
        SignedClient stranger = Client(server, "STRANGER", "sns");
        (await stranger.Query("Publish", "TopicArn=" + Topic, "Message=a")).ShouldSucceed();
        (await stranger.Query("ListSubscriptionsByTopic", "TopicArn=" + Topic)).ShouldBe(403, "AuthorizationError");
        AwsAnswer tags = await owner.Query("ListTagsForResource", "ResourceArn=" + Topic);
        Assert.Equal(("team", "red"), (tags.Value("Key"), tags.Value("Value")));
        AwsAnswer attributes = await owner.Query("GetTopicAttributes", "TopicArn=" + Topic);
        Assert.Contains("<key>DisplayName</key><value>News</value>", attributes.Text, StringComparison.Ordinal);
        Assert.Contains("<key>SubscriptionsPending</key><value>1</value>", attributes.Text, StringComparison.Ordinal);
    }

    private static string Url(ServerProcess server, string queue) =>
        new Uri(server.Address, $"/{Account}/{queue}").ToString();

    private static SignedClient Client(ServerProcess server, string? key = null, string service = "sqs") =>
        new(server.Address, key, "secret-of-" + key) { Service = service };

    private async Task<ServerProcess> Start()
    {
        var server = ServerProcess.Run(
            null, [], "--urls", "http://127.0.0.1:0", "--Storage:Directory=" + _directory.Data,
            "--Webhooks:AllowedNetworks:0=" + HookServer.Network,
            "--Aws:AccessKeys:0:Id=OWNER", "--Aws:AccessKeys:0:Secret=secret-of-OWNER",
            "--Aws:AccessKeys:1:Id=STRANGER", "--Aws:AccessKeys:1:Secret=secret-of-STRANGER",
            "--Aws:AccessKeys:1:AccountId=" + Stranger);
        Assert.True(await server.BecomesReady(), server.Output);
        return server;
    }
}
