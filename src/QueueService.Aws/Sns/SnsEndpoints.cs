namespace QueueService.Aws.Sns;

/// <summary>What SNS needs of the server's webhooks.</summary>
/// <param name="Refuse">Why an address is not to be delivered to; null when it may be.</param>
/// <param name="TargetOf">What is kept of an endpoint: the destination of a subscription.</param>
/// <param name="UrlOf">The address in such a destination.</param>
internal sealed record SnsEndpoints(
    Func<string, CancellationToken, ValueTask<string?>> Refuse, Func<string, string> TargetOf, Func<string,
    string> UrlOf);
