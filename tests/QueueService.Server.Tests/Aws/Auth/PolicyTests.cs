using System.Net;
using QueueService.Aws.Auth;

namespace QueueService.Server.Tests.Aws.Auth;

public sealed class PolicyTests
{
    private const string Queue = "arn:aws:sqs:us-east-1:000000000000:jobs";

    private static readonly AccessRequest Send = new()
    {
        Caller = Caller.User("111122223333", "bob"),
        Action = "sqs:sendmessage",
        Resource = Queue,
        Now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        SourceIp = IPAddress.Parse("::ffff:10.1.2.3"),
        UserAgent = "curl/8",
    };

    [Theory]
    [InlineData("\"*\"", true)]
    [InlineData("""{"AWS":"*"}""", true)]
    [InlineData("""{"AWS":"111122223333"}""", true)]
    [InlineData("""{"AWS":["444455556666","arn:aws:iam::111122223333:root"]}""", true)]
    [InlineData("""{"AWS":"arn:aws:iam::111122223333:user/bob"}""", true)]
    [InlineData("""{"AWS":"arn:aws:iam::111122223333:user/alice"}""", false)]
    [InlineData("""{"AWS":"arn:aws:iam::111122223333:role/bob"}""", false)]
    [InlineData("""{"AWS":"444455556666"}""", false)]
    [InlineData("""{"Service":"sns.amazonaws.com"}""", false)]
    public void A_principal_is_everybody_an_account_a_user_or_a_service(string principal, bool isMeant)
    {
        Policy policy = Parse($$"""{"Effect":"Allow","Principal":{{principal}},"Action":"*","Resource":"*"}""");
        Assert.Equal(isMeant ? Verdict.Allow : Verdict.Silent, policy.Judge(Send));
        Policy others = Parse($$"""{"Effect":"Deny","NotPrincipal":{{principal}},"Action":"*","Resource":"*"}""");
        Assert.Equal(isMeant ? Verdict.Silent : Verdict.Deny, others.Judge(Send));
    }

    [Fact]
    public void A_service_is_no_account_and_nobody_is_only_everybody()
    {
        Policy service = Parse(
            """{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"*","Resource":"*"}""");
        Assert.Equal(Verdict.Allow, service.Judge(Send with { Service = "sns.amazonaws.com" }));
        Policy account = Parse(
            """{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}""");
        Assert.Equal(Verdict.Silent, account.Judge(Send with { Service = "sns.amazonaws.com" }));
        Assert.Equal(Verdict.Silent, account.Judge(Send with { Caller = Caller.Anonymous }));
        Policy everybody = Parse("""{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}""");
        Assert.Equal(Verdict.Allow, everybody.Judge(Send with { Caller = Caller.Anonymous }));
    }

    [Theory]
    [InlineData("\"Action\":\"SQS:SendMessage\"", true)]
    [InlineData("\"Action\":\"sqs:Send*\"", true)]
    [InlineData("\"Action\":[\"sqs:DeleteMessage\",\"sqs:?endMessage\"]", true)]
    [InlineData("\"Action\":\"sqs:DeleteMessage\"", false)]
    [InlineData("\"NotAction\":\"sqs:DeleteMessage\"", true)]
    [InlineData("\"NotAction\":\"sqs:*\"", false)]
    public void Actions_are_patterns_in_any_case(string action, bool isMeant) => Assert.Equal(
        isMeant ? Verdict.Allow : Verdict.Silent,
        Parse($$"""{"Effect":"Allow","Principal":"*",{{action}},"Resource":"*"}""").Judge(Send));

    [Theory]
    [InlineData("\"Resource\":\"arn:aws:sqs:us-east-1:000000000000:jobs\"", true)]
    [InlineData("\"Resource\":\"arn:aws:sqs:*:*:j?bs\"", true)]
    [InlineData("\"Resource\":\"arn:aws:sqs:us-east-1:000000000000:JOBS\"", false)]
    [InlineData("\"Resource\":[\"arn:aws:sqs:us-east-1:000000000000:a\",\"arn:aws:*obs\"]", true)]
    [InlineData("\"NotResource\":\"arn:aws:sqs:us-east-1:000000000000:a\"", true)]
    public void Resources_are_patterns(string resource, bool isMeant) => Assert.Equal(
        isMeant ? Verdict.Allow : Verdict.Silent,
        Parse($$"""{"Effect":"Allow","Principal":"*","Action":"*",{{resource}}}""").Judge(Send));

    [Theory]
    [InlineData("""{"StringEquals":{"aws:username":["alice","bob"]}}""", true)]
    [InlineData("""{"StringEquals":{"AWS:UserName":"Bob"}}""", false)]
    [InlineData("""{"StringEqualsIgnoreCase":{"aws:username":"BOB"}}""", true)]
    [InlineData("""{"StringNotEquals":{"aws:username":["alice","bob"]}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:username":"alice"}}""", true)]
    [InlineData("""{"StringLike":{"aws:useragent":"curl/*"}}""", true)]
    [InlineData("""{"StringNotLike":{"aws:useragent":"curl/*"}}""", false)]
    [InlineData(
        """{"StringEquals":{"aws:PrincipalAccount":"111122223333"},"Bool":{"aws:SecureTransport":"true"}}""", false)]
    [InlineData("""{"Bool":{"aws:SecureTransport":false}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":["192.168.0.0/16","10.0.0.0/8"]}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.1.2.3"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.1.9.9/16"}}""", true)]
    [InlineData("""{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}""", false)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}""", false)]
    [InlineData("""{"DateLessThan":{"aws:CurrentTime":"2026-03-01T12:00:01Z"}}""", true)]
    [InlineData("""{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}}""", true)]
    [InlineData("""{"DateGreaterThan":{"aws:CurrentTime":"2026-03-01T12:00:00Z"}}""", false)]
    [InlineData("""{"DateEquals":{"aws:EpochTime":"2026-03-01"}}""", false)]
    [InlineData("""{"NumericGreaterThan":{"aws:EpochTime":1700000000}}""", true)]
    [InlineData("""{"NumericLessThanEquals":{"aws:EpochTime":"1700000000"}}""", false)]
    [InlineData("""{"NumericNotEquals":{"aws:EpochTime":"1"}}""", true)]
    [InlineData("""{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/*"}}""", true)]
    [InlineData("""{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/alice"}}""", false)]
    [InlineData("""{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/bob"}}""", false)]
    [InlineData("""{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}""", false)]
    [InlineData("""{"ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}""", true)]
    [InlineData("""{"ArnLikeIfExists":{"aws:SourceArn":"arn:aws:sns:*:*:*"}}""", true)]
    [InlineData("""{"Null":{"aws:SourceArn":"true"}}""", true)]
    [InlineData("""{"Null":{"aws:SourceArn":"false"}}""", false)]
    [InlineData("""{"Null":{"aws:username":"true"}}""", false)]
    [InlineData("""{"ForAllValues:StringEquals":{"aws:TagKeys":"a"}}""", true)]
    [InlineData("""{"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}}""", false)]
    [InlineData("""{"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}}""", false)]
    [InlineData("""{"ForAnyValue:StringLike":{"aws:username":"b*"}}""", true)]
    public void Conditions_hold_or_not(string condition, bool holds) => Assert.Equal(
        holds ? Verdict.Allow : Verdict.Silent,
        Parse($$"""{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{{condition}}}""")
            .Judge(Send));

    [Fact]
    public void A_service_and_a_subscription_have_keys_of_their_own()
    {
        AccessRequest relay = Send with
        {
            Service = "sns.amazonaws.com", SourceArn = "arn:aws:sns:us-east-1:000000000000:orders",
            Protocol = "sqs", Endpoint = Queue,
        };
        Assert.Equal("arn:aws:sns:us-east-1:000000000000:orders", relay.Find("aws:SourceArn"));
        Assert.Equal("000000000000", relay.Find("aws:sourceaccount"));
        Assert.Equal(("sqs", Queue), (relay.Find("SNS:Protocol"), relay.Find("sns:Endpoint")));
        Assert.Equal("true", relay.Find("aws:PrincipalIsAWSService"));
    }

    [Fact]
    public void A_deny_wins_wherever_it_stands()
    {
        Policy policy = Parse(
            """
            {"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"},
            {"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"sqs:SendMessage","Resource":"*"},
            {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}
            """);
        Assert.Equal(Verdict.Deny, policy.Judge(Send));
        Assert.Equal(Verdict.Allow, policy.Judge(Send with { Action = "sqs:receivemessage" }));
    }

    [Theory]
    [InlineData("", "Not well-formed JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("""{"Version":"2012-10-17"}""", "must contain a Statement")]
    [InlineData("""{"Statement":[]}""", "must contain a Statement")]
    [InlineData("""{"Statement":[],"Statement":[]}""", "Not well-formed JSON")]
    [InlineData("""{"Version":"2020-01-01","Statement":[]}""", "must be 2008-10-17 or 2012-10-17")]
    [InlineData("""{"Statements":[]}""", "Unknown element Statements")]
    [InlineData("""{"Statement":{"Effect":"allow"}}""", "must be Allow or Deny, not allow")]
    [InlineData("""{"Statement":{"Principal":"*","Action":"*","Resource":"*"}}""", "must contain an Effect")]
    [InlineData("""{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}""", "must contain principals")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*"}}""", "must contain actions")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}""", "must contain resources")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"bob"}}""", "must be * or a JSON object")]
    [InlineData("""{"Statement":{"Principal":{"AWS":"bob"}}}""", "Invalid principal in policy: bob")]
    [InlineData("""{"Statement":{"Principal":{"AWS":"arn:aws:iam::111122223333:user/*"}}}""", "Invalid principal")]
    [InlineData("""{"Statement":{"Principal":{"Federated":"x"}}}""", "Unknown kind of Principal: Federated")]
    [InlineData("""{"Statement":{"Principal":"*","NotPrincipal":"*"}}""", "one of Principal and NotPrincipal")]
    [InlineData("""{"Statement":{"Action":"sns:Publish"}}""", "action out of service scope! sns:Publish")]
    [InlineData("""{"Statement":{"Action":[]}}""", "Action must not be empty")]
    [InlineData("""{"Statement":{"Resource":"jobs"}}""", "The Resource jobs is not an ARN")]
    [InlineData("""{"Statement":{"Resource":"arn:aws:sqs:::${aws:username}"}}""", "Policy variables are not supported")]
    [InlineData("""{"Statement":{"Condition":{"Equals":{"a:b":"c"}}}}""", "Unknown condition operator Equals")]
    [InlineData("""{"Statement":{"Condition":{"NullIfExists":{"a:b":"true"}}}}""", "Unknown condition operator")]
    [InlineData("""{"Statement":{"Condition":{"Bool":{"a:b":"yes"}}}}""", "yes is not a value for Bool")]
    [InlineData("""{"Statement":{"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0/8"}}}}""", "10.0.0/8 is not a value")]
    [InlineData("""{"Statement":{"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}}}""", "10.0.0.0/33 is not")]
    [InlineData("""{"Statement":{"Condition":{"ArnLike":{"aws:SourceArn":"arn:*:x"}}}}""", "arn:*:x is not a value")]
    [InlineData("""{"Statement":{"Condition":{"StringEquals":{"username":"a"}}}}""", "Invalid condition key username")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principals":"*"}}""", "Unknown element Principals of a Statement")]
    public void A_policy_that_is_not_understood_is_refused_with_the_reason(string json, string reason)
    {
        Assert.Null(PolicyReader.Read(json, PolicyRules.Sqs, out string? problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_is_bounded()
    {
        const string Statement = """{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}""";
        static string Statements(int count) =>
            $$"""{"Statement":[{{string.Join(',', Enumerable.Repeat(Statement, count))}}]}""";
        Assert.NotNull(PolicyReader.Read(Statements(20), PolicyRules.Sqs, out _));
        Assert.Null(PolicyReader.Read(Statements(21), PolicyRules.Sqs, out string? problem));
        Assert.Equal("21 Statements were found, maximum allowed is 20.", problem);
        const string Eight = "[\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\",\"*\"]";
        string eight = Statement.Replace("\"*\",\"R", Eight + ",\"R", StringComparison.Ordinal);
        Assert.Null(PolicyReader.Read($$"""{"Statement":{{eight}}}""", PolicyRules.Sqs, out problem));
        Assert.Equal("8 Actions were found, maximum allowed is 7.", problem);
        Assert.Null(PolicyReader.Read($$"""{"Id":"{{new string('a', 8_192)}}"}""", PolicyRules.Sqs, out problem));
        Assert.Equal("A policy has at most 8192 bytes.", problem);
    }

    [Fact]
    public void A_permission_is_a_statement_that_can_be_taken_away_again()
    {
        Permission permission = new(
            "a", [Caller.RootArn("111122223333")], ["SQS:SendMessage"], Queue, Queue + "/SQSDefaultPolicy");
        string first = PolicyEdit.Add(null, permission)!;
        Assert.Equal(
            """
            {"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:jobs/SQSDefaultPolicy","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"SQS:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:jobs"}]}
            """, first);
        Assert.Null(PolicyEdit.Add(first, permission));
        string both = PolicyEdit.Add(first, permission with
        {
            Label = "b", Actions = ["SQS:SendMessage", "SQS:ReceiveMessage"],
            Principals = [Caller.RootArn("111122223333"), Caller.RootArn("444455556666")],
        })!;
        Assert.Equal(2, PolicyReader.Read(both, PolicyRules.Sqs, out _)!.Statements.Count);
        Assert.False(PolicyEdit.TryRemove(both, "c", out _));
        Assert.True(PolicyEdit.TryRemove(both, "b", out string? changed));
        Assert.Equal(first, changed);
        Assert.True(PolicyEdit.TryRemove(first, "a", out changed));
        Assert.Null(changed);
    }

    [Fact]
    public void A_permission_keeps_what_else_the_policy_has()
    {
        string added = PolicyEdit.Add(
            """{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}""",
            new Permission("a", ["x"], ["SQS:*"], Queue, "id"))!;
        Assert.StartsWith(
            """{"Version":"2012-10-17","Statement":[{"Effect":"Deny",""", added, StringComparison.Ordinal);
        Assert.True(PolicyEdit.TryRemove(added, "a", out string? changed));
        Assert.Contains("Deny", changed, StringComparison.Ordinal);
    }

    private static Policy Parse(string statements)
    {
        string json = $$"""{"Version":"2012-10-17","Id":"p","Statement":[{{statements}}]}""";
        Policy? policy = PolicyReader.Read(json, PolicyRules.Sqs, out string? problem);
        Assert.True(policy is not null, problem);
        return policy;
    }
}
