namespace QueueService.Broker.Queues;

/// <summary>Where messages go that cannot be processed.</summary>
/// <param name="DeadLetterQueue">Any other queue; it must exist when the policy is set.</param>
/// <param name="MaxReceiveCount">1 to 1,000 deliveries that fail; the last failure moves the message.</param>
public sealed record RedrivePolicy(string DeadLetterQueue, int MaxReceiveCount)
{
    /// <summary>Messages whose time to live is over go there, too, instead of being dropped.</summary>
    public bool IncludeExpired { get; init; }

    public const int MaxMaxReceiveCount = 1_000;
}

/// <summary>Which queues may name this one as their dead-letter queue.</summary>
public enum RedrivePermission : byte
{
    AllowAll = 0,
    DenyAll = 1,
    ByQueue = 2,
}

/// <summary>Checked when the other queue's policy is set.</summary>
/// <param name="SourceQueues">For <see cref="RedrivePermission.ByQueue"/>: the names, in ordinal order, separated by
/// commas (which names cannot contain), so that equal policies are equal values.</param>
public sealed record RedriveAllowPolicy(RedrivePermission Permission, string SourceQueues)
{
    /// <summary>More than any use seen; SQS allows 10.</summary>
    public const int MaxSourceQueues = 100;

    public static readonly RedriveAllowPolicy All = new(RedrivePermission.AllowAll, "");

    public static RedriveAllowPolicy ByQueue(IEnumerable<string> names) =>
        new(RedrivePermission.ByQueue, string.Join(',', names.Distinct().Order(StringComparer.Ordinal)));

    public IReadOnlyList<string> Names => SourceQueues.Length == 0 ? [] : SourceQueues.Split(',');

    public bool Allows(string source) => Permission switch
    {
        RedrivePermission.AllowAll => true,
        RedrivePermission.ByQueue => Names.Contains(source),
        _ => false,
    };
}
