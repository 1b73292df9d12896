namespace QueueService.Broker.Topics;

/// <summary>Which messages a subscription had not acknowledged at a moment; it does not change.</summary>
/// <param name="TakenAt">Unix milliseconds.</param>
/// <param name="ExpiresAt">From then on it does not exist; Unix milliseconds.</param>
public sealed record SubscriptionSnapshot(string Name, long TakenAt, long ExpiresAt, string ETag);

/// <param name="Created">False when there was one of this name, which is as it was.</param>
public sealed record SnapshotChange(SubscriptionSnapshot Snapshot, bool Created);

public static class SnapshotLimits
{
    /// <summary>Of one subscription: each is copied at every checkpoint in which the subscription changed.</summary>
    public const int PerSubscription = 20;

    /// <summary>Of one snapshot: as much as a checkpoint copies in one turn of the loop. A run of acknowledged messages
    /// between unacknowledged ones takes 2 to 4 bytes, so it has room for some 300,000 of them: more than may be
    /// leased.</summary>
    public const int Bytes = 1 << 20;

    /// <summary>Of all snapshots together: they are kept in memory.</summary>
    public const int TotalBytes = 256 << 20;

    /// <summary>In milliseconds: 7 days, as in Google Pub/Sub; less when the topic keeps its messages for
    /// less.</summary>
    public const long Lifetime = 7L * 24 * 3600 * 1000;
}
