using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QueueService.Server.Webhooks;

/// <summary>How long an attempt may take.</summary>
internal sealed record WebhookTimeouts
{
    /// <summary>Name, connection and TLS.</summary>
    public TimeSpan Connect { get; init; } = WebhookLimits.ConnectTimeout;

    public TimeSpan Total { get; init; } = WebhookLimits.TotalTimeout;
}

/// <summary>Sends requests to endpoints, one attempt each: no redirect, cookie, proxy or decompression, HTTP/1.1.
/// Thread-safe; one for the process.</summary>
internal sealed class WebhookTransport : IDisposable
{
    private readonly AddressPolicy _policy;
    private readonly TimeProvider _time;
    private readonly WebhookTimeouts _timeouts;
    private readonly HttpMessageInvoker _invoker;

    [SuppressMessage("Reliability", "CA2000", Justification = "The invoker disposes its handler.")]
    public WebhookTransport(
        AddressPolicy policy, WebhookNetwork network, TimeProvider time, WebhookTimeouts? timeouts = null)
    {
        (_policy, _time, _timeouts) = (policy, time, timeouts ?? new WebhookTimeouts());
        VettedConnector connector = new(policy, network, time, _timeouts.Connect);
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            // The trace of the message is a header of ours; the one of this process is nobody's business.
            ActivityHeadersPropagator = null,
            ConnectCallback = connector.Connect,
            PlaintextStreamFilter = connector.Trace,
            // The connector's own limit covers names and TCP; this one, by the wall clock, TLS too.
            ConnectTimeout = _timeouts.Connect,
            MaxConnectionsPerServer = WebhookLimits.ConnectionsPerAuthority,
            MaxResponseHeadersLength = WebhookLimits.AnswerHeaderKilobytes,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = WebhookLimits.ConnectionLifetime,
            PooledConnectionIdleTimeout = WebhookLimits.ConnectionIdle,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        });
    }

    /// <summary>One attempt. Whatever the endpoint does is an outcome; nothing is thrown but what the caller caused.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller cancelled: it is not known what the endpoint got.
    /// </exception>
    /// <exception cref="ArgumentException">A header is not valid.</exception>
    public async Task<WebhookAttempt> Send(WebhookRequest request, CancellationToken cancellationToken)
    {
        AttemptRecorder recorder = new(request, _time);
        // Asked again for each attempt, also when a connection is open. Names are asked about when one is opened.
        if (request.Endpoint.Literal() is { } literal && _policy.Denies(literal, request.Endpoint.Port) is { } kind)
            return recorder.Denied(new DeniedAddress(literal, request.Endpoint.Port, kind));
        using HttpRequestMessage message = ToMessage(request);
        message.Options.Set(AttemptTrace.Key, recorder.Trace);
        AttemptTrace.Current.Value = recorder.Trace;
        using CancellationTokenSource limit = new(_timeouts.Total, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using HttpResponseMessage response = await _invoker.SendAsync(message, either.Token);
            AnswerBody body = await AnswerBody.Read(response.Content, either.Token);
            cancellationToken.ThrowIfCancellationRequested();
            return recorder.Answered(response, body);
        }
        catch (Exception failure) when (
            failure is HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return recorder.Failed(failure);
        }
    }

    public void Dispose() => _invoker.Dispose();

    private static HttpRequestMessage ToMessage(WebhookRequest request)
    {
        HttpRequestMessage message = new(request.Method, request.Endpoint.Url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(request.Body),
        };
        foreach (WebhookHeader header in request.Headers)
        {
            // The framework drops a value with a line end silently.
            if (!WebhookHeaders.IsToken(header.Name) || !WebhookHeaders.IsOneLine(header.Value))
                throw new ArgumentException($"{header.Name} is not a valid header.", nameof(request));
            if (!message.Headers.TryAddWithoutValidation(header.Name, header.Value) &&
                !message.Content.Headers.TryAddWithoutValidation(header.Name, header.Value))
                throw new ArgumentException($"{header.Name} is not a valid header.", nameof(request));
        }

        return message;
    }
}
