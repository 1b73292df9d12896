using System.Text;
using QueueService.Aws.Sns;
using QueueService.Broker.Queues;

namespace QueueService.Server.Webhooks;

/// <summary>What happens after an attempt.</summary>
internal enum NextStep
{
    Delivered,
    Retry,

    /// <summary>It was the last attempt: the redrive policy decides.</summary>
    GiveUp,

    /// <summary>410: the subscription is disabled and keeps its backlog.</summary>
    Disable,
}

/// <summary>What happens after an attempt, and for a retry how long after its end.</summary>
internal readonly record struct AttemptVerdict(NextStep Step, TimeSpan Delay = default);

/// <summary>When a delivery is attempted: by default at once, and 5 s, 30 s, 5 min, 30 min, 2, 5, 10, 14, 20
/// and 24 hours after the failure before, each ± 20 %. A pure function: a restart changes nothing.</summary>
internal sealed record RetrySchedule
{
    private const int DefaultJitterThousandths = 200;

    public const int MaxAttemptsLimit = 100;

    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5), TimeSpan.FromHours(10),
        TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    // After the delays: it counts them.
    public static readonly RetrySchedule Default = new();

    /// <summary>The subscription's own policy; null for the default delays.</summary>
    public RetryPolicy? Policy { get; init; }

    /// <summary>Of SNS: its phases are all that counts, and what the endpoint refuses is not tried again. Null for
    /// webhooks of `/v1`.</summary>
    public RetryPhases? Phases { get; init; }

    /// <summary>1 to 100. Past the default delays the last one is repeated.</summary>
    public int MaxAttempts { get; init; } = Delays.Length;

    /// <summary>How long after the failure before an attempt is made; zero for the first.</summary>
    /// <param name="attempt">1 for the first.</param>
    public TimeSpan DelayBefore(string deliveryId, int attempt)
    {
        if (attempt <= 1) return TimeSpan.Zero;
        if (Phases is not null) return Phases.DelayBefore(attempt - 1);
        ulong dice = Dice(deliveryId, attempt);
        if (Policy is not null) return TimeSpan.FromMilliseconds(Policy.DelayMilliseconds(attempt - 1, dice));
        double side = (2.0 * (dice >> 11) / (1UL << 53)) - 1;
        return Delays[Math.Min(attempt, Delays.Length) - 1] * (1 + (side * DefaultJitterThousandths / 1_000));
    }

    /// <summary>`Retry-After` is the earliest time, so the later one of it and the schedule's counts: a receiver that
    /// always asks for a second must not use up all attempts within one.</summary>
    /// <param name="attempt">The attempt that has ended; 1 for the first.</param>
    public AttemptVerdict After(string deliveryId, int attempt, WebhookAttempt result)
    {
        if (result.Succeeded) return new AttemptVerdict(NextStep.Delivered);
        if (Phases is not null) return After(attempt, result, Phases);
        if (result.Outcome == AttemptOutcome.Gone) return new AttemptVerdict(NextStep.Disable);
        if (attempt >= MaxAttempts) return new AttemptVerdict(NextStep.GiveUp);
        TimeSpan delay = DelayBefore(deliveryId, attempt + 1);
        return new AttemptVerdict(NextStep.Retry, result.RetryAfter > delay ? result.RetryAfter.Value : delay);
    }

    private AttemptVerdict After(int attempt, WebhookAttempt result, RetryPhases phases) =>
        result.IsRefusal || attempt > phases.NumRetries
            ? new AttemptVerdict(NextStep.GiveUp)
            : new AttemptVerdict(NextStep.Retry, DelayBefore("", attempt + 1));

    /// <summary>FNV-1a, finished as in SplitMix64: the same in every process and version.</summary>
    private static ulong Dice(string deliveryId, int attempt)
    {
        ulong hash = 14_695_981_039_346_656_037;
        foreach (byte octet in Encoding.UTF8.GetBytes(deliveryId)) hash = (hash ^ octet) * 1_099_511_628_211;
        hash += (ulong)attempt * 0x9E37_79B9_7F4A_7C15;
        hash = (hash ^ (hash >> 30)) * 0xBF58_476D_1CE4_E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D0_49BB_1331_11EB;
        return hash ^ (hash >> 31);
    }
}
