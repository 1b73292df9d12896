using System.Text.Json;

namespace QueueService.Server.Webhooks;

/// <summary>What is kept of an attempt, as JSON in the log of its subscription
/// (<see cref="QueueService.Broker.MessageBroker.Report"/>).</summary>
internal sealed record AttemptDetails
{
    /// <summary>Of the message that was delivered.</summary>
    public required string MessageId { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }

    public required string Method { get; init; }

    public required string Url { get; init; }

    /// <summary>Secrets as `***`.</summary>
    public required IReadOnlyList<CustomHeader> RequestHeaders { get; init; }

    public required int RequestBodyBytes { get; init; }

    /// <summary>The first bytes of the request's body, at most 4 KiB.</summary>
    public byte[] RequestBody { get; init; } = [];

    public required AttemptOutcome Outcome { get; init; }

    public string? Detail { get; init; }

    public int? Status { get; init; }

    public IReadOnlyList<CustomHeader> ResponseHeaders { get; init; } = [];

    /// <summary>At most 4 KiB.</summary>
    public byte[] ResponseBody { get; init; } = [];

    public bool IsResponseCut { get; init; }

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public string? ConnectedTo { get; init; }

    public bool IsConnectionReused { get; init; }

    /// <summary>Milliseconds, like the ones below.</summary>
    public double? DnsTime { get; init; }

    public double? ConnectTime { get; init; }

    public double? TlsTime { get; init; }

    public double? FirstByteTime { get; init; }

    public required double TotalTime { get; init; }

    /// <summary>Unix milliseconds of the next attempt; null when none follows.</summary>
    public long? NextAttemptAt { get; init; }

    /// <summary>UTF-8.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, WebhookJsonContext.Default.AttemptDetails);

    /// <summary>As <see cref="ToJson"/>, with the values of headers cut, and in the end without headers, so that it is
    /// as short as the broker takes it.</summary>
    public byte[] ToBoundedJson()
    {
        byte[] json = ToJson();
        for (int length = WebhookLimits.AnswerHeaderCharacters; json.Length > WebhookLimits.AttemptBytes; length /= 2)
        {
            AttemptDetails cut = length == 0
                ? this with { RequestHeaders = [], ResponseHeaders = [] }
                : this with
                {
                    RequestHeaders = Cut(RequestHeaders, length), ResponseHeaders = Cut(ResponseHeaders, length),
                };
            json = cut.ToJson();
        }

        return json;
    }

    public static AttemptDetails FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, WebhookJsonContext.Default.AttemptDetails)
        ?? throw new InvalidOperationException("The details of an attempt are null.");

    public static AttemptDetails Of(WebhookAttempt attempt, string messageId, long? nextAttemptAt) => new()
    {
        MessageId = messageId,
        StartedAt = attempt.StartedAt,
        Method = attempt.Method,
        Url = attempt.Url,
        RequestHeaders = Shown(attempt.RequestHeaders),
        RequestBodyBytes = attempt.RequestBodyBytes,
        RequestBody =
            attempt.RequestBody[..Math.Min(attempt.RequestBody.Length, WebhookLimits.AnswerBytesKept)].ToArray(),
        Outcome = attempt.Outcome,
        Detail = attempt.Detail,
        Status = attempt.Status,
        ResponseHeaders = Shown(attempt.ResponseHeaders),
        ResponseBody = attempt.ResponseBody.ToArray(),
        IsResponseCut = attempt.IsResponseCut,
        Addresses = [.. attempt.Addresses.Select(static address => address.ToString())],
        ConnectedTo = attempt.Connected?.ToString(),
        IsConnectionReused = attempt.IsConnectionReused,
        DnsTime = attempt.Timings.Dns?.TotalMilliseconds,
        ConnectTime = attempt.Timings.Connect?.TotalMilliseconds,
        TlsTime = attempt.Timings.Tls?.TotalMilliseconds,
        FirstByteTime = attempt.Timings.FirstByte?.TotalMilliseconds,
        TotalTime = attempt.Timings.Total.TotalMilliseconds,
        NextAttemptAt = nextAttemptAt,
    };

    private static CustomHeader[] Cut(IReadOnlyList<CustomHeader> headers, int length) =>
    [
        .. headers.Select(header => header.Value.Length <= length
            ? header
            : header with { Value = header.Value[..length] + "…" }),
    ];

    private static CustomHeader[] Shown(IReadOnlyList<WebhookHeader> headers) =>
        [.. headers.Select(static header => new CustomHeader(header.Name, header.Value))];
}
