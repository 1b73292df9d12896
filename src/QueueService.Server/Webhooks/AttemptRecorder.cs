using System.Net.Sockets;

namespace QueueService.Server.Webhooks;

/// <summary>Makes the record of one attempt, and says how it ended.</summary>
internal sealed class AttemptRecorder(WebhookRequest request, TimeProvider time)
{
    private const string Hidden = "***";

    private readonly long _started = time.GetTimestamp();
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public AttemptTrace Trace { get; } = new();

    public WebhookAttempt Answered(HttpResponseMessage response, AnswerBody body)
    {
        int status = (int)response.StatusCode;
        AttemptOutcome outcome = status switch
        {
            >= 200 and < 300 => AttemptOutcome.Succeeded,
            >= 300 and < 400 => AttemptOutcome.Redirect,
            410 => AttemptOutcome.Gone,
            _ => AttemptOutcome.Status,
        };
        return Record(outcome, outcome == AttemptOutcome.Succeeded ? null : $"The endpoint answered {status}.") with
        {
            Status = status,
            ResponseHeaders = Headers(response),
            ResponseBody = body.Kept,
            IsResponseCut = body.IsCut,
            RetryAfter = RetryAfterHeader.Read(response.Headers, time.GetUtcNow()),
        };
    }

    public WebhookAttempt Denied(DeniedAddress denied) =>
        Record(AttemptOutcome.AddressDenied, denied.Reason) with { Addresses = [denied.Address] };

    public WebhookAttempt Failed(Exception failure)
    {
        AttemptOutcome outcome = Classify(failure);
        string detail = outcome switch
        {
            AttemptOutcome.Timeout => "No answer came in time.",
            AttemptOutcome.ConnectTimeout => "No connection was made in time.",
            _ => failure.GetBaseException().Message,
        };
        return Record(outcome, detail);
    }

    private AttemptOutcome Classify(Exception failure)
    {
        // Also when a connection that was open ended, and the pool tried a new one.
        if (failure.GetBaseException() is AddressDeniedException) return AttemptOutcome.AddressDenied;
        ConnectPhase phase = Trace.IsSent ? ConnectPhase.Ready : Trace.Connection?.Phase ?? ConnectPhase.None;
        bool late = failure is OperationCanceledException || failure.GetBaseException() is OperationCanceledException
            or TimeoutException;
        // Without a phase it waited for one of the authority's connections to be free.
        if (late) return phase is ConnectPhase.Ready or ConnectPhase.None
            ? AttemptOutcome.Timeout
            : AttemptOutcome.ConnectTimeout;
        return phase switch
        {
            ConnectPhase.Resolving => AttemptOutcome.DnsFailed,
            ConnectPhase.Connecting => AttemptOutcome.ConnectFailed,
            ConnectPhase.Securing => AttemptOutcome.TlsFailed,
            _ => IsReset(failure) ? AttemptOutcome.Reset : AttemptOutcome.ProtocolError,
        };
    }

    private static bool IsReset(Exception failure) =>
        failure is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } ||
        failure is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } ||
        failure.GetBaseException() is SocketException;

    private WebhookAttempt Record(AttemptOutcome outcome, string? detail)
    {
        ConnectionFacts? connection = Trace.Connection;
        bool opened = !Trace.IsReused;
        return new WebhookAttempt
        {
            StartedAt = _startedAt.ToUnixTimeMilliseconds(),
            Method = request.Method.Method,
            Url = request.Endpoint.Url.AbsoluteUri,
            RequestHeaders =
            [
                .. request.Headers.Select(header => header.IsSecret ? header with { Value = Hidden } : header),
                new("Host", request.Endpoint.Url.IsDefaultPort
                    ? request.Endpoint.Url.IdnHost : $"{request.Endpoint.Url.IdnHost}:{request.Endpoint.Port}"),
                new("Content-Length", request.Body.Length.ToString()),
            ],
            RequestBody = request.Body[..Math.Min(request.Body.Length, WebhookLimits.SentBytesKept)],
            RequestBodyBytes = request.Body.Length,
            Outcome = outcome,
            Detail = detail,
            Addresses = connection?.Addresses ?? [],
            Connected = connection?.Remote,
            IsConnectionReused = Trace.IsReused,
            Timings = new AttemptTimings
            {
                Dns = opened ? connection?.Dns : null,
                Connect = opened ? connection?.Connect : null,
                Tls = opened ? connection?.Tls : null,
                FirstByte = Trace.FirstByteAt == 0 ? null : time.GetElapsedTime(_started, Trace.FirstByteAt),
                Total = time.GetElapsedTime(_started),
            },
        };
    }

    private static WebhookHeader[] Headers(HttpResponseMessage response) =>
    [
        .. response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .SelectMany(header => header.Value.Select(value => new WebhookHeader(
                header.Key, value.Length <= WebhookLimits.AnswerHeaderCharacters
                    ? value : value[..WebhookLimits.AnswerHeaderCharacters])))
            .Take(WebhookLimits.AnswerHeadersKept),
    ];
}
