using System.Text.Json.Nodes;
using QueueService.Aws.Sns;
using QueueService.Server.Tests.Aws.Sns;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Aws.Auth;

/// <summary>Whom the policy of a topic lets in, and what the links in SNS's messages may do.</summary>
public sealed class TopicAuthorizationTests(KeyedServer server) : IClassFixture<KeyedServer>
{
    private readonly SignedClient _owner = server.Client("OWNER", service: "sns");
    private readonly SignedClient _stranger = server.Client("STRANGER", service: "sns");

    [Fact]
    public async Task Another_account_publishes_only_where_a_policy_allows_it()
    {
        string topic = await NewTopic();
        (await _stranger.Query("Publish", "TopicArn=" + topic, "Message=a")).ShouldBe(
            403, "AuthorizationError",
            $"User: arn:aws:iam::{KeyedServer.Stranger}:root is not authorized to perform: SNS:Publish on resource: {topic}");
        (await _owner.Query("Publish", "TopicArn=" + topic, "Message=a")).ShouldSucceed();
        (await _owner.Query(
            "AddPermission", "TopicArn=" + topic, "Label=l", "AWSAccountId.member.1=" + KeyedServer.Stranger,
            "ActionName.member.1=Publish")).ShouldSucceed();
        (await _stranger.Query("Publish", "TopicArn=" + topic, "Message=a")).ShouldSucceed();
        (await _stranger.Query(
            "PublishBatch", "TopicArn=" + topic, "PublishBatchRequestEntries.member.1.Id=1",
            "PublishBatchRequestEntries.member.1.Message=a")).ShouldSucceed();
        (await _stranger.Query("DeleteTopic", "TopicArn=" + topic)).ShouldBe(403, "AuthorizationError");
        (await _stranger.Query("ListTopics")).ShouldBe(403, "AuthorizationError");
    }

    [Fact]
    public async Task A_policy_chooses_by_the_protocol_that_is_subscribed()
    {
        string topic = await NewTopic();
        string policy = $$$"""
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"SNS:Subscribe",
            "Resource":"{{{topic}}}","Condition":{"StringEquals":{"sns:Protocol":"https"} } } ] }
            """;
        (await _owner.Query(
            "SetTopicAttributes", "TopicArn=" + topic, "AttributeName=Policy", "AttributeValue=" + policy))
            .ShouldSucceed();
        (await _stranger.Query("Subscribe", "TopicArn=" + topic, "Protocol=http", "Endpoint=http://example.com/"))
            .ShouldBe(403, "AuthorizationError");
        (await _stranger.Query("Subscribe", "TopicArn=" + topic, "Protocol=https", "Endpoint=https://10.0.0.1/"))
            .ShouldBe(400, "InvalidParameter", "must not be reached");
    }

    [Fact]
    public async Task Nobody_publishes_without_a_signature_but_links_are_followed()
    {
        string topic = await NewTopic();
        (await server.Anonymous.Get($"/?Action=Publish&TopicArn={topic}&Message=a")).ShouldBe(
            403, "MissingAuthenticationToken");
        string queue = await server.Client("OWNER").NewQueue();
        string arn = "arn:aws:sqs:us-east-1:000000000000:" + queue[(queue.LastIndexOf('/') + 1)..];
        AwsAnswer subscribed = (await _owner.Query(
            "Subscribe", "TopicArn=" + topic, "Protocol=sqs", "Endpoint=" + arn)).ShouldSucceed();
        (await _owner.Query("Publish", "TopicArn=" + topic, "Message=a")).ShouldSucceed();
        AwsAnswer received = await server.Client("OWNER").Json(
            "ReceiveMessage", $$"""{"QueueUrl":"{{queue}}","WaitTimeSeconds":20}""");
        JsonNode envelope = JsonNode.Parse((string)received.Json["Messages"]![0]!["Body"]!)!;
        string link = new Uri((string)envelope["UnsubscribeURL"]!).PathAndQuery;
        using SigningCertificate other = SigningCertificate.Read(SigningCertificate.Generate(DateTimeOffset.UnixEpoch));
        string guess = SnsSubscription.NameOf(other, topic.Split(':')[^1], "sqs", arn);
        (await server.Anonymous.Get($"/?Action=Unsubscribe&SubscriptionArn={topic}:{guess}")).ShouldSucceed();
        (await _owner.Query("GetSubscriptionAttributes", "SubscriptionArn=" + subscribed.Value("SubscriptionArn")))
            .ShouldSucceed();
        (await server.Anonymous.Get(link)).ShouldSucceed();
        (await _owner.Query("GetSubscriptionAttributes", "SubscriptionArn=" + subscribed.Value("SubscriptionArn")))
            .ShouldBe(404, "NotFound");
    }

    [Fact]
    public async Task An_owner_can_ask_that_ending_his_subscription_is_signed()
    {
        await using Receiver receiver = new();
        string topic = await NewTopic();
        (await _owner.Query("Subscribe", "TopicArn=" + topic, "Protocol=http", "Endpoint=" + receiver.Url("/ok")))
            .ShouldSucceed();
        JsonNode question = JsonNode.Parse((await receiver.Next()).Text)!;
        AwsAnswer confirmed = await _owner.Query(
            "ConfirmSubscription", "TopicArn=" + topic, "Token=" + (string)question["Token"]!,
            "AuthenticateOnUnsubscribe=true");
        string subscription = confirmed.ShouldSucceed().Value("SubscriptionArn");
        string unsubscribe = $"/?Action=Unsubscribe&SubscriptionArn={subscription}";
        (await server.Anonymous.Get(unsubscribe)).ShouldBe(403, "AuthorizationError");
        AwsAnswer attributes = await _owner.Query("GetSubscriptionAttributes", "SubscriptionArn=" + subscription);
        Assert.Contains(
            "<key>ConfirmationWasAuthenticated</key><value>true</value>", attributes.Text, StringComparison.Ordinal);
        (await _owner.Query("Unsubscribe", "SubscriptionArn=" + subscription)).ShouldSucceed();
    }

    [Fact]
    public async Task Nobody_ends_a_subscription_of_v1_without_a_signature()
    {
        string path = await server.Api.NewTopic();
        string queue = (await server.Api.NewQueue()).Split('/')[^1];
        string subscription =
            await server.Api.Subscribe(path, "copies", $$$"""{"target":{"type":"queue","queue":"{{{queue}}}"}}""");
        string arn = $"{SnsApi.TopicPrefix}{path.Split('/')[^1]}:copies";
        (await server.Anonymous.Get("/?Action=Unsubscribe&SubscriptionArn=" + arn)).ShouldBe(
            403, "AuthorizationError", "ended by signed requests only");
        Assert.Equal(200, (await server.Api.Get(subscription)).Status);
        (await _owner.Query("Unsubscribe", "SubscriptionArn=" + arn)).ShouldSucceed();
        Assert.Equal(404, (await server.Api.Get(subscription)).Status);
    }

    [Fact]
    public async Task Whoever_confirms_without_a_signature_cannot_ask_for_one_at_the_end()
    {
        await using Receiver receiver = new();
        string topic = await NewTopic();
        (await _owner.Query("Subscribe", "TopicArn=" + topic, "Protocol=http", "Endpoint=" + receiver.Url("/ok")))
            .ShouldSucceed();
        JsonNode question = JsonNode.Parse((await receiver.Next()).Text)!;
        string link = new Uri((string)question["SubscribeURL"]!).PathAndQuery;
        string subscription = (await server.Anonymous.Get(link + "&AuthenticateOnUnsubscribe=true"))
            .ShouldSucceed().Value("SubscriptionArn");
        AwsAnswer attributes = await _owner.Query("GetSubscriptionAttributes", "SubscriptionArn=" + subscription);
        Assert.Contains(
            "<key>ConfirmationWasAuthenticated</key><value>false</value>", attributes.Text, StringComparison.Ordinal);
        (await server.Anonymous.Get("/?Action=Unsubscribe&SubscriptionArn=" + subscription)).ShouldSucceed();
        (await _owner.Query("GetSubscriptionAttributes", "SubscriptionArn=" + subscription)).ShouldBe(404, "NotFound");
    }

    private async Task<string> NewTopic() =>
        (await _owner.Query("CreateTopic", "Name=t" + Guid.CreateVersion7().ToString("N"))).ShouldSucceed().Value(
            "TopicArn");
}
