using System.Text;
using Microsoft.AspNetCore.Http;
using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

/// <summary>Signatures of AWS's public test suite (the service of which is called `service`), and of botocore 1.43.
/// </summary>
public sealed class SignatureTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string Presigned =
        "?Action=SendMessage&MessageBody=a%20b%2Bc%3D%C3%B6~&Version=2012-11-05&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
        "&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsqs%2Faws4_request&X-Amz-Date=20150830T123600Z" +
        "&X-Amz-Expires=3600&X-Amz-SignedHeaders=host" +
        "&X-Amz-Signature=85eceacb9fe802efa7a10dc0a6b844f6662fe8aabc3dc7c41fc9b0a44918c23b";

    private static readonly DateTimeOffset Signed = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Signed);
    private readonly SignatureCheck _check;

    public SignatureTests() => _check = new SignatureCheck(
        [new AccessKey("AKIDEXAMPLE", Secret, Caller.Root("123456789012"))], "us-east-1", _time);

    [Theory]
    [InlineData("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "/./example", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5")]
    [InlineData("GET", "//example//", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84")]
    [InlineData("GET", "/example space/", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741")]
    [InlineData("GET", "/ሴ", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")]
    [InlineData(
        "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")]
    [InlineData(
        "GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData(
        "POST", "/", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", "Param1=value1",
        "Content-Type: application/x-www-form-urlencoded")]
    [InlineData(
        "POST", "/", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe", "Param1=value1",
        "Content-Type: application/x-www-form-urlencoded; charset=utf8")]
    [InlineData(
        "POST", "/", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c", "", "My-Header1: value1")]
    [InlineData(
        "GET", "/", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", "", "My-Header1:  value1",
        "My-Header2:  \"a   b   c\" ")]
    public void Signatures_of_the_public_suite_are_right(
        string method, string target, string signature, string body = "", params string[] headers)
    {
        SignedRequest request = Request(method, target, ["Host: example.amazonaws.com", .. headers]);
        Assert.Equal("AKIDEXAMPLE", Find(Sign(request, "service", signature), "service", body)?.Id);
    }

    [Theory]
    [InlineData(
        "sqs", "POST", "/", "7144337bdd3902f560f5f1b86cc92021b048de59e43d32bb7e3c319f8420d28f",
        """{"QueueUrl":"http://127.0.0.1:8080/000000000000/jobs","MessageBody":"hellö"}""",
        "Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS.SendMessage")]
    [InlineData(
        "sqs", "GET",
        "/000000000000/jobs.fifo?Action=SendMessage&MessageBody=a%20b%2Bc%3D%C3%B6~&Version=2012-11-05",
        "2a174f7c7310563575983a9e43857c46f7a1cc4a4bf9fe232b66bd63048bc3ec")]
    [InlineData(
        "sns", "POST", "/", "febbf28770b04d8ffe1c3db12603f88d4489788b3600fed58a1c422379ab77ec",
        "Action=Publish&Message=a+b%2Bc%26d&Version=2010-03-31",
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8")]
    public void Signatures_of_botocore_are_right(
        string service, string method, string target, string signature, string body = "", params string[] headers)
    {
        SignedRequest request = Sign(Request(method, target, ["Host: 127.0.0.1:8080", .. headers]), service, signature);
        Assert.Equal("AKIDEXAMPLE", Find(request, service, body)?.Id);
        Refuse(request, service, body + " ", AuthErrors.SignatureDoesNotMatch, "The Canonical String for this");
        request.Headers.Host = "127.0.0.2:8080";
        Refuse(request, service, body, AuthErrors.SignatureDoesNotMatch, "The Canonical String for this");
    }

    [Fact]
    public void A_presigned_request_is_good_until_it_expires()
    {
        SignedRequest request = Request("GET", "/000000000000/jobs.fifo" + Presigned, "Host: 127.0.0.1:8080");
        Assert.NotNull(Find(request, "sqs"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.NotNull(Find(request, "sqs"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Refuse(
            request, "sqs", "", AuthErrors.RequestExpired, "good until 20150830T133600Z, and it is 20150830T133601Z");
    }

    [Theory]
    [InlineData("X-Amz-Expires=3600", "X-Amz-Expires=604801", "from 1 to 604800, not '604801'")]
    [InlineData("X-Amz-Expires=3600", "X-Amz-Expires=0", "from 1 to 604800")]
    [InlineData("X-Amz-Expires=3600", "X-Amz-Expires=soon", "not 'soon'")]
    [InlineData("&X-Amz-SignedHeaders=host", "", "must include 'X-Amz-SignedHeaders'")]
    [InlineData("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'")]
    [InlineData("20150830T123600Z", "2015-08-30", "Date must be in ISO-8601 'basic format'. Got '2015-08-30'")]
    public void A_presigned_request_that_lacks_something_says_what(string part, string instead, string message)
    {
        string query = Presigned.Replace(part, instead, StringComparison.Ordinal);
        Refuse(Request("GET", "/" + query, "Host: a"), "sqs", "", AuthErrors.IncompleteSignature, message);
    }

    [Fact]
    public void Another_query_than_the_presigned_one_is_refused() => Refuse(
        Request(
            "GET",
            "/000000000000/jobs.fifo" + Presigned.Replace("SendMessage", "DeleteQueue", StringComparison.Ordinal),
            "Host: 127.0.0.1:8080"),
        "sqs", "", AuthErrors.SignatureDoesNotMatch, "Action=DeleteQueue");

    [Theory]
    [InlineData(-15, null)]
    [InlineData(15, null)]
    [InlineData(-16, "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z " +
        "(20150830T122000Z + 15 min.)")]
    [InlineData(16, "Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z " +
        "(20150830T125200Z - 15 min.)")]
    public void A_clock_may_be_wrong_by_15_minutes(int minutes, string? message)
    {
        SignedRequest request = Sign(
            Request("GET", "/", "Host: example.amazonaws.com"), "service",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
        SignatureCheck check = new(
            [new AccessKey("AKIDEXAMPLE", Secret, Caller.Root("123456789012"))], "us-east-1",
            new ManualTimeProvider(Signed.AddMinutes(minutes)));
        AccessKey? key = check.Find(request, "service", [], out AwsError? error);
        Assert.Equal(message, error?.Message);
        Assert.Equal(message is null, key is not null);
    }

    [Theory]
    [InlineData("AKIDEXAMPLE/20150830/eu-west-1/sqs/aws4_request", "valid region: 'us-east-1', not 'eu-west-1'.")]
    [InlineData("AKIDEXAMPLE/20150830/us-east-1/sns/aws4_request", "correct service: 'sqs', not 'sns'.")]
    [InlineData("AKIDEXAMPLE/20150830/us-east-1/sqs/aws3_request", "valid terminator: 'aws4_request'")]
    [InlineData("AKIDEXAMPLE/20150829/us-east-1/sqs/aws4_request", "'20150829' != '20150830', from '20150830T")]
    [InlineData("AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request", "does not match the signature you provided")]
    public void A_scope_must_be_right(string credential, string message) => Refuse(
        Authorized($"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature=00"), "sqs", "",
        AuthErrors.SignatureDoesNotMatch, message);

    [Theory]
    [InlineData("AWS4-HMAC-SHA256 Signature=00", "requires 'Credential' parameter. Authorization header")]
    [InlineData("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=00", "5 slash-delimited elements")]
    [InlineData("AWS4-ECDSA-P256-SHA256 Credential=a", "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'")]
    [InlineData("Bearer abc", "Unsupported AWS 'algorithm': 'Bearer'")]
    [InlineData("AWS4-HMAC-SHA256", "requires 'Credential'")]
    public void An_incomplete_authorization_says_what_it_lacks(string authorization, string message) =>
        Refuse(Authorized(authorization), "sqs", "", AuthErrors.IncompleteSignature, message);

    [Fact]
    public void Keys_that_nobody_has_and_sessions_are_refused_alike()
    {
        const string Scope = "20150830/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
        Refuse(
            Authorized($"AWS4-HMAC-SHA256 Credential=AKIDOTHER/{Scope}"), "sqs", "", AuthErrors.InvalidClientTokenId,
            "The security token included in the request is invalid.");
        string withToken = Scope.Replace("date", "date;x-amz-security-token", StringComparison.Ordinal);
        SignedRequest session = Authorized($"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{withToken}");
        session.Headers["X-Amz-Security-Token"] = "abc";
        Refuse(session, "sqs", "", AuthErrors.InvalidClientTokenId, "security token");
    }

    [Theory]
    [InlineData("X-Amz-Target: AmazonSQS.DeleteQueue", "X-Amz-Target")]
    [InlineData("Content-Type: application/x-amz-json-1.0", "Content-Type")]
    public void What_decides_about_a_request_must_be_signed(string header, string name)
    {
        SignedRequest request = Sign(
            Request("POST", "/", "Host: example.amazonaws.com"), "service",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
        string[] parts = header.Split(": ");
        request.Headers[parts[0]] = parts[1];
        Refuse(
            request, "service", "", AuthErrors.SignatureDoesNotMatch,
            $"'{name}' must be a 'SignedHeader' in the AWS Authorization.");
    }

    [Fact]
    public void A_hash_that_is_not_that_of_the_body_is_refused()
    {
        SignedRequest request = Authorized(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, " +
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=00");
        request.Headers["X-Amz-Content-Sha256"] = Empty;
        Refuse(request, "sqs", "", AuthErrors.SignatureDoesNotMatch, "does not match the signature you provided");
        Refuse(request, "sqs", "body", AuthErrors.SignatureDoesNotMatch, "must be the SHA-256 of the body");
        request.Headers["X-Amz-Content-Sha256"] = "UNSIGNED-PAYLOAD";
        Refuse(request, "sqs", "body", AuthErrors.SignatureDoesNotMatch, "UNSIGNED-PAYLOAD is for presigned requests");
    }

    [Fact]
    public void The_refusal_shows_what_should_have_been_signed_and_not_the_secret()
    {
        SignedRequest request = Authorized(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, " +
            "SignedHeaders=host;x-amz-date, Signature=00");
        Assert.Null(_check.Find(request, "sqs", [], out AwsError? error));
        Assert.StartsWith(
            $"""
            The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.

            The Canonical String for this request should have been
            'GET
            /

            host:a
            x-amz-date:20150830T123600Z

            host;x-amz-date
            {Empty}'

            The String-to-Sign should have been
            'AWS4-HMAC-SHA256
            20150830T123600Z
            20150830/us-east-1/sqs/aws4_request

            """, error!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.Message, StringComparison.Ordinal);
        string key = new AccessKey("a", Secret, Caller.Anonymous).ToString();
        Assert.DoesNotContain(Secret, key, StringComparison.Ordinal);
    }

    [Fact]
    public void The_second_version_of_signatures_is_refused_and_none_at_all_is_told_apart()
    {
        Refuse(
            Request("GET", "/?Action=ListQueues&AWSAccessKeyId=a&SignatureVersion=2&Signature=b", "Host: a"), "sqs", "",
            AuthErrors.InvalidSecurity, "Signature Version 2 is not supported");
        Refuse(
            Request("POST", "/", "Host: a"), "sqs", "Action=ListQueues&AWSAccessKeyId=a&SignatureVersion=2",
            AuthErrors.InvalidSecurity, "Signature Version 2 is not supported");
        Refuse(Authorized("AWS a:b"), "sqs", "", AuthErrors.InvalidSecurity, "Signature Version 2");
        Assert.Null(_check.Find(Request("GET", "/", "Host: a"), "sqs", [], out AwsError? error));
        Assert.Null(error);
    }

    private static SignedRequest Authorized(string authorization) => Request(
        "GET", "/", "Host: a", "X-Amz-Date: 20150830T123600Z", "Authorization: " + authorization);

    private static SignedRequest Request(string method, string target, params string[] headers)
    {
        HeaderDictionary all = [];
        foreach (string header in headers)
            all[header[..header.IndexOf(':', StringComparison.Ordinal)]] = header.Split(": ", 2)[1];
        string[] parts = target.Split('?', 2);
        return new SignedRequest(method, parts[0], parts.ElementAtOrDefault(1) ?? "", all);
    }

    private static SignedRequest Sign(SignedRequest request, string service, string signature)
    {
        request.Headers["X-Amz-Date"] = "20150830T123600Z";
        string names = string.Join(
            ';', request.Headers.Keys.Select(static name => name.ToLowerInvariant()).Order(StringComparer.Ordinal));
        request.Headers.Authorization =
            $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, " +
            $"SignedHeaders={names}, Signature={signature}";
        return request;
    }

    private AccessKey? Find(SignedRequest request, string service, string body = "")
    {
        AccessKey? key = _check.Find(request, service, Encoding.UTF8.GetBytes(body), out AwsError? error);
        Assert.True(error is null, error?.Message);
        return key;
    }

    private void Refuse(SignedRequest request, string service, string body, ErrorKind kind, string message)
    {
        Assert.Null(_check.Find(request, service, Encoding.UTF8.GetBytes(body), out AwsError? error));
        Assert.Equal(kind, error!.Kind);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
