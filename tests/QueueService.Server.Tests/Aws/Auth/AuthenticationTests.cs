using Microsoft.AspNetCore.Hosting;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Aws.Auth;

public sealed class AuthenticationTests(KeyedServer server) : IClassFixture<KeyedServer>
{
    private readonly SignedClient _owner = server.Client("OWNER");

    [Fact]
    public async Task A_signed_request_is_answered_in_both_protocols()
    {
        string queue = await _owner.NewQueue();
        AwsAnswer sent = await _owner.Json("SendMessage", $$"""{"QueueUrl":"{{queue}}","MessageBody":"höllo"}""");
        sent.ShouldSucceed();
        AwsAnswer received = await _owner.Query(
            "ReceiveMessage", "QueueUrl=" + queue, "AttributeName.1=SenderId", "WaitTimeSeconds=5");
        Assert.Equal(["höllo", "000000000000"], [received.Value("Body"), .. received.Values("Value")]);
        string path = new Uri(queue).AbsolutePath;
        AwsAnswer got = await _owner.Get(path + "?Action=GetQueueAttributes&AttributeName.1=QueueArn");
        Assert.EndsWith(path[(path.LastIndexOf('/') + 1)..], got.Value("Value"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sender_is_named_by_the_user_of_its_key()
    {
        string queue = await _owner.NewQueue();
        await server.Client("BOB").Json("SendMessage", $$"""{"QueueUrl":"{{queue}}","MessageBody":"a"}""");
        AwsAnswer received = await _owner.Json(
            "ReceiveMessage",
            $$"""{"QueueUrl":"{{queue}}","MessageSystemAttributeNames":["SenderId"],"WaitTimeSeconds":5}""");
        Assert.Equal("bob", (string?)received.Json["Messages"]![0]!["Attributes"]!["SenderId"]);
    }

    [Fact]
    public async Task A_presigned_request_is_answered_until_it_expires()
    {
        string path = new Uri(await _owner.NewQueue()).AbsolutePath;
        const string Query = "Action=SendMessage&MessageBody=a%20b&Version=2012-11-05";
        AwsAnswer sent = await server.Anonymous.Get(_owner.Presign(path, Query, 60));
        Assert.NotEmpty(sent.ShouldSucceed().Value("MessageId"));
        SignedClient late = server.Client("OWNER", minutes: -5);
        (await server.Anonymous.Get(late.Presign(path, Query, 60))).ShouldBe(
            400, "RequestExpired", "Request has expired");
        (await server.Anonymous.Get(late.Presign(path, Query, 600))).ShouldSucceed();
    }

    [Fact]
    public async Task A_presigned_request_may_say_that_its_body_is_not_signed_when_it_has_none()
    {
        string path = new Uri(await _owner.NewQueue()).AbsolutePath;
        string presigned = _owner.Presign(
            path, "Action=SendMessage&MessageBody=a&Version=2012-11-05", 60, "UNSIGNED-PAYLOAD");
        (await server.Anonymous.Get(presigned)).ShouldSucceed();
        (await server.Anonymous.Post(presigned, "Action=DeleteQueue")).ShouldBe(403, "SignatureDoesNotMatch");
    }

    [Theory]
    [InlineData(null, "", 0, 403, "MissingAuthenticationToken", "Request is missing Authentication Token")]
    [InlineData("NOBODY", "secret", 0, 403, "InvalidClientTokenId",
        "The security token included in the request is inv")]
    [InlineData("OWNER", "wrong", 0, 403, "SignatureDoesNotMatch",
        "The request signature we calculated does not match")]
    [InlineData("OWNER", "secret-of-OWNER", -20, 403, "SignatureDoesNotMatch", "Signature expired: ")]
    [InlineData("OWNER", "secret-of-OWNER", 20, 403, "SignatureDoesNotMatch", "Signature not yet current: ")]
    public async Task A_request_that_is_not_signed_well_is_refused_as_by_AWS(
        string? keyId, string secret, int minutes, int status, string code, string message)
    {
        SignedClient client = new(server.Address, keyId, secret)
        {
            Now = TimeProvider.System.GetUtcNow().AddMinutes(minutes),
        };
        AwsAnswer json = await client.Json("ListQueues", "{}");
        json.ShouldBe(status, code, message);
        Assert.Equal(code + ";Sender", json.QueryError);
        (await client.Query("ListQueues")).ShouldBe(status, code, message);
    }

    [Theory]
    [InlineData("InvalidClientTokenId", "UnrecognizedClientException", "NOBODY", "x")]
    [InlineData("SignatureDoesNotMatch", "InvalidSignatureException", "OWNER", "x")]
    [InlineData("MissingAuthenticationToken", "MissingAuthenticationTokenException", null, "")]
    public async Task JSON_clients_get_the_types_that_AWS_has(string code, string type, string? keyId, string secret)
    {
        AwsAnswer answer = await new SignedClient(server.Address, keyId, secret).Json("ListQueues", "{}");
        Assert.Equal((code, "com.amazon.coral.service#" + type), (answer.Code, (string?)answer.Json["__type"]));
    }

    [Fact]
    public async Task A_signature_is_good_for_its_service_only()
    {
        (await server.Topics("OWNER").Query("ListTopics")).ShouldSucceed();
        (await _owner.Get("/?Action=ListTopics&Version=2010-03-31")).ShouldBe(
            403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sns', not 'sqs'.");
        (await new SignedClient(server.Address, "OWNER", "wrong") { Service = "sns" }.Query("ListTopics"))
            .ShouldBe(403, "SignatureDoesNotMatch", "The Canonical String for this request should have been");
        (await new SignedClient(server.Address) { Service = "sns" }.Query("ListTopics"))
            .ShouldBe(403, "MissingAuthenticationToken");
    }

    [Fact]
    public async Task The_second_version_of_signatures_is_refused()
    {
        SignedClient unsigned = new(server.Address);
        (await unsigned.Query("ListQueues", "AWSAccessKeyId=OWNER", "SignatureVersion=2", "Signature=abc"))
            .ShouldBe(403, "InvalidSecurity", "Signature Version 2 is not supported");
        (await unsigned.Get("/?Action=ListQueues&AWSAccessKeyId=OWNER&SignatureVersion=2&Signature=abc"))
            .ShouldBe(403, "InvalidSecurity", "Signature Version 2 is not supported");
    }

    [Fact]
    public async Task Keys_of_AWS_are_not_asked_for_over_v1()
    {
        string queue = await _owner.NewQueue();
        Answer sent = await server.Api.Post($"/v1/queues/{queue[(queue.LastIndexOf('/') + 1)..]}/messages", "a");
        Assert.Equal(201, sent.Status);
    }
}

/// <summary>A server with keys: of the owner's account and its user bob, and of another account and its user eve.
/// </summary>
public sealed class KeyedServer : RunningServer
{
    public const string Stranger = "111122223333";

    private static readonly (string Id, string? Account, string? User)[] Keys =
        [("OWNER", null, null), ("BOB", null, "bob"), ("STRANGER", Stranger, null), ("EVE", Stranger, "eve")];

    internal SignedClient Client(string keyId, int minutes = 0, string service = "sqs") =>
        new(Address, keyId, "secret-of-" + keyId)
    {
        Service = service,
        Now = TimeProvider.System.GetUtcNow().AddMinutes(minutes),
    };

    /// <summary>Speaks to SNS.</summary>
    internal SignedClient Topics(string keyId) => new(Address, keyId, "secret-of-" + keyId) { Service = "sns" };

    /// <summary>Sends no signature.</summary>
    internal SignedClient Anonymous => new(Address);

    protected override void Configure(IWebHostBuilder builder)
    {
        builder.UseSetting("Webhooks:AllowedNetworks:0", HookServer.Network);
        for (int i = 0; i < Keys.Length; i++)
        {
            (string id, string? account, string? user) = Keys[i];
            builder.UseSetting($"Aws:AccessKeys:{i}:Id", id);
            builder.UseSetting($"Aws:AccessKeys:{i}:Secret", "secret-of-" + id);
            if (account is not null) builder.UseSetting($"Aws:AccessKeys:{i}:AccountId", account);
            if (user is not null) builder.UseSetting($"Aws:AccessKeys:{i}:User", user);
        }
    }
}
