using System.Net;
using QueueService.Aws.Protocol;

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

    private string PrincipalType => Service is not null ? "Service"
        : Caller.IsAnonymous ? "Anonymous"
        : Caller.UserName is null ? "Account" : "User";

    /// <param name="resource">The ARN of what the call is about.</param>
    public static AccessRequest Of(AwsCall call, string resource) => new()
    {
        Caller = call.Caller,
        Action = ActionOf(call),
        Resource = resource,
        Now = call.Host.Time.GetUtcNow(),
        SourceIp = call.Http.Connection.RemoteIpAddress,
        IsSecure = call.Http.Request.IsHttps,
        UserAgent = call.Http.Request.Headers.UserAgent,
        Referer = call.Http.Request.Headers.Referer,
    };

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
        "AWS:SOURCEOWNER" or "AWS:PRINCIPALACCOUNT" => Caller.IsAnonymous ? null : Caller.AccountId,
        "AWS:PRINCIPALARN" => Caller.IsAnonymous ? null : Caller.Arn,
        "AWS:PRINCIPALTYPE" => PrincipalType,
        "AWS:PRINCIPALISAWSSERVICE" => Service is null ? "false" : "true",
        "AWS:USERID" => Caller.IsAnonymous ? null : Caller.UserId,
        "AWS:USERNAME" => Caller.UserName,
        "SNS:PROTOCOL" => Protocol,
        "SNS:ENDPOINT" => Endpoint,
        _ => null,
    };

    /// <summary>Of a batch, the action of its entries. In refusals SQS writes its own small, and SNS as they are.
    /// </summary>
    private static string ActionOf(AwsCall call)
    {
        const string Batch = nameof(Batch);
        string action = call.Action.Name;
        if (action.EndsWith(Batch, StringComparison.Ordinal)) action = action[..^Batch.Length];
        bool isTopic = call.Service.Name == PolicyRules.Sns.Service;
        return isTopic ? $"SNS:{action}" : $"sqs:{action.ToLowerInvariant()}";
    }
}
