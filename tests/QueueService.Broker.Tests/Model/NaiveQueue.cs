using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>
/// A queue with lists and dictionaries and no cleverness. Where the broker may choose (which of two messages that came
/// back in the same millisecond goes first), the model checks the choice and follows it.
/// </summary>
internal sealed class NaiveQueue(QueueDescription description, uint resource)
{
    private readonly HashSet<ReceiptHandle> _issued = [];

    public string Name { get; } = description.Name.Value;

    public uint Resource => resource;

    public QueueConfig Config { get; set; } = description.Config;

    public string ETag { get; set; } = description.ETag;

    public long CreatedAt { get; } = description.CreatedAt;

    public long UpdatedAt { get; set; } = description.UpdatedAt;

    /// <summary>In the order of sending.</summary>
    public List<NaiveMessage> Messages { get; } = [];

    /// <summary>Everything that was ever sent, by offset: nothing else may ever be seen.</summary>
    public Dictionary<long, string> History { get; } = [];

    /// <summary>Receives that stand in line.</summary>
    public List<ReceiveOperation> Waiters { get; } = [];

    public long NextSequence { get; set; }

    /// <summary>After an unclean start of a weak queue: offsets skip forward once.</summary>
    public bool MaySkip { get; set; }

    public long Sent { get; set; }

    public long Received { get; set; }

    public long Deleted { get; set; }

    public long Expired { get; set; }

    public NaiveMessage? Find(long sequence) => Messages.Find(message => message.Sequence == sequence);

    public int Count(MessageState state, long now) => Messages.Count(message => message.StateAt(now) == state);

    public void Add(long sequence, string body, long sentAt, long delay)
    {
        Messages.Add(new NaiveMessage
        {
            Sequence = sequence, Body = body, SentAt = sentAt, VisibleAt = delay > 0 ? sentAt + delay : 0,
        });
        History.Add(sequence, body);
        NextSequence = sequence + 1;
        Sent++;
    }

    /// <summary>Follows an answer that hands out messages: what was handed out before comes first, the longest
    /// available first, then the untouched ones in the order of sending.</summary>
    public void HandOut(IReadOnlyList<Seen> answer, int max, long now, long deadline, bool acknowledged)
    {
        List<NaiveMessage> ready =
            [.. Messages.Where(message => message.IsTouched && message.VisibleAt <= now).OrderBy(message => message.VisibleAt)];
        List<NaiveMessage> untouched = [.. Messages.Where(static message => !message.IsTouched)];
        int again = Math.Min(max, ready.Count);
        int fresh = Math.Min(max - again, untouched.Count);
        ThrowUnlessSame(again + fresh, answer.Count, $"messages from {Name} (of {ready.Count} and {untouched.Count})");
        long latest = again == 0 ? 0 : ready[again - 1].VisibleAt;
        int redelivered = 0;
        foreach (Seen seen in answer)
        {
            NaiveMessage message = Expect(seen);
            redelivered += message.IsTouched ? 1 : 0;
            ThrowUnless(message.IsTouched ? message.VisibleAt <= latest : untouched.IndexOf(message) < fresh,
                $"{message} was handed out before its turn");
        }

        ThrowUnlessSame(again, redelivered, "redelivered messages");
        foreach (Seen seen in answer) Lease(Expect(seen), seen, now, deadline, acknowledged);
    }

    /// <summary>What becomes of each receipt, before any of them takes effect.</summary>
    public BrokerError[] Check(IReadOnlyList<ReceiptHandle> receipts, long now) =>
        [.. receipts.Select(receipt => !_issued.Contains(receipt) ? BrokerError.ReceiptInvalid
            : Holder(receipt, now) is null ? BrokerError.ReceiptExpired : BrokerError.None)];

    public void Acknowledge(IReadOnlyList<ReceiptHandle> receipts, long now)
    {
        foreach (ReceiptHandle receipt in receipts)
            if (Holder(receipt, now) is { } message) Remove(message);
    }

    public void Hide(IReadOnlyList<ReceiptHandle> receipts, long now, long visibleAt, bool leased)
    {
        foreach (NaiveMessage message in receipts.Select(receipt => Holder(receipt, now)).OfType<NaiveMessage>().ToList())
        {
            message.VisibleAt = visibleAt;
            message.IsLeased = leased;
        }
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

    /// <summary>A browsed or received message must be one of these, as the model has it.</summary>
    public NaiveMessage Expect(Seen seen)
    {
        NaiveMessage? message = Find(seen.Id.SequenceNumber);
        if (message is null) throw new ModelMismatchException($"{Name} showed {seen}, which is not there");
        ThrowUnlessSame(resource, seen.Id.Queue, "queue of an id");
        ThrowUnlessSame(message.Body, seen.Body, "body");
        ThrowUnlessSame(message.SentAt, seen.SentAt, $"sent at of {message}");
        return message;
    }

    public void ExpectBrowsed(Seen seen, long now)
    {
        NaiveMessage message = Expect(seen);
        MessageState state = message.StateAt(now);
        ThrowUnlessSame(state, seen.State, $"state of {message}");
        ThrowUnlessSame(message.ReceiveCount, seen.ReceiveCount, $"receive count of {message}");
        ThrowUnlessSame(message.FirstReceivedAt, seen.FirstReceivedAt, $"first received at of {message}");
        ThrowUnlessSame(state == MessageState.Available ? 0 : message.VisibleAt, seen.VisibleAt, $"visible at of {message}");
    }

    private NaiveMessage? Holder(ReceiptHandle receipt, long now) =>
        Messages.Find(message => message.Receipt == receipt && message.IsLeased && message.VisibleAt > now);

    private void Lease(NaiveMessage message, Seen seen, long now, long deadline, bool acknowledged)
    {
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
