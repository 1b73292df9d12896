namespace QueueService.Server.Tests.Aws.Auth;

/// <summary>Whom the policy of a queue lets in.</summary>
public sealed class AuthorizationTests(KeyedServer server) : IClassFixture<KeyedServer>
{
    private readonly SignedClient _owner = server.Client("OWNER");
    private readonly SignedClient _stranger = server.Client("STRANGER");

    [Fact]
    public async Task Another_account_may_do_nothing_until_a_policy_allows_it()
    {
        string queue = await _owner.NewQueue();
        string arn = "arn:aws:sqs:us-east-1:000000000000:" + queue[(queue.LastIndexOf('/') + 1)..];
        string send = $$"""{"QueueUrl":"{{queue}}","MessageBody":"a"}""";
        (await _stranger.Json("SendMessage", send)).ShouldBe(
            403, "AccessDenied",
            $"User: arn:aws:iam::111122223333:root is not authorized to perform: sqs:sendmessage on resource: {arn} " +
            "because no resource-based policy allows the sqs:sendmessage action");
        (await _stranger.Query("SendMessage", "QueueUrl=" + queue, "MessageBody=a")).ShouldBe(403, "AccessDenied");

        (await _owner.Json("AddPermission", Permission(queue, "send", "SendMessage"))).ShouldSucceed();
        (await _stranger.Json("SendMessage", send)).ShouldSucceed();
        (await server.Client("EVE").Json("SendMessage", send)).ShouldSucceed();
        (await _stranger.Json(
            "SendMessageBatch",
            $$"""{"QueueUrl":"{{queue}}","Entries":[{"Id":"1","MessageBody":"a"}]}""")).ShouldSucceed();
        (await _stranger.Json("ReceiveMessage", $$"""{"QueueUrl":"{{queue}}"}""")).ShouldBe(403, "AccessDenied");

        (await _owner.Json("RemovePermission", $$"""{"QueueUrl":"{{queue}}","Label":"send"}""")).ShouldSucceed();
        (await _stranger.Json("SendMessage", send)).ShouldBe(403, "AccessDenied");
    }

    [Theory]
    [InlineData("ListQueues", "{}", "sqs:listqueues")]
    [InlineData("CreateQueue", """{"QueueName":"strange"}""", "sqs:createqueue")]
    public async Task Another_account_has_no_queues_here(string action, string body, string named) =>
        (await _stranger.Json(action, body)).ShouldBe(403, "AccessDenied", named);

    [Fact]
    public async Task Some_actions_are_the_owners_whatever_a_policy_says()
    {
        string queue = await NewQueue("""{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}""");
        (await _stranger.Json("ReceiveMessage", $$"""{"QueueUrl":"{{queue}}"}""")).ShouldSucceed();
        (await _stranger.Json("DeleteQueue", $$"""{"QueueUrl":"{{queue}}"}""")).ShouldBe(403, "AccessDenied");
        (await _stranger.Json(
            "SetQueueAttributes", $$"""{"Attributes":{"DelaySeconds":"1"},"QueueUrl":"{{queue}}"}"""))
            .ShouldBe(403, "AccessDenied");
        (await _stranger.Query("ListQueueTags", "QueueUrl=" + queue)).ShouldBe(403, "AccessDenied");
    }

    [Fact]
    public async Task A_deny_counts_for_the_owner_and_its_users_too()
    {
        string queue = await NewQueue(
            """
            {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::000000000000:user/bob"},"Action":"sqs:*","Resource":"*"}
            """);
        string receive = $$"""{"QueueUrl":"{{queue}}"}""";
        (await _owner.Json("ReceiveMessage", receive)).ShouldSucceed();
        (await server.Client("BOB").Json("ReceiveMessage", receive)).ShouldBe(
            403, "AccessDenied", "with an explicit deny in a resource-based policy");
    }

    [Fact]
    public async Task Who_sends_no_signature_gets_in_where_a_policy_is_for_everybody()
    {
        string open =
            await NewQueue("""{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}""");
        AwsAnswer sent = await server.Anonymous.Json("SendMessage", $$"""{"QueueUrl":"{{open}}","MessageBody":"a"}""");
        sent.ShouldSucceed();
        (await server.Anonymous.Json("ReceiveMessage", $$"""{"QueueUrl":"{{open}}"}"""))
            .ShouldBe(403, "MissingAuthenticationToken");
        string closed = await _owner.NewQueue();
        (await server.Anonymous.Query("SendMessage", "QueueUrl=" + closed, "MessageBody=a"))
            .ShouldBe(403, "MissingAuthenticationToken");
    }

    [Fact]
    public async Task Conditions_look_at_the_request()
    {
        string queue = await NewQueue(
            """
            {"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*",
             "Condition":{"IpAddress":{"aws:SourceIp":["127.0.0.1","::1"]},"StringEquals":{"aws:username":"eve"}}}
            """);
        string send = $$"""{"QueueUrl":"{{queue}}","MessageBody":"a"}""";
        (await server.Client("EVE").Json("SendMessage", send)).ShouldSucceed();
        (await _stranger.Json("SendMessage", send)).ShouldBe(403, "AccessDenied");
        string secure = await NewQueue(
            """
            {"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*",
             "Condition":{"Bool":{"aws:SecureTransport":"false"}}}
            """);
        (await _owner.Json("ReceiveMessage", $$"""{"QueueUrl":"{{secure}}"}""")).ShouldBe(403, "AccessDenied");
    }

    [Fact]
    public async Task Another_account_does_not_learn_which_queues_there_are() =>
        (await _stranger.Json(
            "SendMessage", $$"""{"QueueUrl":"{{server.Address}}000000000000/none","MessageBody":"a"}"""))
            .ShouldBe(403, "AccessDenied");

    [Fact]
    public async Task Move_tasks_obey_the_policy_of_their_source()
    {
        string dead = await NewQueue(
            """{"Effect":"Deny","Principal":"*","Action":"sqs:StartMessageMoveTask","Resource":"*"}""");
        string arn = "arn:aws:sqs:us-east-1:000000000000:" + dead[(dead.LastIndexOf('/') + 1)..];
        string start = $$"""{"SourceArn":"{{arn}}"}""";
        (await _owner.Json("StartMessageMoveTask", start)).ShouldBe(403, "AccessDenied", "explicit deny");
        (await _owner.Json("ListMessageMoveTasks", start)).ShouldSucceed();
        (await _stranger.Json("ListMessageMoveTasks", start)).ShouldBe(403, "AccessDenied");
    }

    [Fact]
    public async Task The_policy_of_a_topic_says_who_publishes()
    {
        (SignedClient owner, SignedClient stranger) = (server.Topics("OWNER"), server.Topics("STRANGER"));
        string topic = await NewTopic(owner);
        string publish = "TopicArn=" + topic;
        (await stranger.Query("Publish", publish, "Message=a")).ShouldBe(
            403, "AuthorizationError",
            $"User: arn:aws:iam::111122223333:root is not authorized to perform: SNS:Publish on resource: {topic}");
        (await owner.Query(
            "AddPermission", publish, "Label=p", "AWSAccountId.member.1=111122223333", "ActionName.member.1=Publish"))
            .ShouldSucceed();
        (await stranger.Query("Publish", publish, "Message=a")).ShouldSucceed();
        (await stranger.Query(
            "PublishBatch", publish, "PublishBatchRequestEntries.member.1.Id=1",
            "PublishBatchRequestEntries.member.1.Message=a")).ShouldSucceed();
        (await stranger.Query("GetTopicAttributes", publish)).ShouldBe(403, "AuthorizationError");
        (await owner.Query("RemovePermission", publish, "Label=p")).ShouldSucceed();
        (await stranger.Query("Publish", publish, "Message=a")).ShouldBe(403, "AuthorizationError");
        (await stranger.Query("ListTopics")).ShouldBe(403, "AuthorizationError");
        (await new SignedClient(server.Address) { Service = "sns" }.Query("Publish", publish, "Message=a"))
            .ShouldBe(403, "MissingAuthenticationToken");
    }

    [Fact]
    public async Task The_policy_of_a_topic_says_what_is_subscribed()
    {
        string topic = await NewTopic(server.Topics("OWNER"));
        string queue = await _owner.NewQueue();
        string arn = "arn:aws:sqs:us-east-1:000000000000:" + queue[(queue.LastIndexOf('/') + 1)..];
        const string Policy = """
            {"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"SNS:Subscribe","Resource":"*",
             "Condition":{"StringEquals":{"sns:Protocol":"sqs"},"StringLike":{"sns:Endpoint":"arn:aws:sqs:*"}}}]}
            """;
        (await server.Topics("OWNER").Query(
            "SetTopicAttributes", "TopicArn=" + topic, "AttributeName=Policy", "AttributeValue=" + Policy))
            .ShouldSucceed();
        SignedClient stranger = server.Topics("STRANGER");
        string[] subscribe = ["TopicArn=" + topic, "Protocol=sqs", "Endpoint=" + arn];
        (await stranger.Query("Subscribe", subscribe)).ShouldBe(
            403, "AuthorizationError", $"The policy of {arn} does not let sns.amazonaws.com send messages of {topic}");
        await Allow(queue, topic);
        (await stranger.Query("Subscribe", subscribe)).ShouldSucceed();
        (await stranger.Query("Subscribe", "TopicArn=" + topic, "Protocol=http", "Endpoint=http://example.com/"))
            .ShouldBe(403, "AuthorizationError");
    }

    [Fact]
    public async Task A_queue_that_denies_a_topic_is_not_subscribed_by_its_owner_either()
    {
        SignedClient owner = server.Topics("OWNER");
        string topic = await NewTopic(owner);
        string free = await _owner.NewQueue();
        string closed = await NewQueue(
            """
            {"Effect":"Deny","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*",
             "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:t*"}}}
            """);
        (await owner.Query("Subscribe", "TopicArn=" + topic, "Protocol=sqs", "Endpoint=" + ArnOf(closed)))
            .ShouldBe(403, "AuthorizationError", "The policy of " + ArnOf(closed));
        string redrive = $$"""AttributeValue={"deadLetterTargetArn":"{{ArnOf(closed)}}"}""";
        string subscription = (await owner.Query(
            "Subscribe", "TopicArn=" + topic, "Protocol=sqs", "Endpoint=" + ArnOf(free))).Value("SubscriptionArn");
        (await owner.Query(
            "SetSubscriptionAttributes", "SubscriptionArn=" + subscription, "AttributeName=RedrivePolicy", redrive))
            .ShouldBe(403, "AuthorizationError", "The policy of " + ArnOf(closed));
    }

    private static string ArnOf(string queue) =>
        "arn:aws:sqs:us-east-1:000000000000:" + queue[(queue.LastIndexOf('/') + 1)..];

    /// <summary>Lets a topic send messages to a queue.</summary>
    private async Task Allow(string queue, string topic)
    {
        string policy = $$$"""
            {"Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage",
             "Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"{{{topic}}}"}} } }
            """;
        string text = System.Text.Json.JsonSerializer.Serialize(policy);
        (await _owner.Json(
            "SetQueueAttributes", $$"""{"Attributes":{"Policy":{{text}}},"QueueUrl":"{{queue}}"}""")).ShouldSucceed();
    }

    private static async Task<string> NewTopic(SignedClient owner) =>
        (await owner.Query("CreateTopic", "Name=t" + Guid.CreateVersion7().ToString("N"))).ShouldSucceed()
            .Value("TopicArn");

    private static string Permission(string queue, string label, string action) =>
        $$"""{"QueueUrl":"{{queue}}","Label":"{{label}}","AWSAccountIds":["111122223333"],"Actions":["{{action}}"]}""";

    private async Task<string> NewQueue(string statement)
    {
        string policy = System.Text.Json.JsonSerializer.Serialize($$"""{"Statement":[{{statement}}]}""");
        return await _owner.NewQueue($$"""{"Policy":{{policy}}}""");
    }
}
