using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>
/// A queue with lists and dictionaries and no cleverness. Where the broker may choose (which of two messages that came
/// back in the same millisecond goes first, which group is next), the model checks the choice and follows it.
/// </summary>
internal sealed partial class NaiveQueue(QueueDescription description, uint resource)
{
    private readonly HashSet<ReceiptHandle> _issued = [];
    private readonly Dictionary<int, long> _next = [];

    public string Name { get; } = description.Name.Value;

    public uint Resource => resource;

    public QueueConfig Config { get; private set; } = description.Config;

    public bool IsFifo => Config.Type == QueueType.Fifo;

    public string ETag { get; set; } = description.ETag;

    public long CreatedAt { get; } = description.CreatedAt;

    public long UpdatedAt { get; set; } = description.UpdatedAt;

    /// <summary>By their places: within a group in the order of sending.</summary>
    public List<NaiveMessage> Messages { get; } = [];

    /// <summary>Everything that was ever sent, by place: nothing else may ever be seen.</summary>
    public Dictionary<long, NaiveMessage> History { get; } = [];

    /// <summary>Receives that stand in line.</summary>
    public List<ReceiveOperation> Waiters { get; } = [];

    /// <summary>What was sent with a deduplication id, the oldest first.</summary>
    public List<(string Key, string? Group, long Sequence, long SentAt)> SentOnce { get; } = [];

    /// <summary>The last receive of each name.</summary>
    public Dictionary<string, (long Time, List<ReceiptHandle> Receipts)> Attempts { get; } = [];

    /// <summary>Groups of which the broker does not know all messages (see its read-ahead): it may hand out
    /// less.</summary>
    public bool IsPartlyKnown { get; set; }

    public long Sent { get; set; }

    public long Received { get; set; }

    public long Deleted { get; set; }

    public long Expired { get; set; }

    public long DeadLettered { get; set; }

    public NaiveMessage? Find(long sequence) => Messages.Find(message => message.Sequence == sequence);

    /// <summary>By its id: its place here names only what was sent to this queue.</summary>
    public NaiveMessage? Find(MessageId id) => Messages.Find(message => message.Id == id);

    public void Configure(QueueConfig config)
    {
        HadPolicies |= Config.Retry != RetryPolicy.None || Config.Redrive is not null;
        Config = config;
    }

    /// <summary>The place of the next message of a lane.</summary>
    public long NextIn(int lane) => _next.GetValueOrDefault(lane, Position.First(lane));

    /// <summary>After a crash offsets may skip forward.</summary>
    public void SkipTo(int lane, long sequence)
    {
        ThrowUnless(sequence >= NextIn(lane), $"a place of {Name} may be given twice");
        _next[lane] = sequence;
    }

    public void Add(NaiveMessage message)
    {
        int lane = Position.LaneOf(message.Sequence);
        ThrowUnlessSame(NextIn(lane), message.Sequence, $"place of {message}");
        ThrowUnlessSame(Reading.LaneOf(IsFifo, message.Group, message.Priority), lane, $"lane of {message}");
        _next[lane] = message.Sequence + 1;
        Put(message);
        Sent++;
    }

    /// <summary>Takes in what is there already.</summary>
    public void Put(NaiveMessage message)
    {
        int at = Messages.FindIndex(other => other.Sequence > message.Sequence);
        Messages.Insert(at < 0 ? Messages.Count : at, message);
        History[message.Sequence] = message;
    }

    /// <summary>What becomes of each receipt, before any of them takes effect.</summary>
    public BrokerError[] Check(IReadOnlyList<ReceiptHandle> receipts, long now) =>
        [.. receipts.Select(receipt => !_issued.Contains(receipt) ? BrokerError.ReceiptInvalid
            : Holder(receipt, now) is null ? BrokerError.ReceiptExpired : BrokerError.None)];

    /// <summary>The messages that these receipts lease, each once.</summary>
    public List<NaiveMessage> Held(IReadOnlyList<ReceiptHandle> receipts, long now) =>
        [.. receipts.Select(receipt => Holder(receipt, now)).OfType<NaiveMessage>().Distinct()];

    public void Acknowledge(IReadOnlyList<ReceiptHandle> receipts, long now)
    {
        foreach (NaiveMessage message in Held(receipts, now)) Remove(message);
    }

    public void Remove(NaiveMessage message)
    {
        Messages.Remove(message);
        Deleted++;
    }

    public void Purge()
    {
        Deleted += Messages.Count;
        Messages.Clear();
    }

    /// <summary>A start after a crash: the receipts of weak queues are worth nothing any more.</summary>
    public void ForgetReceipts()
    {
        foreach (NaiveMessage message in Messages) message.Receipt = null;
    }

    /// <summary>The place of a message that counts as sent before: with the same key, less than five minutes ago.
    /// </summary>
    public (long Sequence, long SentAt)? FindDuplicate(string key, string? group, long now)
    {
        bool byGroup = Config.DeduplicationScope == DeduplicationScope.Group;
        for (int i = SentOnce.Count - 1; i >= 0; i--)
        {
            (string other, string? of, long sequence, long sentAt) = SentOnce[i];
            if (other == key && (!byGroup || of == group) && sentAt > now - 300_000) return (sequence, sentAt);
        }

        return null;
    }

    /// <summary>A browsed or received message must be one of these, as the model has it.</summary>
    public NaiveMessage Expect(Seen seen)
    {
        NaiveMessage? message = Find(seen.Sequence);
        if (message is null) throw new ModelMismatchException($"{Name} showed {seen}, which is not there");
        ThrowUnlessSame(message.Id, seen.Id, $"id of {message}");
        ThrowUnlessSame(message.Body, seen.Body, "body");
        ThrowUnlessSame(message.SentAt, seen.SentAt, $"sent at of {message}");
        ThrowUnlessSame(message.Group, seen.Group, $"group of {message}");
        ThrowUnlessSame(message.Priority, seen.Priority, $"priority of {message}");
        if (!message.IsExpired) ThrowUnlessSame(message.ExpiresAt, seen.ExpiresAt, $"expires at of {message}");
        ThrowUnlessSame(message.Origin, seen.Origin, $"origin of {message}");
        return message;
    }

    public void ExpectBrowsed(Seen seen, long now)
    {
        NaiveMessage message = Expect(seen);
        ThrowUnless(StatesOf(message, now).Contains(seen.State),
            $"state of {message} in {Name}: expected {string.Join(" or ", StatesOf(message, now))}, was {seen.State}");
        ThrowUnlessSame(message.ReceiveCount, seen.ReceiveCount, $"receive count of {message}");
        ThrowUnlessSame(message.FirstReceivedAt, seen.FirstReceivedAt, $"first received at of {message}");
        ThrowUnlessSame(
            seen.State == MessageState.Available ? 0 : message.VisibleAt, seen.VisibleAt, $"visible at of {message}");
    }

    private NaiveMessage? Holder(ReceiptHandle receipt, long now) =>
        Messages.Find(message => message.Receipt == receipt && message.HoldsLease(now));

    private void Lease(NaiveMessage message, Seen seen, long now, long deadline, bool acknowledged)
    {
        message.Fail(now);
        message.ReceiveCount++;
        if (message.FirstReceivedAt == 0) message.FirstReceivedAt = now;
        ThrowUnlessSame(message.ReceiveCount, seen.ReceiveCount, $"receive count of {message}");
        ThrowUnlessSame(message.FirstReceivedAt, seen.FirstReceivedAt, $"first received at of {message}");
        Received++;
        if (acknowledged)
        {
            ThrowUnlessSame(default, seen.Receipt, "receipt of an acknowledged message");
            Remove(message);
            return;
        }

        ThrowUnlessSame(deadline, seen.VisibleAt, $"deadline of {message}");
        ThrowUnless(_issued.Add(seen.Receipt), $"the receipt of {message} was given before");
        message.IsLeased = true;
        message.VisibleAt = deadline;
        message.Receipt = seen.Receipt;
    }
}
