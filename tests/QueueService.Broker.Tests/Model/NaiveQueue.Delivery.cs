using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <content>Where messages are, and which of them a receive may get.</content>
internal sealed partial class NaiveQueue
{
    /// <summary>Policies let messages come back in an order that depends on when somebody looked.</summary>
    public bool HadPolicies { get; private set; }

    /// <summary>What comes after a lease or a delay.</summary>
    public NaiveFate FateOf(NaiveMessage message, long now)
    {
        if (message.VisibleAt > now) return NaiveFate.Hidden;
        if (Config.Redrive is { } redrive && (message.ReceiveCount >= redrive.MaxReceiveCount
            || (message.IsExpired && redrive.IncludeExpired))) return NaiveFate.Doomed;
        if (message.IsPast(now)) return NaiveFate.Expired;
        return message.IsLeased && Config.Retry.Kind != RetryKind.None ? NaiveFate.Retry : NaiveFate.Ready;
    }

    /// <summary>Nobody gets it any more, and it is gone when the broker looks next.</summary>
    public bool WillVanish(NaiveMessage message, long now) =>
        message.IsPast(now) && !message.HoldsLease(now) && FateOf(message, now) != NaiveFate.Doomed
        && Config.Redrive is not { IncludeExpired: true };

    /// <summary>The retry policy's delay, by what is documented; how far jitter takes it within its bounds is up to the
    /// broker.</summary>
    public long DelayOf(NaiveMessage message)
    {
        RetryPolicy policy = Config.Retry;
        if (policy.Kind == RetryKind.None) return 0;
        double expected = policy.MinSeconds * 1000.0;
        for (int i = 1; i < message.ReceiveCount && policy.Kind == RetryKind.Exponential; i++)
            expected = Math.Min(policy.MaxSeconds * 1000.0, expected * policy.FactorThousandths / 1000);
        if (policy.Kind == RetryKind.Exponential) expected = Math.Min(policy.MaxSeconds * 1000.0, expected);
        ulong dice =
            ReceiptSeal.SipHash(resource, (ulong)message.ReceiveCount, [(ulong)message.Sequence], sizeof(ulong));
        long delay = policy.DelayMilliseconds(message.ReceiveCount, dice);
        double jitter = expected * policy.JitterThousandths / 1000;
        ThrowUnless(
            Math.Abs(delay - expected) <= jitter + 1, $"delay of {message}: expected about {expected}, was {delay}");
        return delay;
    }

    /// <summary>All that could be handed out now: of a FIFO queue's group that is not blocked, those in
    /// front.</summary>
    public List<NaiveMessage> Deliverable(long now) => IsFifo
        ? [.. Groups(now).Where(group => !group.Exists(message => message.HoldsLease(now)))
            .SelectMany(group => group.TakeWhile(message => IsReady(message, now)))]
        : [.. Messages.Where(message => IsReady(message, now))];

    /// <summary>The states that the broker may show.</summary>
    public IReadOnlyList<MessageState> StatesOf(NaiveMessage message, long now)
    {
        NaiveFate fate = FateOf(message, now);
        if (fate == NaiveFate.Hidden) return [message.IsLeased ? MessageState.Leased : MessageState.Delayed];
        if (fate is NaiveFate.Retry or NaiveFate.Doomed) return [MessageState.Blocked];

        // What has expired is only looked at by receives and by sweeps, and stands before the others until then.
        List<NaiveMessage> group = IsFifo ? Messages.FindAll(other => other.Group == message.Group) : [message];
        if (group.Exists(other => other.IsPast(now))) return [MessageState.Available, MessageState.Blocked];
        bool turn =
            !IsFifo || (!group.Exists(other => other.HoldsLease(now)) && FateOf(group[0], now) == NaiveFate.Ready);
        return turn ? [MessageState.Available]
            : IsPartlyKnown ? [MessageState.Available, MessageState.Blocked] : [MessageState.Blocked];
    }

    public int CountOf(MessageState state, long now) => Messages.Count(message => StatesOf(message, now)[0] == state);

    /// <summary>What the broker shows depends on when it looked, or on how far.</summary>
    public bool IsVague(long now) => IsPartlyKnown || Messages.Exists(message => message.IsPast(now));

    /// <summary>One group fills the read-ahead: others behind it may be hidden.</summary>
    public bool MayHide(int readAhead) => IsPartlyKnown && MayFill(readAhead);

    /// <summary>A lane has as many messages as are read ahead, or nearly.</summary>
    public bool MayFill(int readAhead) => Messages.GroupBy(static message => Position.LaneOf(message.Sequence))
        .Any(lane => Position.IsGrouped(lane.Key) && lane.Count() >= readAhead - (readAhead / 4));

    /// <summary>There are messages that only wait for others of their groups.</summary>
    public bool HasBlockedGroups(long now) => Messages.Exists(message =>
        FateOf(message, now) == NaiveFate.Ready && StatesOf(message, now)[0] == MessageState.Blocked);

    /// <summary>Follows an answer that hands out messages.</summary>
    public void HandOut(IReadOnlyList<Seen> answer, int max, long now, long deadline, bool acknowledged)
    {
        List<NaiveMessage> available = Deliverable(now);
        int expected = Math.Min(max, available.Count);
        ThrowUnless(IsPartlyKnown ? answer.Count <= expected : answer.Count == expected,
            $"{answer.Count} messages from {Name}, not {expected}: {string.Join(", ", available)}");
        List<NaiveMessage> given = [.. answer.Select(Expect)];
        ThrowUnlessSame(given.Count, given.Distinct().Count(), $"different messages from {Name}");
        foreach (NaiveMessage message in given)
            ThrowUnless(available.Contains(message), $"{message} was handed out by {Name}, and is not available");
        if (IsFifo) CheckGroups(given, available);
        else CheckPriorities(given, available);
        for (int i = 0; i < given.Count; i++) Lease(given[i], answer[i], now, deadline, acknowledged);
    }

    private static void CheckGroups(List<NaiveMessage> given, List<NaiveMessage> available)
    {
        foreach (IGrouping<string, NaiveMessage> group in given.GroupBy(static message => message.Group ?? ""))
        {
            IEnumerable<NaiveMessage> first = available.Where(message => (message.Group ?? "") == group.Key);
            ThrowUnless(
                first.Take(group.Count()).SequenceEqual(group), $"{string.Join(", ", group)} came out of order");
        }
    }

    private void CheckPriorities(List<NaiveMessage> given, List<NaiveMessage> available)
    {
        for (int i = 1; i < given.Count; i++)
            ThrowUnless(given[i].Priority <= given[i - 1].Priority, $"{given[i]} came behind a lower priority");
        int left = given.Count;
        for (int priority = QueueConfigLimits.MaxPriority; priority >= 0; priority--)
        {
            List<NaiveMessage> here = given.FindAll(message => message.Priority == priority);
            List<NaiveMessage> all = available.FindAll(message => message.Priority == priority);
            ThrowUnless(
                IsPartlyKnown || here.Count == Math.Min(left, all.Count), $"{here.Count} of priority {priority}");
            left -= here.Count;
            CheckPlain(
                here.FindAll(static message => message.Group is null), all.FindAll(
                    static message => message.Group is null));
        }
    }

    /// <summary>Without a group: what was handed out before comes first, the longest available first, then the
    /// untouched ones in the order of sending.</summary>
    private void CheckPlain(List<NaiveMessage> given, List<NaiveMessage> available)
    {
        List<NaiveMessage> ready =
            [.. available.Where(static message => message.IsTouched).OrderBy(static message => message.VisibleAt)];
        List<NaiveMessage> untouched = available.FindAll(static message => !message.IsTouched);
        int again = Math.Min(given.Count, ready.Count);
        ThrowUnlessSame(again, given.Count(static message => message.IsTouched), "redelivered messages");
        long latest = again == 0 ? 0 : ready[again - 1].VisibleAt;
        foreach (NaiveMessage message in given)
        {
            ThrowUnless(
                message.IsTouched ? message.VisibleAt <= latest || HadPolicies || Config.Retry != RetryPolicy.None
                : untouched.IndexOf(message) < given.Count - again, $"{message} was handed out before its turn");
        }
    }

    private bool IsReady(NaiveMessage message, long now) => !message.IsPast(now) && (FateOf(message, now) switch
    {
        NaiveFate.Ready => true,
        NaiveFate.Retry => message.VisibleAt + DelayOf(message) <= now,
        _ => false,
    });

    private List<List<NaiveMessage>> Groups(long now)
    {
        var groups = new Dictionary<string, List<NaiveMessage>>();
        foreach (NaiveMessage message in Messages)
        {
            if (WillVanish(message, now)) continue;
            if (!groups.TryGetValue(message.Group ?? "", out List<NaiveMessage>? group))
                groups.Add(message.Group ?? "", group = []);
            group.Add(message);
        }

        return [.. groups.Values];
    }
}

/// <summary>What comes after a lease or a delay.</summary>
internal enum NaiveFate
{
    /// <summary>It goes on.</summary>
    Hidden,
    Ready,

    /// <summary>The delivery failed, and the retry policy has not been asked yet.</summary>
    Retry,

    /// <summary>It goes to the dead-letter queue.</summary>
    Doomed,
    Expired,
}
