namespace QueueService.Aws.Sns;

/// <summary>How the waits of the third phase grow from the shortest to the longest.</summary>
internal enum BackoffFunction
{
    Linear,
    Arithmetic,
    Geometric,
    Exponential,
}

/// <summary>
/// When deliveries to an HTTP endpoint are tried again: some at once, some after the shortest wait, then backing off to
/// the longest wait, and the last ones after that. The defaults are AWS's: three retries, 20 s apart.
/// </summary>
internal sealed record RetryPhases
{
    public static readonly RetryPhases Default = new();

    /// <summary>Seconds, 1 to <see cref="MaxDelayTarget"/>.</summary>
    public int MinDelayTarget { get; init; } = 20;

    /// <summary>Seconds, at most 3,600.</summary>
    public int MaxDelayTarget { get; init; } = 20;

    /// <summary>0 to 100; the three phases with a number of their own are part of it, the rest backs off.</summary>
    public int NumRetries { get; init; } = 3;

    public int NumNoDelayRetries { get; init; }

    public int NumMinDelayRetries { get; init; }

    public int NumMaxDelayRetries { get; init; }

    public BackoffFunction BackoffFunction { get; init; }

    private int BackingOff => NumRetries - NumNoDelayRetries - NumMinDelayRetries - NumMaxDelayRetries;

    /// <summary>How long after the failure before the n-th retry is made.</summary>
    /// <param name="retry">1 to <see cref="NumRetries"/>.</param>
    public TimeSpan DelayBefore(int retry)
    {
        int place = retry - NumNoDelayRetries;
        if (place <= 0) return TimeSpan.Zero;
        place -= NumMinDelayRetries;
        if (place <= 0) return TimeSpan.FromSeconds(MinDelayTarget);
        return place <= BackingOff ? TimeSpan.FromSeconds(Backoff(place)) : TimeSpan.FromSeconds(MaxDelayTarget);
    }

    /// <summary>Seconds that all waits take together.</summary>
    public double TotalSeconds()
    {
        double total = 0;
        for (int retry = 1; retry <= NumRetries; retry++) total += DelayBefore(retry).TotalSeconds;
        return total;
    }

    /// <summary>AWS names the functions and does not define them. Each begins with the shortest wait and ends with the
    /// longest: in even steps, in steps that grow evenly, by an even factor, and by steps that double.</summary>
    private double Backoff(int place)
    {
        int last = BackingOff - 1;
        if (last == 0) return MinDelayTarget;
        double step = place - 1;
        double range = MaxDelayTarget - MinDelayTarget;
        return BackoffFunction switch
        {
            BackoffFunction.Arithmetic => MinDelayTarget + (range * step * (step + 1) / (last * (last + 1.0))),
            BackoffFunction.Geometric =>
                MinDelayTarget * Math.Pow((double)MaxDelayTarget / MinDelayTarget, step / last),
            BackoffFunction.Exponential =>
                MinDelayTarget + (range * (Math.Pow(2, step) - 1) / (Math.Pow(2, last) - 1)),
            _ => MinDelayTarget + (range * step / last),
        };
    }
}

/// <summary>The delivery policy of a topic or of a subscription; what is null was not given.</summary>
internal sealed record DeliveryPolicy
{
    public const string DefaultContentType = "text/plain; charset=UTF-8";

    public static readonly DeliveryPolicy None = new();

    public RetryPhases? Retries { get; init; }

    /// <summary>Attempts within any second, at least 1.</summary>
    public int? MaxReceivesPerSecond { get; init; }

    public string? ContentType { get; init; }

    /// <summary>Of a topic: policies of subscriptions do not count.</summary>
    public bool DisablesOverrides { get; init; }

    /// <summary>What holds for a subscription with this policy under a topic with that one.</summary>
    public static DeliveryPolicy Effective(DeliveryPolicy topic, DeliveryPolicy subscription)
    {
        DeliveryPolicy own = topic.DisablesOverrides ? None : subscription;
        return new DeliveryPolicy
        {
            Retries = own.Retries ?? topic.Retries ?? RetryPhases.Default,
            MaxReceivesPerSecond = own.MaxReceivesPerSecond ?? topic.MaxReceivesPerSecond,
            ContentType = own.ContentType ?? topic.ContentType ?? DefaultContentType,
        };
    }
}
