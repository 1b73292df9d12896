using System.Text.Json;
using System.Text.Json.Serialization;

namespace QueueService.Server.Webhooks;

/// <summary>What is kept of a webhook target: the destination of its subscription, as JSON. Secrets are sealed
/// (<see cref="SecretBox"/>).</summary>
internal sealed record WebhookTarget
{
    public required string Url { get; init; }

    /// <summary>Those that sign now, the newest first; at most <see cref="WebhookLimits.SigningKeys"/>.</summary>
    public IReadOnlyList<SealedSigningKey> Keys { get; init; } = [];

    /// <summary>Sent with every request, as they were given.</summary>
    public IReadOnlyList<CustomHeader> Headers { get; init; } = [];

    /// <summary>The value of the Authorization header, sealed; null when there is none.</summary>
    public byte[]? Authorization { get; init; }

    /// <summary>"basic" or "bearer", to be shown in the place of what is sealed.</summary>
    public string? AuthorizationKind { get; init; }

    /// <summary>Attempts at once, 1 to 64.</summary>
    public int MaxConcurrency { get; init; } = WebhookLimits.EndpointConcurrency;

    /// <summary>Attempts per second; 0 when there is no limit.</summary>
    public int RatePerSecond { get; init; }

    /// <summary>Attempts of a delivery, 1 to 100.</summary>
    public int MaxAttempts { get; init; } = RetrySchedule.Default.MaxAttempts;

    /// <summary>"cloudEvents" or "echo": how the owner of its address is asked; null when he is not.</summary>
    public string? Challenge { get; init; }

    /// <summary>The newest signing key in clear: only in the answer that shows it, never kept.</summary>
    public string? Secret { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, WebhookJsonContext.Default.WebhookTarget);

    public static WebhookTarget FromJson(string json) =>
        JsonSerializer.Deserialize(json, WebhookJsonContext.Default.WebhookTarget)
        ?? throw new InvalidOperationException("A webhook target is null.");
}

/// <summary>A signing key that nobody may read.</summary>
/// <param name="ExpiresAt">Unix milliseconds: it signs until then; null while it is the newest.</param>
internal sealed record SealedSigningKey(byte[] Sealed, long? ExpiresAt)
{
    /// <summary>Its last four characters, by which its owner knows it again.</summary>
    public string Hint { get; init; } = "";
}

/// <summary>A header that the owner of a subscription adds.</summary>
internal sealed record CustomHeader(string Name, string Value);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookTarget))]
[JsonSerializable(typeof(WebhookDraft))]
[JsonSerializable(typeof(AttemptDetails))]
internal sealed partial class WebhookJsonContext : JsonSerializerContext;
