using System.Net;
using System.Net.Sockets;
using QueueService.Server.Webhooks;
using QueueService.Testing;

#pragma warning disable CA2025 // Every attempt ends within its test.

namespace QueueService.Server.Tests.Webhooks;

public sealed class WebhookTransportTests : IAsyncLifetime
{
    private readonly Receiver _receiver = new(Hooks.Allowed);
    private readonly WebhookTransport _transport = Hooks.Transport();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _transport.Dispose();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task An_attempt_tells_what_was_sent_and_what_came_back()
    {
        WebhookRequest request = Hooks.Post(
            _receiver.Url("/status/201"), "hé", new("X-Key", "ü"), new("Authorization", "Bearer t", IsSecret: true));
        WebhookAttempt attempt = await _transport.Send(request, CancellationToken.None);

        Assert.Equal((AttemptOutcome.Succeeded, 201, null), (attempt.Outcome, attempt.Status, attempt.Detail));
        Assert.Equal("status 201", attempt.ResponseBody.Text());
        Assert.Contains(new WebhookHeader("Content-Length", "10"), attempt.ResponseHeaders);
        Assert.Equal(("hé", 3), (attempt.RequestBody.Text(), attempt.RequestBodyBytes));
        ReceivedRequest received = await _receiver.Next();
        Assert.Equal(("POST", "/status/201", "hé"), (received.Method, received.Path, received.Text));
        Assert.Equal("Bearer t", received.Headers["Authorization"]);
        Dictionary<string, string> shown = attempt.RequestHeaders.ToDictionary(some => some.Name, some => some.Value);
        Assert.Equal("***", shown["Authorization"]);
        shown["Authorization"] = "Bearer t";
        Assert.Equal(received.Headers.OrderBy(header => header.Key), shown.OrderBy(header => header.Key));
    }

    [Fact]
    public async Task A_second_attempt_uses_the_connection_again_and_says_so()
    {
        WebhookAttempt first = await _transport.Send(_receiver.Url("/medium"));
        WebhookAttempt second = await _transport.Send(_receiver.Url("/status/204"));
        Assert.Equal((false, true), (first.IsConnectionReused, second.IsConnectionReused));
        Assert.Equal((_receiver.Address, _receiver.Address), (first.Connected, second.Connected));
        Assert.Equal([_receiver.Address.Address], second.Addresses);
        Assert.Equal(1, _receiver.Connections);
        Assert.NotNull(first.Timings.Connect);
        Assert.Null(second.Timings.Connect);
        Assert.InRange(first.Timings.FirstByte!.Value, first.Timings.Connect!.Value, first.Timings.Total);
        Assert.InRange(second.Timings.FirstByte!.Value, TimeSpan.Zero, second.Timings.Total);
        Assert.Equal((4_096, true), (first.ResponseBody.Length, first.IsResponseCut));
    }

    [Theory]
    [InlineData("/status/200", "Succeeded")]
    [InlineData("/status/204", "Succeeded")]
    [InlineData("/status/400", "Status")]
    [InlineData("/status/500", "Status")]
    [InlineData("/status/503", "Status")]
    [InlineData("/status/410", "Gone")]
    [InlineData("/status/304", "Redirect")]
    [InlineData("/reset", "Reset")]
    [InlineData("/close", "Reset")]
    [InlineData("/no-http", "ProtocolError")]
    [InlineData("/headers", "ProtocolError")]
    [InlineData("/short", "Succeeded")]
    public async Task Each_answer_is_an_outcome(string path, string outcome)
    {
        WebhookAttempt attempt = await _transport.Send(_receiver.Url(path));
        Assert.Equal(outcome, attempt.Outcome.ToString());
        Assert.Equal(outcome == "Succeeded", attempt.Detail is null);
        Assert.Equal(_receiver.Address, attempt.Connected);
    }

    [Theory]
    [InlineData("/endless")]
    [InlineData("/endless-chunks")]
    [InlineData("/long")]
    public async Task Of_a_long_answer_64_KiB_are_read_and_4_are_kept(string path)
    {
        WebhookAttempt attempt = await _transport.Send(_receiver.Url(path));
        Assert.Equal((AttemptOutcome.Succeeded, true), (attempt.Outcome, attempt.IsResponseCut));
        Assert.Equal(4_096, attempt.ResponseBody.Length);
        WebhookAttempt next = await _transport.Send(_receiver.Url("/ok"));
        Assert.Equal((AttemptOutcome.Succeeded, false), (next.Outcome, next.IsConnectionReused));
        // What it got rid of lies in socket buffers.
        Assert.InRange(_receiver.BytesSent, 0, 64L << 20);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("0", 1)]
    [InlineData("31536000", 86_400)]
    [InlineData("Wed, 01 Jan 2025 00:02:00 GMT", 120)]
    [InlineData("Wed, 01 Jan 2020 00:00:00 GMT", 1)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    public async Task Retry_After_is_seconds_or_a_date_within_a_second_and_a_day(string value, int? seconds)
    {
        using WebhookTransport transport = Hooks.Transport(time: new ManualTimeProvider());
        WebhookAttempt attempt = await transport.Send(
            _receiver.Url("/status/429?retry-after=" + Uri.EscapeDataString(value)));
        Assert.Equal((AttemptOutcome.Status, 429), (attempt.Outcome, attempt.Status));
        Assert.Equal(seconds, attempt.RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData("/hang")]
    [InlineData("/slow-headers")]
    public async Task An_answer_that_does_not_come_is_given_up_after_15_seconds(string path)
    {
        ManualTimeProvider time = new();
        using WebhookTransport transport = Hooks.Transport(time: time);
        Task<WebhookAttempt> sending = transport.Send(_receiver.Url(path));
        await _receiver.Next();
        time.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        WebhookAttempt attempt = await sending;
        Assert.Equal((AttemptOutcome.Timeout, null), (attempt.Outcome, attempt.Status));
        Assert.Equal(TimeSpan.FromSeconds(15), attempt.Timings.Total);
    }

    [Fact]
    public async Task A_status_counts_also_when_its_body_drips()
    {
        using WebhookTransport transport = new(
            Hooks.AllowedOnly, Hooks.Network(Hooks.Names()), TimeProvider.System,
            new WebhookTimeouts { Total = TimeSpan.FromSeconds(2) });
        WebhookAttempt attempt = await transport.Send(_receiver.Url("/slow-body"));
        Assert.Equal((AttemptOutcome.Succeeded, 200, true), (attempt.Outcome, attempt.Status, attempt.IsResponseCut));
        Assert.StartsWith("x", attempt.ResponseBody.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_a_failure_of_the_name()
    {
        WebhookAttempt attempt = await _transport.Send($"http://nowhere.example:{_receiver.Port}/ok");
        Assert.Equal((AttemptOutcome.DnsFailed, null), (attempt.Outcome, attempt.Connected));
        Assert.Null(attempt.Timings.Dns);
        Assert.Equal(0, _receiver.Connections);
    }

    [Fact]
    public async Task A_resolver_that_does_not_answer_is_given_up_after_5_seconds()
    {
        ManualTimeProvider time = new();
        using SemaphoreSlim asked = new(0);
        using WebhookTransport transport = Hooks.Transport(time: time, resolve: async (_, token) =>
        {
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return [];
        });
        Task<WebhookAttempt> sending = transport.Send("http://slow.example/");
        await asked.WaitAsync();
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(AttemptOutcome.ConnectTimeout, (await sending).Outcome);
    }

    [Fact]
    public async Task A_host_that_does_not_take_the_connection_is_given_up_after_5_seconds()
    {
        ManualTimeProvider time = new();
        using SemaphoreSlim asked = new(0);
        WebhookNetwork silent = new(Hooks.Names(), async (_, token) =>
        {
            asked.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new SocketException();
        });
        using WebhookTransport transport = new(Hooks.AllowedOnly, silent, time);
        Task<WebhookAttempt> sending = transport.Send(_receiver.Url("/ok"));
        await asked.WaitAsync();
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(AttemptOutcome.ConnectTimeout, (await sending).Outcome);
    }

    [Fact]
    public async Task A_refused_connection_is_a_failure_to_connect()
    {
        using TcpListener closed = new(IPAddress.Parse(Hooks.Allowed), 0);
        closed.Start();
        int port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        WebhookAttempt attempt = await _transport.Send($"http://{Hooks.Allowed}:{port}/");
        Assert.Equal(AttemptOutcome.ConnectFailed, attempt.Outcome);
        Assert.NotNull(attempt.Timings.Dns);
    }

    [Fact]
    public async Task The_addresses_of_a_name_are_tried_in_order()
    {
        AddressPolicy policy = Hooks.Policy("127.0.0.0/8");
        ResolveHost names = Hooks.Names(("two.example", ["127.0.0.9,127.0.0.2"]));
        using WebhookTransport transport = Hooks.Transport(names, policy: policy);
        WebhookAttempt attempt = await transport.Send($"http://two.example:{_receiver.Port}/ok");
        Assert.Equal((AttemptOutcome.Succeeded, _receiver.Address), (attempt.Outcome, attempt.Connected));
        Assert.Equal(["127.0.0.9", "127.0.0.2"], attempt.Addresses.Select(address => address.ToString()));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_ends_the_attempt()
    {
        await using Receiver secure = new(Hooks.Allowed, secure: SelfSigned.Secure);
        WebhookAttempt attempt = await _transport.Send($"https://{secure.Address}/ok");
        Assert.Equal(AttemptOutcome.TlsFailed, attempt.Outcome);
        Assert.Empty(secure.Requests);
    }

    [Fact]
    public async Task A_caller_that_cancels_gets_no_attempt()
    {
        using CancellationTokenSource stop = new();
        Task<WebhookAttempt> sending = _transport.Send(Hooks.Post(_receiver.Url("/hang")), stop.Token);
        await _receiver.Next();
        await stop.CancelAsync();
        await ((Task)sending).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.True(sending.IsCanceled);
    }

    [Fact]
    public async Task Attempts_at_once_each_know_their_own_connection()
    {
        await using Receiver other = new("127.0.0.3");
        using WebhookTransport transport = Hooks.Transport(policy: Hooks.Policy("127.0.0.2/31"));
        WebhookAttempt[] attempts = await Task.WhenAll(Enumerable.Range(0, 64).Select(n =>
            transport.Send((n % 2 == 0 ? _receiver : other).Url("/ok"))));
        Assert.All(attempts, attempt => Assert.Equal(AttemptOutcome.Succeeded, attempt.Outcome));
        Assert.Equal(32, attempts.Count(attempt => _receiver.Address.Equals(attempt.Connected)));
        Assert.Equal(32, attempts.Count(attempt => other.Address.Equals(attempt.Connected)));
        // The pool may open a connection for an attempt that another one, free by then, carries.
        Assert.InRange(
            attempts.Count(attempt => !attempt.IsConnectionReused), 2, _receiver.Connections + other.Connections);
    }

    [Fact]
    public async Task A_header_that_would_break_the_request_is_refused()
    {
        WebhookRequest broken = Hooks.Post(_receiver.Url("/ok"), "x", new WebhookHeader("X-A", "1\r\nX-B: 2"));
        await Assert.ThrowsAsync<ArgumentException>(() => _transport.Send(broken, CancellationToken.None));
        Assert.Equal(0, _receiver.Connections);
    }
}
