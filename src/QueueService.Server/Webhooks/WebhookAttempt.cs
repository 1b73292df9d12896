using System.Net;

namespace QueueService.Server.Webhooks;

/// <summary>How one attempt ended.</summary>
internal enum AttemptOutcome
{
    /// <summary>A status of 200 to 299. The rest of the answer does not matter.</summary>
    Succeeded,

    /// <summary>Another status.</summary>
    Status,

    /// <summary>410: the receiver wants no more.</summary>
    Gone,

    /// <summary>3xx: redirects are not followed.</summary>
    Redirect,
    DnsFailed,

    /// <summary>The address policy; nothing was connected to.</summary>
    AddressDenied,

    /// <summary>Refused or unreachable.</summary>
    ConnectFailed,

    /// <summary>Name, connection and TLS took longer than they may.</summary>
    ConnectTimeout,
    TlsFailed,

    /// <summary>No status within the time of an attempt.</summary>
    Timeout,

    /// <summary>The connection ended before a status came.</summary>
    Reset,

    /// <summary>What came was not HTTP, or its headers were too long.</summary>
    ProtocolError,
}

/// <summary>A header as it is sent or was answered.</summary>
/// <param name="IsSecret">Its value is sent, and never shown: attempts hold `***` in its place.</param>
internal readonly record struct WebhookHeader(string Name, string Value, bool IsSecret = false);

/// <summary>One request to an endpoint.</summary>
/// <param name="Headers">All but Host and Content-Length, Content-Type among them. Names and values must be valid for
/// HTTP; values are UTF-8.</param>
internal sealed record WebhookRequest(
    EndpointUrl Endpoint, HttpMethod Method, IReadOnlyList<WebhookHeader> Headers, ReadOnlyMemory<byte> Body);

/// <summary>How long the phases of an attempt took. Null for a phase that did not end, or that another attempt had paid
/// for: a connection that was open already has neither <see cref="Dns"/>, <see cref="Connect"/> nor <see cref="Tls"/>.
/// </summary>
internal sealed record AttemptTimings
{
    public TimeSpan? Dns { get; init; }

    public TimeSpan? Connect { get; init; }

    public TimeSpan? Tls { get; init; }

    /// <summary>From the start of the attempt to the first byte of the answer.</summary>
    public TimeSpan? FirstByte { get; init; }

    public required TimeSpan Total { get; init; }
}

/// <summary>All that is known about one attempt.</summary>
internal sealed record WebhookAttempt
{
    /// <summary>Unix milliseconds.</summary>
    public required long StartedAt { get; init; }

    public required string Method { get; init; }

    public required string Url { get; init; }

    /// <summary>As sent, secrets as `***`.</summary>
    public required IReadOnlyList<WebhookHeader> RequestHeaders { get; init; }

    /// <summary>The first 64 KiB of it.</summary>
    public required ReadOnlyMemory<byte> RequestBody { get; init; }

    public required int RequestBodyBytes { get; init; }

    public required AttemptOutcome Outcome { get; init; }

    /// <summary>What went wrong, in words; null when it succeeded.</summary>
    public string? Detail { get; init; }

    public int? Status { get; init; }

    /// <summary>At most 64, each value at most 1,024 characters.</summary>
    public IReadOnlyList<WebhookHeader> ResponseHeaders { get; init; } = [];

    /// <summary>The first 4 KiB.</summary>
    public ReadOnlyMemory<byte> ResponseBody { get; init; }

    /// <summary>The answer had more than is kept, or broke off.</summary>
    public bool IsResponseCut { get; init; }

    /// <summary>What the name resolved to when the connection was opened; empty when it did not come to that.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    public IPEndPoint? Connected { get; init; }

    /// <summary>The connection had been opened, and its address checked, for an earlier attempt.</summary>
    public bool IsConnectionReused { get; init; }

    public required AttemptTimings Timings { get; init; }

    /// <summary>What the receiver asked for, within 1 s and 24 h.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public bool Succeeded => Outcome == AttemptOutcome.Succeeded;

    /// <summary>The endpoint will not take this message, as SNS understands statuses: it is not tried again.</summary>
    public bool IsRefusal => Status is >= 400 and < 500 and not 429;

    /// <summary>Whether the endpoint's host is in trouble, rather than this one message or subscription; null when the
    /// attempt tells nothing about it.</summary>
    public bool? IsHostFailing => Outcome switch
    {
        AttemptOutcome.AddressDenied => null,
        AttemptOutcome.Status => Status is >= 500 or 408 or 429,
        AttemptOutcome.Succeeded or AttemptOutcome.Gone or AttemptOutcome.Redirect => false,
        _ => true,
    };
}
