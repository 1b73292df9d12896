using Microsoft.Extensions.Configuration;
using QueueService.Aws;
using QueueService.Server.Hosting;

namespace QueueService.Server.Tests.Hosting;

/// <summary>The section `Aws` of the settings.</summary>
public sealed class AwsOptionsTests
{
    [Fact]
    public void Without_settings_everybody_may_call_as_the_owner()
    {
        AwsOptions aws = Read();
        Assert.Equal(("000000000000", "us-east-1", false), (aws.AccountId, aws.Region, aws.StrictTimers));
        Assert.Empty(aws.AccessKeys);
    }

    [Fact]
    public void Account_region_and_timers_are_read()
    {
        AwsOptions aws = Read("--Aws:AccountId=123456789012", "--Aws:Region=eu-central-1", "--Aws:StrictTimers=true");
        Assert.Equal(("123456789012", "eu-central-1", true), (aws.AccountId, aws.Region, aws.StrictTimers));
    }

    [Theory]
    [InlineData("--Aws:AccountId=12345678901", "Aws:AccountId is '12345678901', but must be 12 digits.")]
    [InlineData("--Aws:AccountId=12345678901x", "Aws:AccountId is '12345678901x', but must be 12 digits.")]
    [InlineData("--Aws:Region=US", "Aws:Region is 'US', but must be a name like us-east-1.")]
    [InlineData("--Aws:StrictTimers=yes", "Aws:StrictTimers is 'yes', but must be true or false.")]
    [InlineData(
        "--Aws:AccessKeys=a", "Aws:AccessKeys is a list: say Aws:AccessKeys:0:Id, Aws:AccessKeys:0:Secret and so on.")]
    public void A_setting_that_cannot_be_is_told(string argument, string error) => Refuse([argument], error);

    [Fact]
    public void A_setting_that_there_is_not_is_refused() => Assert.StartsWith(
        "Aws:Account is not a setting. Known: Aws:AccountId", Assert.Single(Errors("--Aws:Account=1")),
        StringComparison.Ordinal);

    [Fact]
    public void Keys_stand_for_the_owner_another_account_or_a_user()
    {
        AwsOptions aws = Read(
            "--Aws:AccessKeys:0:Id=AKID_ONE-1", "--Aws:AccessKeys:0:Secret=a/b+c=",
            "--Aws:AccessKeys:1:Id=TWO", "--Aws:AccessKeys:1:Secret=s", "--Aws:AccessKeys:1:AccountId=111122223333",
            "--Aws:AccessKeys:1:User=bob@example.com");
        Assert.Equal(
            [
                new AwsAccessKey("AKID_ONE-1", "a/b+c="),
                new AwsAccessKey("TWO", "s") { AccountId = "111122223333", User = "bob@example.com" },
            ],
            aws.AccessKeys);
    }

    [Fact]
    public void A_key_may_be_that_of_a_session_with_an_end()
    {
        AwsOptions aws = Read(Key(
            "--Aws:AccessKeys:0:SessionToken=t/o+k=", "--Aws:AccessKeys:0:ExpiresAt=2026-12-31T23:59:59+01:00"));
        AwsAccessKey key = Assert.Single(aws.AccessKeys);
        Assert.Equal("t/o+k=", key.SessionToken);
        Assert.Equal(new DateTimeOffset(2026, 12, 31, 22, 59, 59, TimeSpan.Zero), key.ExpiresAt);
        Assert.Null(Assert.Single(Read(Key("--Aws:AccessKeys:0:SessionToken=t")).AccessKeys).ExpiresAt);
    }

    [Theory]
    [InlineData("Id=a b", "Id must be 1 to 128 printable ASCII characters without spaces.")]
    [InlineData("Id=a.b", "Id is 'a.b', but must be of A-Z a-z 0-9 _ -.")]
    [InlineData("AccountId=1", "AccountId is '1', but must be 12 digits.")]
    [InlineData("User=a b", "User is 'a b', but must be 1 to 64 of A-Z a-z 0-9 + = , . @ _ -.")]
    [InlineData("SessionToken=", "SessionToken must be 1 to 4096 printable ASCII characters without spaces.")]
    [InlineData("SessionToken=secret token",
        "SessionToken must be 1 to 4096 printable ASCII characters without spaces.")]
    [InlineData("ExpiresAt=tomorrow", "ExpiresAt is 'tomorrow', but must be an instant like 2026-12-31T23:59:59Z.")]
    [InlineData(
        "ExpiresAt=2026-12-31T23:59:59",
        "ExpiresAt is '2026-12-31T23:59:59', but must be an instant like 2026-12-31T23:59:59Z.")]
    [InlineData("ExpiresAt=2026-12-31T23:59:59Z", "ExpiresAt is only for a key that has a SessionToken.")]
    public void A_key_that_cannot_be_is_told_by_its_place(string setting, string error) =>
        Assert.Contains("Aws:AccessKeys:0:" + error, Errors(Key("--Aws:AccessKeys:0:" + setting)));

    [Fact]
    public void A_secret_is_not_repeated_in_errors()
    {
        Refuse(
            ["--Aws:AccessKeys:0:Id=a", "--Aws:AccessKeys:0:Secret=not printable"],
            "Aws:AccessKeys:0:Secret must be 1 to 128 printable ASCII characters without spaces.");
        Refuse(
            ["--Aws:AccessKeys:0:Id=a"],
            "Aws:AccessKeys:0:Secret must be 1 to 128 printable ASCII characters without spaces.");
        Assert.Equal("AwsAccessKey a", new AwsAccessKey("a", "secret") { SessionToken = "token" }.ToString());
    }

    [Fact]
    public void Two_keys_have_two_ids() => Refuse(
        Key("--Aws:AccessKeys:1:Id=a", "--Aws:AccessKeys:1:Secret=t"), "Aws:AccessKeys:1:Id is the id of another key.");

    [Fact]
    public void What_a_key_does_not_have_is_refused() => Assert.StartsWith(
        "Aws:AccessKeys:0:Token is not a setting.", Assert.Single(Errors(Key("--Aws:AccessKeys:0:Token=t"))),
        StringComparison.Ordinal);

    private static string[] Key(params string[] more) =>
        ["--Aws:AccessKeys:0:Id=a", "--Aws:AccessKeys:0:Secret=s", .. more];

    private static AwsOptions Read(params string[] arguments)
    {
        OptionsReader reader = new(new ConfigurationBuilder().AddCommandLine(arguments).Build());
        AwsOptions aws = reader.Read(arguments).Aws;
        Assert.Empty(reader.Errors);
        return aws;
    }

    private static void Refuse(string[] arguments, string error) =>
        Assert.Equal(error, Assert.Single(Errors(arguments)));

    private static List<string> Errors(params string[] arguments)
    {
        OptionsReader reader = new(new ConfigurationBuilder().AddCommandLine(arguments).Build());
        reader.Read(arguments);
        return reader.Errors;
    }
}
