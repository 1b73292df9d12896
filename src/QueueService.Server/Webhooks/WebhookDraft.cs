using System.Text.Json;

namespace QueueService.Server.Webhooks;

/// <summary>What a request says about a webhook target, before its address is asked about and its secrets are sealed.
/// In the place of the destination of a subscription that is not declared yet; never kept.</summary>
internal sealed record WebhookDraft
{
    /// <summary>The names of the fields that the request has, those that are null too.</summary>
    public required IReadOnlyList<string> Given { get; init; }

    public string? Url { get; init; }

    /// <summary>`whsec_…`, checked.</summary>
    public string? Secret { get; init; }

    public IReadOnlyList<CustomHeader> Headers { get; init; } = [];

    /// <summary>The value of the Authorization header.</summary>
    public string? Authorization { get; init; }

    /// <summary>"basic" or "bearer".</summary>
    public string? AuthorizationKind { get; init; }

    public int? MaxConcurrency { get; init; }

    public int? RatePerSecond { get; init; }

    public int? MaxAttempts { get; init; }

    public string? Challenge { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, WebhookJsonContext.Default.WebhookDraft);

    public static WebhookDraft FromJson(string json) =>
        JsonSerializer.Deserialize(json, WebhookJsonContext.Default.WebhookDraft)
        ?? throw new InvalidOperationException("The draft of a webhook target is null.");

    /// <summary>The fields without secrets: what is given over what is there.</summary>
    public WebhookTarget Over(WebhookTarget target)
    {
        WebhookTarget plain = new() { Url = target.Url };
        if (Given.Contains("url")) target = target with { Url = Url! };
        if (Given.Contains("headers")) target = target with { Headers = Headers };
        if (Given.Contains("maxConcurrency"))
            target = target with { MaxConcurrency = MaxConcurrency ?? plain.MaxConcurrency };
        if (Given.Contains("ratePerSecond")) target = target with { RatePerSecond = RatePerSecond ?? 0 };
        if (Given.Contains("maxAttempts")) target = target with { MaxAttempts = MaxAttempts ?? plain.MaxAttempts };
        return Given.Contains("challenge") ? target with { Challenge = Challenge } : target;
    }
}
