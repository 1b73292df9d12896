using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

/// <summary>Temporary credentials: a key that signs together with its token only, and only until its end.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private const string Invalid = "The security token included in the request is invalid.";
    private const string Expired = "The security token included in the request is expired";
    private const string Token = "the/token+of-a-session";

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public SessionTests() => _server = new LiveServer(
        _time,
        "Aws:AccessKeys:0:Id=OWNER", "Aws:AccessKeys:0:Secret=lasting",
        "Aws:AccessKeys:1:Id=SESSION", "Aws:AccessKeys:1:Secret=passing", "Aws:AccessKeys:1:SessionToken=" + Token,
        "Aws:AccessKeys:1:ExpiresAt=2026-11-22T11:00:00Z",
        "Aws:AccessKeys:2:Id=ENDLESS", "Aws:AccessKeys:2:Secret=passing", "Aws:AccessKeys:2:SessionToken=" + Token);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task A_session_signs_with_its_token_in_each_protocol()
    {
        SignedClient session = Client("SESSION", "passing", Token);
        string path = new Uri(await session.NewQueue()).AbsolutePath;
        (await session.Query("ListQueues")).ShouldSucceed();
        (await Client("SESSION", "passing", Token, "sns").Query("ListTopics")).ShouldSucceed();
        string presigned = session.Presign(path, "Action=ListQueueTags&Version=2012-11-05", 60);
        (await Client(null, "").Get(presigned)).ShouldSucceed();
    }

    [Theory]
    [InlineData("SESSION", "passing", null)]
    [InlineData("SESSION", "passing", "another")]
    [InlineData("OWNER", "lasting", Token)]
    [InlineData("NOBODY", "passing", Token)]
    public async Task A_token_that_is_not_that_of_the_key_is_invalid(string key, string secret, string? token)
    {
        SignedClient client = Client(key, secret, token);
        (await client.Json("ListQueues", "{}")).ShouldBe(403, "InvalidClientTokenId", Invalid);
        (await client.Query("ListQueues")).ShouldBe(403, "InvalidClientTokenId", Invalid);
        (await Client(key, secret, token, "sns").Query("ListTopics")).ShouldBe(403, "InvalidClientTokenId", Invalid);
        (await Client(null, "").Get(client.Presign("/", "Action=ListQueues&Version=2012-11-05", 60)))
            .ShouldBe(403, "InvalidClientTokenId", Invalid);
    }

    [Fact]
    public async Task A_token_does_not_stand_for_the_signature() =>
        (await Client("SESSION", "wrong", Token).Json("ListQueues", "{}")).ShouldBe(403, "SignatureDoesNotMatch");

    [Fact]
    public async Task A_session_that_is_over_is_refused_as_expired()
    {
        _time.Advance(TimeSpan.FromMinutes(60) - TimeSpan.FromMilliseconds(1));
        SignedClient session = Client("SESSION", "passing", Token);
        string presigned = session.Presign("/", "Action=ListQueues&Version=2012-11-05", 600);
        (await session.Json("ListQueues", "{}")).ShouldSucceed();
        (await Client(null, "").Get(presigned)).ShouldSucceed();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        AwsAnswer json = await session.Json("ListQueues", "{}");
        json.ShouldBe(403, "ExpiredToken", Expired);
        Assert.Equal("com.amazon.coral.service#ExpiredTokenException", (string?)json.Json["__type"]);
        (await session.Query("ListQueues")).ShouldBe(403, "ExpiredToken", Expired);
        (await Client(null, "").Get(presigned)).ShouldBe(403, "ExpiredToken", Expired);
        (await Client("SESSION", "passing", Token, "sns").Query("ListTopics")).ShouldBe(403, "ExpiredToken", Expired);
        (await Client("SESSION", "passing", "another").Json("ListQueues", "{}"))
            .ShouldBe(403, "InvalidClientTokenId", Invalid);
        (await Client("OWNER", "lasting").Json("ListQueues", "{}")).ShouldSucceed();
        _time.Advance(TimeSpan.FromDays(400));
        (await Client("ENDLESS", "passing", Token).Json("ListQueues", "{}")).ShouldSucceed();
    }

    private SignedClient Client(string? key, string secret, string? token = null, string service = "sqs") =>
        new(_server.Http1, key, secret) { Token = token, Service = service, Now = _time.GetUtcNow() };
}
