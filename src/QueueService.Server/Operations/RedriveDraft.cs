using QueueService.Broker.Operations;

namespace QueueService.Server.Operations;

/// <summary>A redrive while its fields are collected.</summary>
internal sealed class RedriveDraft
{
    public string? To { get; set; }

    public MessageFilter? Filter { get; set; }

    public long? Limit { get; set; }

    public int? RatePerSecond { get; set; }

    public bool DryRun { get; set; }

    /// <summary>The request as it came, for its idempotency key.</summary>
    public string Text { get; set; } = "";

    public RedriveRequest ToRequest() => new(To, Filter ?? MessageFilter.All, Limit, RatePerSecond);
}
