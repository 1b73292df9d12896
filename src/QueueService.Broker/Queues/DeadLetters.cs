using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Messages;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>
/// Moving messages to the dead-letter queue. The bodies are read outside the loop; the loop decides twice: what is to
/// be moved, and, when the bytes are there, whether that still holds. The move itself is one frame.
/// </summary>
[SuppressMessage("Reliability", "CA2000", Justification = "A selection belongs to whoever awaits it.")]
internal static class DeadLetters
{
    /// <summary>The reason of a message that failed as often as it may.</summary>
    public const string MaxReceiveCountReached = "maxReceiveCount";

    /// <summary>The reason of a message whose time to live was over.</summary>
    public const string Expired = "expired";

    /// <summary>Messages of one move: bounds the bytes that are held for it.</summary>
    private const int MaxMessages = 100;

    private const int MaxBytes = 4 << 20;

    /// <summary>Messages that failed as often as they may; null when there is nothing to do or no queue for them.
    /// </summary>
    /// <param name="until">Those that failed by then.</param>
    public static DeadLetterSelection? SelectDoomed(Shard shard, MessageQueue queue, long until)
    {
        if (queue.IsDeleted || queue.Config.Redrive is not { } redrive) return null;
        if (shard.FindQueue(redrive.DeadLetterQueue) is null) return null;
        var doomed = new List<(long Position, Touched Touched)>();
        queue.Doomed(MaxMessages, until, doomed);
        if (doomed.Count == 0) return null;
        DeadLetterSelection selection = Select(shard, queue, redrive, reason: null);
        long bytes = 0;
        foreach ((long position, Touched touched) in doomed)
        {
            bytes += queue.SizeOf(position);
            if (selection.Messages.Count > 0 && bytes > selection.MaxBytes) break;
            Add(shard, selection, position, touched);
        }

        return selection;
    }

    /// <summary>The message that a consumer gives up.</summary>
    public static Result<DeadLetterSelection> SelectLeased(
        Shard shard, PlainCommand<Result<DeadLetterSelection>> command, QueueName name, ReceiptHandle receipt,
        string reason)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        BrokerError error = Settler.Check(shard, queue, receipt);
        if (queue.IsPushed && Settler.IsStranger(error)) return BrokerError.NotPullSubscription;
        if (error != BrokerError.None) return error;
        if (queue.Config.Redrive is not { } redrive) return BrokerError.NoDeadLetterQueue;
        if (shard.FindQueue(redrive.DeadLetterQueue) is null) return BrokerError.DeadLetterQueueNotFound;
        queue.TryGetTouched(receipt.SequenceNumber, out Touched touched);
        DeadLetterSelection selection = Select(shard, queue, redrive, reason);
        Add(shard, selection, receipt.SequenceNumber, touched);
        return selection;
    }

    /// <summary>Moves what still is as it was selected; answers NoDeadLetterQueue or DeadLetterQueueNotFound when there
    /// is nowhere to go any more, ReceiptExpired when nothing is left to be moved, and QueueFull or MessageTooLarge
    /// when the limits of the dead-letter queue leave no room.</summary>
    public static Result<Durability> Move(
        Shard shard, PlainCommand<Result<Durability>> command, DeadLetterSelection selection, MessageBatch batch)
    {
        MessageQueue queue = command.Queue = selection.Queue;
        if (queue.IsDeleted) return queue.Name.NotFound;
        if (shard.FindQueue(selection.Target) is not { } target) return BrokerError.DeadLetterQueueNotFound;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (batch.Bytes + (batch.Count * 32L) > shard.MaxFrameBytes) return BrokerError.MessageTooLarge;
        int[] holding = [.. Enumerable.Range(0, batch.Count).Where(i => StillHolds(shard, selection, i))];
        if (holding.Length == 0) return BrokerError.ReceiptExpired;
        shard.Room.Begin(target, shard.Now);
        BrokerError room = BrokerError.None;
        holding = [.. holding.Where(i =>
        {
            BrokerError error = shard.Room.Take(batch.Message(i).Length);
            if (error != BrokerError.None) room = error;
            return error == BrokerError.None;
        })];
        if (holding.Length == 0) return room;
        long[] moved = [.. holding.Select(i => selection.Expected[i].Position).Order()];
        shard.Store.BeginFrame();
        shard.Room.Make(shard);
        foreach (int i in holding) Write(shard, target, batch, i);
        shard.Write(queue, QueueRecord.DeadLettered, shard.Runs(moved));
        bool strictTarget = target.Config.Durability < queue.Config.Durability;
        shard.EndFrame([(byte)(strictTarget ? target : queue).Config.Durability]);

        // The stricter level of the two: the frame is one.
        if (strictTarget) command.Queue = target;
        command.Wrote = true;
        shard.Dispatch(target);
        shard.Dispatch(queue);
        return command.Queue.Config.Durability;
    }

    /// <summary>The message goes to the lane that it would have been sent to.</summary>
    public static void Write(Shard shard, MessageQueue target, MessageBatch batch, int index) => shard.Write(
        target,
        new SentTo { Lane = target.LaneFor(batch, index), IsMoved = true, Message = batch.Message(index) });

    private static DeadLetterSelection Select(Shard shard, MessageQueue queue, RedrivePolicy redrive, string? reason) =>
        new(queue, queue.Epoch, redrive.DeadLetterQueue, reason, shard.Now, ReceivedMessages.Rent(queue, shard.Seal))
        {
            MaxBytes = Math.Min(MaxBytes, shard.MaxFrameBytes / 2),
        };

    private static void Add(Shard shard, DeadLetterSelection selection, long position, in Touched touched)
    {
        // Expected and the failure times go along with the messages, in the same order.
        selection.Expected.Add(
            (position, touched.ReceiveCount, Leased: touched.IsLeased && touched.Deadline > shard.Now));

        selection.Reasons.Add(
            selection.Reason ?? (touched.IsExpired ? Expired : MaxReceiveCountReached));

        // Given up now, or failed when its lease ran out or it was released: that is its deadline.
        long failedAt = Math.Min(touched.Deadline, shard.Now);
        selection.FailedAt.Add((touched.FirstFailedAt == 0 ? failedAt : touched.FirstFailedAt, failedAt));
        selection.Messages.Add(new ReceivedMessages.Delivery
        {
            Position = position,
            FirstReceivedAt = touched.FirstReceivedAt,
            ReceiveCount = touched.ReceiveCount,
            State = MessageState.Blocked,
        });
    }

    private static bool StillHolds(Shard shard, DeadLetterSelection selection, int index)
    {
        (long position, int receiveCount, bool leased) = selection.Expected[index];
        MessageQueue queue = selection.Queue;
        if (queue.Epoch != selection.Epoch || !queue.TryGetTouched(position, out Touched touched)) return false;
        if (touched.ReceiveCount != receiveCount) return false;
        return leased ? touched.IsLeased && touched.Deadline > shard.Now : touched.HasFailed && queue.IsDoomed(touched);
    }
}

/// <summary>Messages that are to be moved: dispose it when they are.</summary>
/// <param name="Epoch">Of the queue when they were selected: a purge meanwhile ends the move.</param>
/// <param name="Reason">Null: each message has its own.</param>
/// <param name="Now">Shard time of the selection.</param>
internal sealed record DeadLetterSelection(
    MessageQueue Queue, long Epoch, string Target, string? Reason, long Now, ReceivedMessages Messages) : IDisposable
{
    /// <summary>Of one move, but for a single message.</summary>
    public required int MaxBytes { get; init; }

    public List<(long Position, int ReceiveCount, bool Leased)> Expected { get; } = [];

    public List<(long First, long Last)> FailedAt { get; } = [];

    public List<string> Reasons { get; } = [];

    /// <summary>Reads the bodies and gives each message its origin. What cannot be read stays where it is, and so does
    /// what would be too much at once: how large a message on disk is, is only known now.</summary>
    /// <param name="form">Null: as they are. What has no such form stays as it is, too.</param>
    public MessageBatch Read(CopyForm? form)
    {
        MessageBatch batch = MessageBatch.Rent();
        int read = 0;
        for (int i = 0; i < Messages.Count; i++)
        {
            if (!Messages.TryRead(i, out MessageView message)) continue;
            if (batch.Count > 0 && batch.Bytes + message.Raw.Length > MaxBytes) break;
            ReadOnlySpan<byte> bytes = form is null ? message.Raw : Formed(message, form);
            batch.AddMoved(bytes, new MessageOrigin
            {
                Id = message.Id,
                SentAt = message.SentAt,
                RetentionFrom = Queue.Config.ResetRetentionOnDeadLetter || Queue.IsQueueView
                    ? Now
                    : message.Origin?.RetentionFrom ?? message.SentAt,
                SourceQueue = Queue.Name.Value,
                Reason = Reasons[i],
                ReceiveCount = message.ReceiveCount,
                EarlierReceives = message.Origin?.Receives ?? 0,
                FirstFailedAt = FailedAt[i].First,
                LastFailedAt = FailedAt[i].Last,
                RedriveCount = message.Origin?.RedriveCount ?? 0,
            }, message.Priority);
            Expected[read++] = Expected[i];
        }

        return batch;
    }

    public void Dispose() => Messages.Dispose();

    private static ReadOnlySpan<byte> Formed(in MessageView message, CopyForm form)
    {
        var body = new ArrayBufferWriter<byte>(message.Body.Length + 512);
        if (form(message, body) is not { } headers) return message.Raw;
        byte[] bytes = new byte[MessageFormat.Measure(headers, body.WrittenCount)];
        MessageFormat.Write(bytes, headers, body.WrittenSpan);
        return bytes;
    }
}
