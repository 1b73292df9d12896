using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>Looking at messages without leasing them, and taking single ones out, on the loop.</summary>
internal static class MessageBrowsing
{
    /// <summary>Messages looked at per call: bounds the turn of the loop when few of them match.</summary>
    private const int MaxScanned = 10_000;

    public static Result<ReceivedMessages> Browse(
        Shard shard, PlainCommand<Result<ReceivedMessages>> command, QueueName name, in BrowseRequest request)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        ReceivedMessages messages = ReceivedMessages.Rent(queue, shard.Seal);

        // Whether a message is blocked depends on leases of others, which may have ended.
        queue.FollowTopic();
        queue.Promote(shard.Now);
        int scanned = 0;
        for (long? next = First(queue, request, request.From); next is { } position;
            next = First(queue, request, position + 1))
        {
            if (messages.Count == request.Limit || scanned++ == MaxScanned)
            {
                messages.Next = position;
                break;
            }

            MessageState state = queue.StateOf(position, shard.Now, out Touched touched)!.Value;
            if (request.State is null || request.State == state) messages.Add(Show(queue, position, state, touched));
        }

        return messages;
    }

    public static Result<ReceivedMessages> Find(
        Shard shard, PlainCommand<Result<ReceivedMessages>> command, QueueName name, MessageId id)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        queue.Promote(shard.Now);
        if (id.Queue != queue.Resource
            || queue.StateOf(id.SequenceNumber, shard.Now, out Touched touched) is not { } state)
            return BrokerError.MessageNotFound;
        ReceivedMessages messages = ReceivedMessages.Rent(queue, shard.Seal);
        messages.Add(Show(queue, id.SequenceNumber, state, touched));
        return messages;
    }

    public static BrokerError Delete(Shard shard, PlainCommand<BrokerError> command, QueueName name, MessageId id)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        if (id.Queue != queue.Resource || queue.StateOf(id.SequenceNumber, shard.Now, out _) is not { } state)
            return BrokerError.MessageNotFound;
        if (state == MessageState.Leased) return BrokerError.MessageLeased;
        Remove(shard, command, queue, [id.SequenceNumber]);
        return BrokerError.None;
    }

    /// <summary>A message that is not leased becomes visible at another time: at once, when that has passed.</summary>
    public static Result<long> Reschedule(
        Shard shard, PlainCommand<Result<long>> command, QueueName name, Rescheduling request)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return name.NotFound;
        long position = request.Position;
        if (request.Epoch != queue.Epoch || queue.StateOf(position, shard.Now, out _) is not { } state)
            return BrokerError.MessageNotFound;

        // One that failed belongs to its policies until these have decided.
        if (state == MessageState.Leased || queue.HasFailed(position, shard.Now)) return BrokerError.MessageLeased;
        long visibleAt = request.When.DeliverAt ?? (shard.Now + request.When.DelayMilliseconds!.Value);
        if (visibleAt - shard.Now > QueueConfigLimits.MaxDelaySeconds * 1000L) return BrokerError.DeliverAtTooFar;
        long end = queue.ExpiryOf(position) is var expiry and not 0
            ? expiry
            : request.RetentionFrom + (queue.Config.RetentionSeconds * 1000L);
        if (visibleAt >= end) return BrokerError.DelayExceedsRetention;
        visibleAt = Math.Max(visibleAt, shard.Now);
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Rescheduled, visibleAt, shard.Runs([position]));
        shard.Store.EndFrame();
        shard.Dispatch(queue);
        command.Wrote = true;
        return visibleAt;
    }

    /// <summary>Everything that is there now is gone, in the open frame.</summary>
    public static void WritePurge(Shard shard, MessageQueue queue)
    {
        Span<byte> record = new byte[(queue.Lanes.Count + 1) * RecordWriting.MaxVarintBytes];
        int used = RecordWriting.WriteVarint(record, (ulong)queue.Epoch + 1);
        foreach (Lane lane in queue.Lanes) used += RecordWriting.WriteVarint(record[used..], (ulong)lane.End);
        shard.Write(queue, QueueRecord.Purged, record[..used]);
    }

    /// <summary>Takes out messages whose bytes are damaged on disk: they can never be served, and a lease that comes
    /// back for ever would only hide that.</summary>
    public static BrokerError RemoveDamaged(
        Shard shard, PlainCommand<BrokerError> command, MessageQueue queue, List<long> positions)
    {
        command.Queue = queue;
        if (queue.IsDeleted) return queue.Name.NotFound;
        List<long> present = [.. positions.Distinct().Order().Where(queue.IsPresent)];
        if (present.Count > 0) Remove(shard, command, queue, [.. present]);
        return BrokerError.None;
    }

    /// <summary>The first message at or above a position that is not older than the request wants.</summary>
    private static long? First(MessageQueue queue, in BrowseRequest request, long position)
    {
        long? first = queue.NextPresent(position);
        if (first is not { } present || request.Starts is not { } starts) return first;
        while (starts.TryGetValue(Position.LaneOf(present), out long start) && present < start)
        {
            if (queue.NextPresent(start) is not { } next) return null;
            present = next;
        }

        return present;
    }

    private static void Remove(Shard shard, PlainCommand<BrokerError> command, MessageQueue queue, long[] positions)
    {
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Removed, shard.Runs(positions));
        shard.Store.EndFrame();

        // Fewer holes: what was blocked by them may go on.
        shard.Dispatch(queue);
        command.Wrote = true;
    }

    private static ReceivedMessages.Delivery Show(
        MessageQueue queue, long position, MessageState state, in Touched touched) => new()
    {
        Position = position,
        ExpiresAt = queue.ExpiryOf(position),
        FirstReceivedAt = touched.FirstReceivedAt,
        VisibleAt = state == MessageState.Available ? 0 : touched.Deadline,
        ReceiveCount = touched.ReceiveCount,
        State = state,
    };
}

/// <summary>A message, as it was found, and its new time.</summary>
/// <param name="RetentionFrom">From when its retention counts, Unix milliseconds.</param>
/// <param name="Epoch">Of the queue when it was found.</param>
internal readonly record struct Rescheduling(long Position, long RetentionFrom, long Epoch, SendOptions When);
