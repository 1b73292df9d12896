namespace QueueService.Server.Webhooks;

/// <summary>How the deliveries of a subscription went since the server started.</summary>
internal sealed record WebhookStats
{
    public required long Attempts { get; init; }

    public required long Successes { get; init; }

    public long Failures => Attempts - Successes;

    /// <summary>0 to 1; null before the first attempt.</summary>
    public double? SuccessRate => Attempts == 0 ? null : (double)Successes / Attempts;

    /// <summary>Milliseconds that attempts took, the newest <see cref="WebhookLimits.LatenciesKept"/> of them; null
    /// before the first one.</summary>
    public LatencyPercentiles? Latency { get; init; }

    /// <summary>Of the endpoint's host, which other subscriptions may share.</summary>
    public required CircuitStatus Circuit { get; init; }

    /// <summary>Deliveries on their way now.</summary>
    public required int InFlight { get; init; }
}

/// <summary>Milliseconds.</summary>
internal sealed record LatencyPercentiles(double P50, double P95, double P99);
