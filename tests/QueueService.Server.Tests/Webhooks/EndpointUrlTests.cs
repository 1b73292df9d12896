using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

public sealed class EndpointUrlTests
{
    [Theory]
    [InlineData("https://hooks.example.com/in?key=1", "https://hooks.example.com:443")]
    [InlineData("HTTP://Hooks.Example.com:8080", "http://hooks.example.com:8080")]
    [InlineData("http://[2001:db8::1]:81/x", "http://[2001:db8::1]:81")]
    [InlineData("https://bücher.example/", "https://xn--bcher-kva.example:443")]
    [InlineData("http://exa_mple.com./", "http://exa_mple.com.:80")]
    [InlineData("http://0x7f.1/", "http://127.0.0.1:80")]
    public void An_endpoint_is_an_absolute_http_url(string text, string authority)
    {
        EndpointUrl? url = EndpointUrl.Parse(text, out string? refusal);
        Assert.Null(refusal);
        Assert.Equal(authority, url!.Authority);
    }

    [Theory]
    [InlineData("hooks.example.com/in")]
    [InlineData("/in")]
    [InlineData("")]
    [InlineData("//hooks.example.com/in")]
    [InlineData("http:hooks.example.com")]
    [InlineData("ftp://hooks.example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1:6379/_x")]
    [InlineData("unix:/run/docker.sock")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://user@hooks.example.com/")]
    [InlineData("http://user:password@hooks.example.com/")]
    [InlineData("http://@hooks.example.com/")]
    [InlineData("http://hooks.example.com\\@127.0.0.1/")]
    [InlineData("http://hooks.example.com/#part")]
    [InlineData("http://hooks.example.com#@127.0.0.1/")]
    [InlineData("http://hooks.example.com:0/")]
    [InlineData("http://hooks.example.com:65536/")]
    [InlineData(" http://hooks.example.com/")]
    [InlineData("http://hooks.example.com/a b")]
    [InlineData("http://hooks.example.com/\r\nX: y")]
    [InlineData("http://hooks.example.com/\u0000")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://[fe80::1%eth0]/")]
    [InlineData("http://1.2.3.4.5/")]
    [InlineData("http://999.1.1.1/")]
    [InlineData("http://008.8.8.8/")]
    [InlineData("http://a.0x7f/")]
    [InlineData("http://①②⑦.⓪.⓪.①/")]
    [InlineData("http://１２７.０.０.１/")]
    [InlineData("http://127。0。0。1/")]
    [InlineData("http://127．0．0．1/")]
    [InlineData("http://127｡0｡0｡1/")]
    [InlineData("http://ｌｏｃａｌｈｏｓｔ/")]
    [InlineData("http://ⓛocalhost/")]
    [InlineData("http://١٢٧.0.0.1/")]
    [InlineData("http://𝟏27.0.0.1/")]
    [InlineData("http://a%2e.example/")]
    public void Everything_else_is_refused_with_a_reason(string text)
    {
        Assert.Null(EndpointUrl.Parse(text, out string? refusal));
        Assert.False(string.IsNullOrEmpty(refusal));
    }

    [Fact]
    public void A_url_has_at_most_2048_characters()
    {
        string longest = "http://hooks.example.com/".PadRight(EndpointUrl.MaxLength, 'x');
        Assert.NotNull(EndpointUrl.Parse(longest, out _));
        Assert.Null(EndpointUrl.Parse(longest + "x", out string? refusal));
        Assert.Contains("2048", refusal, StringComparison.Ordinal);
    }
}
