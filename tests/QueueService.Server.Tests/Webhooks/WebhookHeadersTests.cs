using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

public sealed class WebhookHeadersTests
{
    [Theory]
    [InlineData("X-Api-Key", "a b", true)]
    [InlineData("x!#$%&'*+.^_`|~9", "ü", true)]
    [InlineData("Content-Language", "de", true)]
    [InlineData("X-Empty", "", true)]
    [InlineData("", "x", false)]
    [InlineData("X Y", "x", false)]
    [InlineData("X:Y", "x", false)]
    [InlineData("X\r\nY", "x", false)]
    [InlineData("Ü", "x", false)]
    [InlineData("X", "a\r\nHost: b", false)]
    [InlineData("X", "a\nb", false)]
    [InlineData("X", "a\0b", false)]
    [InlineData("X", " a", false)]
    [InlineData("X", "a\t", false)]
    [InlineData("host", "x", false)]
    [InlineData("Content-Length", "0", false)]
    [InlineData("TRANSFER-ENCODING", "chunked", false)]
    [InlineData("Connection", "close", false)]
    [InlineData("Authorization", "Bearer x", false)]
    [InlineData("Webhook-Signature", "v1,x", false)]
    [InlineData("webhook-anything", "x", false)]
    [InlineData("ce-id", "x", false)]
    [InlineData("Metadata-Flavor", "Google", false)]
    public void A_header_has_a_token_for_a_name_and_one_line_and_is_not_reserved(string name, string value, bool valid)
    {
        Assert.Equal(valid, WebhookHeaders.Refuse(name, value) is null);
    }

    [Fact]
    public void Headers_are_bounded_in_number_and_size_and_differ_in_name()
    {
        WebhookHeader[] many = [.. Enumerable.Range(0, 33).Select(n => new WebhookHeader($"X-{n}", "v"))];
        Assert.Null(WebhookHeaders.RefuseAll(many[..32]));
        Assert.NotNull(WebhookHeaders.RefuseAll(many));
        Assert.Null(WebhookHeaders.RefuseAll([new("X", new string('v', 8_191))]));
        Assert.NotNull(WebhookHeaders.RefuseAll([new("X", new string('v', 8_192))]));
        Assert.NotNull(WebhookHeaders.RefuseAll([new("X-a", "1"), new("x-A", "2")]));
    }

    [Fact]
    public void Credentials_become_an_authorization_that_is_not_shown()
    {
        Assert.Equal(
            new WebhookHeader("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", IsSecret: true),
            WebhookAuthorization.Basic("Aladdin", "open sesame", out _));
        Assert.Equal(
            new WebhookHeader("Authorization", "Bearer a.b-c_d~+/=", IsSecret: true),
            WebhookAuthorization.Bearer("a.b-c_d~+/=", out _));
        Assert.Null(WebhookAuthorization.Basic("a:b", "c", out string? refusal));
        Assert.NotNull(refusal);
        Assert.Null(WebhookAuthorization.Basic("a", "b\n", out _));
        foreach (string token in new[] { "", "a b", "a\r\nb", "=a", "ü", new string('x', 4_097) })
            Assert.Null(WebhookAuthorization.Bearer(token, out _));
    }
}
