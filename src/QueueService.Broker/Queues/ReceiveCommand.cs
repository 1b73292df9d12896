using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>
/// Leases messages: acknowledges what the request carries, then takes what is available, or waits in the queue's line
/// until there is something or its time is over.
/// </summary>
[SuppressMessage("Reliability", "CA2000", Justification = "The answer belongs to whoever awaits it.")]
internal sealed class ReceiveCommand : Command<Result<ReceivedMessages>>
{
    private static readonly CommandPool<ReceiveCommand> Pool = new();

    private readonly Settler _settler = new();
    private QueueName _name;
    private ReceiveRequest _request;
    private BrokerError[]? _acknowledged;
    private UInt128? _attempt;

    /// <summary>Milliseconds; a later change of the queue's default does not change it.</summary>
    private long _wait;

    public ReceiveCommand() => Node = new LinkedListNode<ReceiveCommand>(this);

    /// <summary>The place in the queue's line.</summary>
    public LinkedListNode<ReceiveCommand> Node { get; }

    public MessageQueue? Queue { get; private set; }

    /// <summary>Tells a waiting receive from a later use of the same pooled object.</summary>
    public long Generation { get; private set; }

    public ReceiveCommand? PreviousInSlot { get; set; }

    public ReceiveCommand? NextInSlot { get; set; }

    /// <summary>When the wait ends, shard time.</summary>
    public long Due { get; set; }

    /// <summary>It stands on the shard's list of those who are answered in this turn, with something or
    /// empty.</summary>
    public bool IsImpatient { get; set; }

    public static ReceiveCommand Rent(QueueName name, in ReceiveRequest request)
    {
        ReceiveCommand command = Pool.Rent();
        command._name = name;
        command._request = request;
        command._attempt = request.AttemptId is { } id ? MessageBatch.KeyOf(Encoding.UTF8.GetBytes(id)) : null;
        return command;
    }

    public override bool IsRead => _request is { ReadFrom: not null, Acknowledge: null };

    public override bool Execute(Shard shard)
    {
        Queue = shard.FindQueue(_name);
        if (Queue is null)
        {
            Outcome = _name.NotFound;
            ReplyAfter = Durability.Fsync;
            return true;
        }

        if (Queue.IsPushed && !_request.IsInternal)
        {
            Outcome = BrokerError.NotPullSubscription;
            ReplyAfter = Durability.Fsync;
            return true;
        }

        if (_request.Holder?.TryBind(shard, Queue) == false)
        {
            QueueGone();
            return true;
        }

        if (_request.Poll?.Begin(shard, Queue) is { } refused and not BrokerError.None)
        {
            Outcome = refused;
            ReplyAfter = shard.Note(Durability.Fsync, wrote: false);
            return true;
        }

        if (!IsReader) Queue.IsMovedByReceives = _request.MovesDeadLetters;

        // Who owns what is never told before it is durable.
        ReplyAfter = _request.Poll is null ? Queue.Config.Durability : Durability.Fsync;
        _wait = shard.IsDraining ? 0 : _request.WaitMilliseconds ?? Queue.Config.ReceiveWaitSeconds * 1000L;
        Acknowledge(shard);
        if (TryRepeat(shard, Queue) || TryTellGap(shard)) return true;
        if (_request.Holder is { Room: <= 0 } holder) return !Park(shard, holder);

        // Nobody in the line wants what a reader takes: it takes nothing away.
        if ((Queue.Waiters.Count == 0 || IsReader) && TryServe(shard)) return true;
        return !Wait(shard);
    }

    /// <summary>Takes what is available; answers false when nothing is.</summary>
    public bool TryServe(Shard shard)
    {
        MessageQueue queue = Queue!;
        if (IsReader) return TryRead(shard, queue);
        queue.FollowTopic();

        // One of the same name may have been served while this one stood in line.
        if (TryRepeat(shard, queue)) return true;
        queue.Promote(shard.Now);
        ReadAhead.Advance(shard, queue);
        if (FailedLeases.Delay(shard, queue) | FailedLeases.Expire(shard, queue)) shard.Note(ReplyAfter, wrote: true);
        if (queue.HasExpired || queue.HasUnknownLeases) return false;
        int most = Math.Min(shard.Options.MaxInFlightPerQueue, _request.MaxLeased ?? int.MaxValue);
        int room = most - queue.LeasedCount;
        if (_request.Holder is { } holder) room = Math.Min(room, holder.Room);
        bool full = room <= 0 && !_request.AcknowledgeOnReceipt;
        int max = _request.AcknowledgeOnReceipt ? _request.Max : Math.Min(_request.Max, room);
        if (full)
        {
            if (_wait > 0 || !queue.HasAvailable || (queue.IsFifo && _request.MaxLeased is not null)) return false;
            AnswerError(shard, BrokerError.TooManyInFlight);
            return true;
        }

        int maxBytes = _request.MaxBytes > 0 ? _request.MaxBytes : ReceiveRequest.MaxResponseBytes;
        if (queue.Choose(max, maxBytes, shard.Now, shard.Chosen) == 0)
        {
            // Whoever asked moves what failed, and comes back.
            if (!_request.MovesDeadLetters || !queue.HasDoomed) return false;
            AnswerEmpty(shard);
            return true;
        }

        Outcome = Lease(shard, queue, shard.Chosen);
        return true;
    }

    /// <summary>A live reader hears at once of what is gone, whether there is something for it or not.</summary>
    public bool TryTellGap(Shard shard)
    {
        if (_request.Holder is not { HasGap: true }) return false;
        AnswerEmpty(shard);
        return true;
    }

    /// <summary>It leases nothing.</summary>
    private bool IsReader => _request.ReadFrom is not null || _request.Poll is not null;

    private bool TryRead(Shard shard, MessageQueue topic)
    {
        ReceivedMessages messages = Received(shard);
        bool isDone = _request.Poll is { } poll
            ? poll.TryAnswer(shard, topic, messages)
            : TopicReading.TryRead(topic, _request.ReadFrom!, _request.Max, messages);
        if (!isDone)
        {
            messages.Dispose();
            return false;
        }

        Outcome = messages;
        shard.Note(ReplyAfter, wrote: false);
        return true;
    }

    /// <summary>Its wait is over.</summary>
    public void LeaveLine()
    {
        Node.List!.Remove(Node);
        if (_request.Holder is { } holder) holder.Parked = null;
    }

    public void AnswerEmpty(Shard shard)
    {
        ReceivedMessages messages = Received(shard);
        if (_request.ReadFrom is { } from)
        {
            messages.NextCursor = from;
            messages.EndCursor = TopicReading.EndOf(Queue!, from);
        }

        _request.Poll?.AnswerEmpty(shard, Queue!, messages);
        Outcome = messages;
        shard.Note(ReplyAfter, wrote: false);
    }

    /// <summary>The answer tells of a deletion, which is always synced.</summary>
    public void QueueGone()
    {
        Outcome = _name.NotFound;
        ReplyAfter = Durability.Fsync;
    }

    public override void Refuse(BrokerError error)
    {
        if (Outcome.Value is { } messages) messages.Dispose();
        Outcome = error;
    }

    protected override void Recycle()
    {
        Generation++;
        Queue = null;
        _request = default;
        _acknowledged = null;
        _attempt = null;
        Pool.Return(this);
    }

    private void Acknowledge(Shard shard)
    {
        if (_request.Acknowledge is not { Count: > 0 } receipts) return;
        _acknowledged = _settler.Check(shard, Queue!, receipts);
        if (_settler.Offsets.Count == 0) return;
        shard.Store.BeginFrame();
        shard.Write(Queue!, QueueRecord.Acknowledged, shard.Runs(CollectionsMarshal.AsSpan(_settler.Offsets)));
        shard.Store.EndFrame();
        shard.Note(ReplyAfter, wrote: true);

        // Others may have waited for fewer leases.
        shard.Dispatch(Queue!);
    }

    /// <summary>An error promises that nothing happened: after an acknowledgement that did, the answer is an empty one.
    /// </summary>
    private void AnswerError(Shard shard, BrokerError error)
    {
        if (_acknowledged is null) Outcome = error;
        else AnswerEmpty(shard);
    }

    /// <summary>Stands in line; answers false when the request does not wait.</summary>
    private bool Wait(Shard shard)
    {
        MessageQueue queue = Queue!;
        if (_wait > 0 && shard.WaiterCount >= shard.Options.MaxWaiters && !_request.IsInternal)
        {
            AnswerError(shard, BrokerError.TooManyWaiters);
            return false;
        }

        // What is there will be known in a moment.
        if (_wait <= 0 && queue.Waiters.Count == 0 && !queue.IsBusy)
        {
            AnswerEmpty(shard);
            return false;
        }

        // Others wait already: whoever came first is served first, also before one that does not want to wait.
        queue.Waiters.AddLast(Node);
        shard.AddWaiter(this, _wait);
        shard.Dispatch(queue);
        return true;
    }

    /// <summary>Waits for the holder to have room; answers false when the request does not wait.</summary>
    private bool Park(Shard shard, LeaseHolder holder)
    {
        if (_wait <= 0)
        {
            AnswerEmpty(shard);
            return false;
        }

        if (shard.WaiterCount >= shard.Options.MaxWaiters)
        {
            AnswerError(shard, BrokerError.TooManyWaiters);
            return false;
        }

        Queue!.Parked.AddLast(Node);
        holder.Parked = this;
        shard.AddWaiter(this, _wait);
        return true;
    }

    /// <summary>Gives the messages again that an earlier receive of the same name still leases.</summary>
    private bool TryRepeat(Shard shard, MessageQueue queue)
    {
        if (_attempt is not { } attempt) return false;
        List<(long Position, int ReceiveCount)> leases = shard.Chosen;
        if (!queue.TryFindAttempt(attempt, shard.Now, _request.RepeatsWholeOnly, leases))
        {
            if (queue.AttemptsAt(shard.Now) < QueueConfigLimits.MaxReceiveAttempts) return false;
            AnswerError(shard, BrokerError.TooManyReceiveAttempts);
            return true;
        }

        SortAsAtFirst(queue, leases);
        long deadline = DeadlineOf(shard, queue);
        ReceivedMessages messages = Received(shard);
        FillBefore(queue, leases, messages, shard.Now, deadline);
        long[] positions = [.. leases.Select(static lease => lease.Position).Order()];
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Extended, deadline, shard.Runs(positions));
        shard.Store.EndFrame();
        shard.Note(ReplyAfter, wrote: true);

        // The leases may end earlier than before.
        shard.Dispatch(queue);
        Outcome = messages;
        return true;
    }

    /// <summary>In the order of the first time: the highest priority, then the place.</summary>
    private static void SortAsAtFirst(MessageQueue queue, List<(long Position, int ReceiveCount)> leases) =>
        leases.Sort((a, b) =>
            (-queue.PriorityOf(a.Position), a.Position).CompareTo((-queue.PriorityOf(b.Position), b.Position)));

    private long DeadlineOf(Shard shard, MessageQueue queue) =>
        shard.Now + (_request.VisibilityMilliseconds ?? queue.Config.VisibilityTimeoutSeconds * 1000L);

    private ReceivedMessages Lease(Shard shard, MessageQueue queue, List<(long Position, int ReceiveCount)> chosen)
    {
        // Without groups and priorities the order is that of sending; else it is that of the choice.
        if (queue.Lanes.Count == 1) chosen.Sort();
        long deadline = DeadlineOf(shard, queue);
        ReceivedMessages messages = Received(shard);
        FillBefore(queue, chosen, messages, shard.Now, deadline);
        if (queue.Lanes.Count > 1) chosen.Sort();
        Span<long> positions = shard.OffsetBuffer(chosen.Count);
        Span<int> counts = shard.CountBuffer(chosen.Count);
        for (int i = 0; i < chosen.Count; i++) (positions[i], counts[i]) = chosen[i];
        shard.Store.BeginFrame();
        shard.WriteSkipped(queue);
        if (_request.AcknowledgeOnReceipt) shard.Write(queue, QueueRecord.Taken, shard.Runs(positions));
        else if (_attempt is { } attempt) shard.WriteAttempt(queue, attempt, deadline, shard.Runs(positions, counts));
        else shard.Write(queue, QueueRecord.Leased, deadline, shard.Runs(positions, counts));
        shard.Store.EndFrame();
        shard.Note(ReplyAfter, wrote: true);
        if (_request.Holder is not { } holder || _request.AcknowledgeOnReceipt) return messages;
        foreach ((long position, _) in chosen) queue.Hold(position, holder);
        return messages;
    }

    /// <summary>Holds the bodies before the records are applied: one that is acknowledged on receipt is gone from the
    /// log afterwards.</summary>
    private void FillBefore(
        MessageQueue queue, List<(long Position, int ReceiveCount)> chosen, ReceivedMessages messages, long now,
        long deadline)
    {
        foreach ((long position, int count) in chosen)
        {
            queue.TryGetTouched(position, out Touched touched);
            messages.Add(new ReceivedMessages.Delivery
            {
                Position = position,
                ExpiresAt = queue.ExpiryOf(position),
                FirstReceivedAt = touched.FirstReceivedAt == 0 ? now : touched.FirstReceivedAt,
                VisibleAt = _request.AcknowledgeOnReceipt ? 0 : deadline,
                ReceiveCount = count,
                State = MessageState.Leased,
                HasReceipt = !_request.AcknowledgeOnReceipt,
                IsReplayed = queue.Replay?.Contains(position) == true,
            });
        }
    }

    private ReceivedMessages Received(Shard shard)
    {
        ReceivedMessages messages = ReceivedMessages.Rent(Queue!, shard.Seal);
        messages.Acknowledged = _acknowledged;
        messages.Gap = _request.Holder?.TakeGap();
        messages.HasDeadLetters = _request.MovesDeadLetters && Queue!.HasDoomed;
        messages.WaitAsked = _wait;
        return messages;
    }
}
