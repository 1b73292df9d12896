using System.Net;

namespace QueueService.Aws.Auth;

/// <summary>What a policy is asked: may this caller do this to that resource?</summary>
internal sealed record AccessRequest
{
    public required Caller Caller { get; init; }

    /// <summary>With its service, as in `sqs:SendMessage`; of a batch, that of one of its entries.</summary>
    public required string Action { get; init; }

    /// <summary>The ARN of the queue or topic.</summary>
    public required string Resource { get; init; }

    public required DateTimeOffset Now { get; init; }

    public IPAddress? SourceIp { get; init; }

    /// <summary>Whether the request came over TLS.</summary>
    public bool IsSecure { get; init; }

    public string? UserAgent { get; init; }

    public string? Referer { get; init; }

    /// <summary>The protocol that a subscription is asked for with.</summary>
    public string? Protocol { get; init; }

    /// <summary>The endpoint that a subscription is asked for with.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The service that asks in place of a caller, as in `sns.amazonaws.com`.</summary>
    public string? Service { get; init; }

    /// <summary>The ARN on behalf of which a service asks.</summary>
    public string? SourceArn { get; init; }

    /// <summary>The value of a condition key; null when this request has none. Names are compared without case.
    /// </summary>
    public string? Find(string key) => key.ToUpperInvariant() switch
    {
        "AWS:CURRENTTIME" => Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null),
        "AWS:EPOCHTIME" => Now.ToUnixTimeSeconds().ToString(),
        "AWS:SOURCEIP" => SourceIp is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4().ToString() : SourceIp?.ToString(),
        "AWS:SECURETRANSPORT" => IsSecure ? "true" : "false",
        "AWS:USERAGENT" => UserAgent,
        "AWS:REFERER" => Referer,
        "AWS:SOURCEARN" => SourceArn,
        "AWS:SOURCEACCOUNT" => SourceArn?.Split(':').ElementAtOrDefault(4),
        "AWS:SOURCEOWNER" or "AWS:PRINCIPALACCOUNT" => Caller.IsAnonymous ? null : Caller.Account,
        "AWS:PRINCIPALARN" => Caller.IsAnonymous ? null : Caller.Arn,
        "AWS:PRINCIPALTYPE" => Caller.IsAnonymous ? "Anonymous" : Caller.User is null ? "Account" : "User",
        "AWS:PRINCIPALISAWSSERVICE" => Service is null ? "false" : "true",
        "AWS:USERID" => Caller.IsAnonymous ? null : Caller.UserId,
        "AWS:USERNAME" => Caller.User,
        "SNS:PROTOCOL" => Protocol,
        "SNS:ENDPOINT" => Endpoint,
        _ => null,
    };
}
