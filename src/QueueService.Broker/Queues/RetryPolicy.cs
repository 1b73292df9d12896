namespace QueueService.Broker.Queues;

/// <summary>How the time until the next delivery grows.</summary>
public enum RetryKind : byte
{
    /// <summary>A failed message is available again at once.</summary>
    None = 0,

    /// <summary>The same delay each time.</summary>
    Fixed = 1,

    /// <summary>Each delay is a multiple of the one before.</summary>
    Exponential = 2,
}

/// <summary>The delay of the next delivery after a release or an expired visibility timeout.</summary>
public sealed record RetryPolicy
{
    public static readonly RetryPolicy None = new();

    public RetryKind Kind { get; init; }

    /// <summary>The first delay, and the only one of the fixed kind.</summary>
    public int MinSeconds { get; init; } = 1;

    /// <summary>No delay is longer, but for jitter. With the default factor the delays are 1, 2, 4, 8, 16 s.</summary>
    public int MaxSeconds { get; init; } = 16;

    /// <summary>1,000 to 10,000: from one delay to the next.</summary>
    public int FactorThousandths { get; init; } = 2_000;

    /// <summary>0 to 1,000: how far a delay may lie on either side of its value.</summary>
    public int JitterThousandths { get; init; }

    /// <summary>Milliseconds after the failure of this delivery.</summary>
    /// <param name="receiveCount">1 for the first delivery.</param>
    /// <param name="dice">Uniform over all values: the jitter.</param>
    public long DelayMilliseconds(int receiveCount, ulong dice)
    {
        if (Kind == RetryKind.None) return 0;
        double seconds = MinSeconds;
        if (Kind == RetryKind.Exponential)
            seconds = Math.Min(MaxSeconds, MinSeconds * Math.Pow(FactorThousandths / 1_000.0, receiveCount - 1));
        double side = (2.0 * (dice >> 11) / (1UL << 53)) - 1;
        return (long)(seconds * 1_000 * (1 + (side * JitterThousandths / 1_000)));
    }
}
