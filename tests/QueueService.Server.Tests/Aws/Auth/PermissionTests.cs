using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

[Collection(ServerCollection.Name)]
public sealed class PermissionTests(RunningServer server)
{
    private readonly SignedClient _client = new(server.Address);

    [Fact]
    public async Task A_permission_is_a_statement_of_the_queues_policy()
    {
        string queue = await _client.NewQueue();
        string arn = "arn:aws:sqs:us-east-1:000000000000:" + queue[(queue.LastIndexOf('/') + 1)..];
        (await _client.Query(
            "AddPermission", "QueueUrl=" + queue, "Label=one", "AWSAccountId.1=111122223333",
            "ActionName.1=SendMessage")).ShouldSucceed();
        (await _client.Json(
            "AddPermission",
            $$"""{"QueueUrl":"{{queue}}","Label":"two","AWSAccountIds":["111122223333","444455556666"],"Actions":["*"]}"""))
            .ShouldSucceed();
        Assert.Equal(
            $$"""
            {"Version":"2008-10-17","Id":"{{arn}}/SQSDefaultPolicy","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"SQS:SendMessage","Resource":"{{arn}}"},{"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::444455556666:root"]},"Action":"SQS:*","Resource":"{{arn}}"}]}
            """, await Policy(queue));
        (await _client.Query("RemovePermission", "QueueUrl=" + queue, "Label=one")).ShouldSucceed();
        Assert.DoesNotContain("one", await Policy(queue), StringComparison.Ordinal);
        (await _client.Json("RemovePermission", $$"""{"QueueUrl":"{{queue}}","Label":"two"}""")).ShouldSucceed();
        Assert.Null(await Policy(queue));
    }

    [Fact]
    public async Task A_policy_keeps_its_version()
    {
        string queue = await _client.NewQueue();
        const string Existing =
            """{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]}""";
        await SetPolicy(queue, Existing);
        await Add(queue, "more", "111122223333", "SendMessage");
        string policy = (await Policy(queue))!;
        Assert.StartsWith(
            """{"Version":"2012-10-17","Statement":[{"Effect":"Deny",""", policy, StringComparison.Ordinal);
        (await _client.Json("RemovePermission", $$"""{"QueueUrl":"{{queue}}","Label":"more"}""")).ShouldSucceed();
        Assert.Equal(Existing, await Policy(queue));
    }

    [Theory]
    [InlineData("a b", "111122223333", "SendMessage", 400, "InvalidParameterValue",
        "Value a b for parameter Label is invalid")]
    [InlineData("a", "1111", "SendMessage", 400, "InvalidParameterValue",
        "Value 1111 for parameter PrincipalId is invalid. Reason: Unable to verify.")]
    [InlineData("a", "111122223333", "DeleteQueue", 400, "InvalidParameterValue",
        "Value SQS:DeleteQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to " +
        "invoke this")]
    [InlineData("a", "111122223333", "Fly", 400, "InvalidParameterValue",
        "Value SQS:Fly for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL")]
    [InlineData("a", "111122223333", "*,*,*,*,*,*,*,*", 403, "OverLimit",
        "8 Actions were found, maximum allowed is 7.")]
    [InlineData("", "111122223333", "SendMessage", 400, "MissingParameter", "must contain the parameter Label")]
    public async Task A_permission_that_cannot_be_given_is_refused_in_both_protocols(
        string label, string account, string actions, int status, string code, string message)
    {
        string queue = await _client.NewQueue();
        string[] all = actions.Split(',');
        (await Add(queue, label, account, all)).ShouldBe(status, code, message);
        (await _client.Query(
            "AddPermission",
        [
            "QueueUrl=" + queue, "Label=" + label, "AWSAccountId.1=" + account,
            .. all.Select(static (action, i) => $"ActionName.{i + 1}={action}"),
        ])).ShouldBe(status, code, message);
        Assert.Null(await Policy(queue));
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        string queue = await _client.NewQueue();
        (await _client.Json("AddPermission", $$"""{"QueueUrl":"{{queue}}","Label":"a","Actions":["*"]}"""))
            .ShouldBe(400, "MissingParameter", "AWSAccountIds");
        (await _client.Query("AddPermission", "QueueUrl=" + queue, "Label=a", "AWSAccountId.1=111122223333"))
            .ShouldBe(400, "MissingParameter", "Actions");
    }

    [Fact]
    public async Task A_label_is_given_once_and_must_be_there_to_be_removed()
    {
        string queue = await _client.NewQueue();
        (await _client.Json("RemovePermission", $$"""{"QueueUrl":"{{queue}}","Label":"a"}""")).ShouldBe(
            400, "InvalidParameterValue",
            "Value a for parameter Label is invalid. Reason: can't find label on existing policy.");
        (await Add(queue, "a", "111122223333", "SendMessage")).ShouldSucceed();
        (await Add(queue, "a", "111122223333", "SendMessage")).ShouldBe(
            400, "InvalidParameterValue", "Value a for parameter Label is invalid. Reason: Already exists.");
    }

    [Fact]
    public async Task A_policy_has_20_statements_at_most()
    {
        string queue = await _client.NewQueue();
        for (int i = 0; i < 20; i++) (await Add(queue, $"s{i}", "111122223333", "SendMessage")).ShouldSucceed();
        (await Add(queue, "s20", "111122223333", "SendMessage")).ShouldBe(
            403, "OverLimit", "21 Statements were found, maximum allowed is 20.");
    }

    [Fact]
    public async Task Permissions_that_are_given_at_once_are_all_there()
    {
        string queue = await _client.NewQueue();
        AwsAnswer[] answers = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Add(queue, $"s{i}", "111122223333", "SendMessage")));
        Assert.All(answers, static answer => answer.ShouldSucceed());
        JsonArray statements = JsonNode.Parse((await Policy(queue))!)!["Statement"]!.AsArray();
        Assert.Equal(8, statements.Count);
    }

    [Theory]
    [InlineData("{", "Invalid value for the parameter Policy. Reason: Not well-formed JSON")]
    [InlineData("""{"Statement":[{"Effect":"Allow"}]}""", "Reason: Policy statement must contain principals.")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}""",
        "Reason: Policy statement action out of service scope! s3:*")]
    public async Task A_policy_that_is_not_understood_is_refused(string policy, string message)
    {
        string queue = await _client.NewQueue();
        (await SetPolicy(queue, policy)).ShouldBe(400, "InvalidAttributeValue", message);
        Assert.Null(await Policy(queue));
    }

    [Fact]
    public async Task A_queue_that_does_not_exist_has_no_permissions()
    {
        string queue = $"{server.Address}000000000000/none";
        (await Add(queue, "a", "111122223333", "SendMessage"))
            .ShouldBe(400, "AWS.SimpleQueueService.NonExistentQueue");
        (await _client.Query("RemovePermission", "QueueUrl=" + queue, "Label=a"))
            .ShouldBe(400, "AWS.SimpleQueueService.NonExistentQueue");
    }

    private Task<AwsAnswer> Add(string queue, string label, string account, params string[] actions) => _client.Json(
        "AddPermission",
        $$"""
        {"QueueUrl":"{{queue}}","Label":"{{label}}","AWSAccountIds":["{{account}}"],
         "Actions":[{{string.Join(',', actions.Select(static action => $"\"{action}\""))}}]}
        """);

    private Task<AwsAnswer> SetPolicy(string queue, string policy) => _client.Json(
        "SetQueueAttributes",
        new JsonObject { ["QueueUrl"] = queue, ["Attributes"] = new JsonObject { ["Policy"] = policy } }
            .ToJsonString());

    private async Task<string?> Policy(string queue)
    {
        AwsAnswer answer = await _client.Json(
            "GetQueueAttributes", $$"""{"QueueUrl":"{{queue}}","AttributeNames":["Policy"]}""");
        return (string?)answer.ShouldSucceed().Json["Attributes"]?["Policy"];
    }
}
