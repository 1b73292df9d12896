using System.Net;
using System.Net.Sockets;
using QueueService.Server.Webhooks;

#pragma warning disable CA2025 // Every attempt ends within its test.

namespace QueueService.Server.Tests.Webhooks;

/// <summary>What an attacker who may subscribe tries, against the check at creation and the transport. A canary listens
/// on every address of the machine and must see no connection. The network itself is fenced off: should a denial fail,
/// the test does, and nothing leaves the machine.</summary>
public sealed class SsrfTests : IAsyncLifetime
{
    private readonly Canary _canary = new();
    private readonly Receiver _receiver = new(Hooks.Allowed);
    private readonly List<IPEndPoint> _connected = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _canary.Dispose();
        await _receiver.DisposeAsync();
    }

    /// <summary>{0} is the canary's port.</summary>
    public static TheoryData<string> Literals =>
    [
        "http://127.0.0.1:{0}/", "http://127.0.0.3:{0}/", "http://127.255.255.254:{0}/", "http://0.0.0.0:{0}/",
        "http://0.0.0.1:{0}/", "http://10.0.0.1:{0}/", "http://172.16.0.1:{0}/", "http://192.168.1.1:{0}/",
        "http://100.64.0.1:{0}/", "http://169.254.169.254:{0}/latest/meta-data/", "http://169.254.170.2:{0}/",
        "http://168.63.129.16:{0}/", "http://192.0.0.192:{0}/", "http://192.0.2.1:{0}/", "http://198.18.0.1:{0}/",
        "http://198.51.100.1:{0}/", "http://203.0.113.1:{0}/", "http://224.0.0.1:{0}/", "http://240.0.0.1:{0}/",
        "http://255.255.255.255:{0}/",
        // Other ways to write an address.
        "http://2130706433:{0}/", "http://0x7f000001:{0}/", "http://0x7f.0.0.1:{0}/", "http://0177.0.0.1:{0}/",
        "http://017700000001:{0}/", "http://127.1:{0}/", "http://127.0.1:{0}/", "http://0:{0}/",
        "http://0300.0250.1.1:{0}/", "http://127.0.0.1.:{0}/", "http://127.00.00.01:{0}/", "https://127.0.0.1:{0}/",
        "HTTP://127.0.0.1:{0}/",
        // IPv6, and IPv4 within it.
        "http://[::1]:{0}/", "http://[::]:{0}/", "http://[0:0:0:0:0:0:0:1]:{0}/", "http://[::ffff:127.0.0.1]:{0}/",
        "http://[::ffff:7f00:1]:{0}/", "http://[::ffff:169.254.169.254]:{0}/", "http://[::ffff:0:127.0.0.1]:{0}/",
        "http://[::127.0.0.1]:{0}/", "http://[64:ff9b::7f00:1]:{0}/", "http://[64:ff9b::a9fe:a9fe]:{0}/",
        "http://[64:ff9b:1::7f00:1]:{0}/", "http://[2002:7f00:1::]:{0}/", "http://[2002:a9fe:a9fe::1]:{0}/",
        "http://[2001:0:7f00:1::80ff:fffe]:{0}/", "http://[fe80::1]:{0}/", "http://[fec0::1]:{0}/",
        "http://[fc00::1]:{0}/", "http://[fd00:ec2::254]:{0}/", "http://[ff02::1]:{0}/", "http://[2001:db8::1]:{0}/",
        "http://[3fff::1]:{0}/", "http://[2001:2::1]:{0}/", "http://[100::1]:{0}/", "http://[5f00::1]:{0}/",
        "http://[2606:4700::5efe:127.0.0.1]:{0}/",
    ];

    /// <summary>What the text alone gives away; it never comes to an attempt.</summary>
    public static TheoryData<string> Disguises =>
    [
        "http://①②⑦.⓪.⓪.①:{0}/", "http://１２７.０.０.１:{0}/", "http://127。0。0。1:{0}/",
        "http://127．0．0．1:{0}/",
        "http://ｌｏｃａｌｈｏｓｔ:{0}/", "http://user@127.0.0.1:{0}/", "http://public.example@127.0.0.1:{0}/",
        "http://public.example:80\\@127.0.0.1:{0}/", "http://127.0.0.1:{0}#@public.example/",
        "http://[fe80::1%25lo]:{0}/", "http://[::1%25lo]:{0}/", "http://%31%32%37.0.0.1:{0}/", "http:127.0.0.1:{0}",
        "gopher://127.0.0.1:{0}/_", "ftp://127.0.0.1:{0}/", "file://127.0.0.1/etc/passwd", "//127.0.0.1:{0}/",
        "http://127.0.0.1:{0}\r\nHost: public.example", "http://127.0.0.1:{0}/\u0000", "http://0x7f.0.0.0.1:{0}/",
    ];

    /// <summary>Names and what they resolve to, each time; the last answer is repeated.</summary>
    public static TheoryData<string, string> Names => new()
    {
        { "localhost", "127.0.0.1" }, { "localhost.", "127.0.0.1,::1" }, { "a.localhost", "::1" },
        { "internal.example", "10.1.2.3" }, { "mapped.example", "::ffff:127.0.0.1" },
        { "metadata.example", "169.254.169.254" }, { "nat64.example", "64:ff9b::7f00:1" },
        { "both.example", "127.0.0.2,127.0.0.1" }, { "both-reversed.example", "127.0.0.1,127.0.0.2" },
        { "public-first.example", "93.184.216.34,10.0.0.1" }, { "six.example", "127.0.0.2,::1" },
    };

    [Theory]
    [MemberData(nameof(Literals))]
    public async Task A_denied_address_is_refused_at_creation_and_at_an_attempt(string text)
    {
        string url = string.Format(text, _canary.Port);
        await ShouldRefuse(url, isAddress: true, Hooks.Names());
        await ShouldDeny(url, Hooks.Names());
    }

    [Theory]
    [MemberData(nameof(Disguises))]
    public async Task A_disguise_is_refused_at_creation_and_cannot_be_sent_to(string text)
    {
        string url = string.Format(text, _canary.Port);
        await ShouldRefuse(url, isAddress: false, Hooks.Names());
        Assert.Null(EndpointUrl.Parse(url, out _));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_name_with_any_denied_address_is_refused_and_none_of_them_is_tried(string name, string addresses)
    {
        string url = $"http://{name}:{_canary.Port}/";
        await ShouldRefuse(url, isAddress: true, Hooks.Names((name, [addresses])));
        await ShouldDeny(url, Hooks.Names((name, [addresses])));
    }

    [Fact]
    public async Task A_name_that_changes_its_address_after_the_check_is_denied_at_the_attempt()
    {
        ResolveHost rebinding = Hooks.Names(("rebind.example", ["127.0.0.2", "127.0.0.1"]));
        string url = $"http://rebind.example:{_canary.Port}/";
        Assert.Null(await Check(url, rebinding));
        await ShouldDeny(url, rebinding);
    }

    [Fact]
    public async Task A_name_is_resolved_once_for_a_connection_so_there_is_no_gap_to_rebind_in()
    {
        int asked = 0;
        using WebhookTransport transport = Transport((_, _) =>
        {
            string answer = ++asked == 1 ? "127.0.0.2" : "127.0.0.1";
            return ValueTask.FromResult<IPAddress[]>([IPAddress.Parse(answer)]);
        });
        string url = $"http://rebind.example:{_receiver.Port}/ok";
        Assert.Equal(_receiver.Address, (await transport.Send(url)).Connected);
        Assert.Equal(1, asked);
        // The open connection goes on to lead to the address that was checked.
        WebhookAttempt second = await transport.Send(url);
        Assert.Equal((true, _receiver.Address), (second.IsConnectionReused, second.Connected));
        // A new one is checked anew.
        await transport.Send($"http://rebind.example:{_receiver.Port}/close");
        Assert.Equal(AttemptOutcome.AddressDenied, (await transport.Send(url)).Outcome);
        Assert.Equal(2, _receiver.Requests.Count(request => request.Path == "/ok"));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("//[::1]:{0}/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    public async Task A_redirect_is_not_followed(string to)
    {
        using WebhookTransport transport = Transport(Hooks.Names(("localhost", ["127.0.0.1"])));
        string target = Uri.EscapeDataString(string.Format(to, _canary.Port));
        WebhookAttempt attempt = await transport.Send(_receiver.Url("/redirect?to=" + target));
        Assert.Equal((AttemptOutcome.Redirect, 302), (attempt.Outcome, attempt.Status));
        Assert.Equal(0, _canary.Connections);
        Assert.Equal([_receiver.Address], _connected);
    }

    [Fact]
    public async Task A_network_that_leads_elsewhere_is_noticed_at_the_connections_other_end()
    {
        WebhookNetwork diverting = new(
            Hooks.Names(),
            (_, token) => WebhookNetwork.Real.Connect(new IPEndPoint(IPAddress.Loopback, _canary.Port), token));
        using WebhookTransport transport = new(Hooks.AllowedOnly, diverting, TimeProvider.System);
        WebhookAttempt attempt = await transport.Send(_receiver.Url("/ok"));
        Assert.Equal(AttemptOutcome.AddressDenied, attempt.Outcome);
    }

    [Fact]
    public async Task The_servers_own_port_is_denied_within_an_allowed_network()
    {
        AddressPolicy policy = new(
            [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::/0")],
            OwnAddresses.Parse([$"http://*:{_canary.Port}"]));
        WebhookNetwork network = Fenced(Hooks.Names(("me", ["127.0.0.1"])));
        using WebhookTransport transport = new(policy, network, TimeProvider.System);
        foreach (string host in new[] { "127.0.0.1", "127.8.8.8", "[::1]", "[::ffff:127.0.0.1]", "me" })
        {
            WebhookAttempt attempt = await transport.Send($"http://{host}:{_canary.Port}/");
            Assert.Equal(AttemptOutcome.AddressDenied, attempt.Outcome);
        }

        Assert.Equal(0, _canary.Connections);
        Assert.Equal(AttemptOutcome.Succeeded, (await transport.Send(_receiver.Url("/ok"))).Outcome);
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_not_used()
    {
        string? before = Environment.GetEnvironmentVariable("http_proxy");
        Environment.SetEnvironmentVariable("http_proxy", $"http://127.0.0.1:{_canary.Port}");
        try
        {
            using WebhookTransport transport = Transport(Hooks.Names());
            Assert.True((await transport.Send(_receiver.Url("/ok"))).Succeeded);
            Assert.Equal(0, _canary.Connections);
        }
        finally
        {
            Environment.SetEnvironmentVariable("http_proxy", before);
        }
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_yet_is_accepted_at_creation()
    {
        Assert.Null(await Check("http://later.example/", Hooks.Names()));
        WebhookTransport transport = Transport(Hooks.Names());
        Assert.Equal(AttemptOutcome.DnsFailed, (await transport.Send("http://later.example/")).Outcome);
        transport.Dispose();
    }

    [Fact]
    public async Task A_canary_would_see_a_connection()
    {
        using WebhookTransport transport = Hooks.Transport(policy: Hooks.Policy("127.0.0.1/32"));
        using CancellationTokenSource stop = new();
        Task<WebhookAttempt> sending = transport.Send(Hooks.Post($"http://127.0.0.1:{_canary.Port}/"), stop.Token);
        while (_canary.Connections == 0) await Task.Yield();
        await stop.CancelAsync();
        // The canary hangs up: it may have been quicker.
        await ((Task)sending).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.True(sending.IsCanceled || (await sending).Outcome == AttemptOutcome.Reset);
    }

    private static ValueTask<EndpointRefusal?> Check(string url, ResolveHost resolve) =>
        new EndpointCheck(Hooks.AllowedOnly, resolve, TimeProvider.System).Check(url, CancellationToken.None);

    private static async Task ShouldRefuse(string url, bool isAddress, ResolveHost resolve)
    {
        EndpointRefusal? refusal = await Check(url, resolve);
        Assert.Equal(isAddress, refusal?.IsAddress);
    }

    private async Task ShouldDeny(string url, ResolveHost resolve)
    {
        using WebhookTransport transport = Transport(resolve);
        WebhookAttempt attempt = await transport.Send(url);
        Assert.Equal((AttemptOutcome.AddressDenied, null), (attempt.Outcome, attempt.Connected));
        Assert.NotEmpty(attempt.Addresses);
        Assert.Empty(_connected);
        Assert.Equal(0, _canary.Connections);
    }

    private WebhookTransport Transport(ResolveHost resolve) =>
        new(Hooks.AllowedOnly, Fenced(resolve), TimeProvider.System);

    private WebhookNetwork Fenced(ResolveHost resolve) => new(resolve, (address, token) =>
    {
        _connected.Add(address);
        return IPAddress.IsLoopback(address.Address)
            ? WebhookNetwork.Real.Connect(address, token)
            : throw new SocketException((int)SocketError.NetworkUnreachable);
    });
}
