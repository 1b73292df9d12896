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
        if (queue is null) return BrokerError.QueueNotFound;
        ReceivedMessages messages = ReceivedMessages.Rent(queue, shard.Seal);
        long offset = queue.NextPresent(request.From);
        for (int scanned = 0; offset < queue.Log.End; offset = queue.NextPresent(offset + 1))
        {
            if (messages.Count == request.Limit || scanned++ == MaxScanned)
            {
                messages.Next = offset;
                break;
            }

            MessageState state = queue.StateOf(offset, shard.Now, out Touched touched)!.Value;
            if (request.State is null || request.State == state) messages.Add(Show(offset, state, touched));
        }

        return messages;
    }

    public static Result<ReceivedMessages> Find(
        Shard shard, PlainCommand<Result<ReceivedMessages>> command, QueueName name, MessageId id)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return BrokerError.QueueNotFound;
        if (id.Queue != queue.Resource
            || queue.StateOf(id.SequenceNumber, shard.Now, out Touched touched) is not { } state)
            return BrokerError.MessageNotFound;
        ReceivedMessages messages = ReceivedMessages.Rent(queue, shard.Seal);
        messages.Add(Show(id.SequenceNumber, state, touched));
        return messages;
    }

    public static BrokerError Delete(Shard shard, PlainCommand<BrokerError> command, QueueName name, MessageId id)
    {
        MessageQueue? queue = command.Queue = shard.FindQueue(name);
        if (queue is null) return BrokerError.QueueNotFound;
        if (id.Queue != queue.Resource || queue.StateOf(id.SequenceNumber, shard.Now, out _) is not { } state)
            return BrokerError.MessageNotFound;
        if (state == MessageState.Leased) return BrokerError.MessageLeased;
        Remove(shard, command, queue, [id.SequenceNumber]);
        return BrokerError.None;
    }

    /// <summary>Everything that is there now is gone, in the open frame.</summary>
    public static void WritePurge(Shard shard, MessageQueue queue)
    {
        Span<byte> record = stackalloc byte[2 * RecordWriting.MaxVarintBytes];
        int used = RecordWriting.WriteVarint(record, (ulong)queue.Log.End);
        used += RecordWriting.WriteVarint(record[used..], (ulong)queue.Epoch + 1);
        shard.Write(queue, QueueRecord.Purged, record[..used]);
    }

    /// <summary>Takes out messages whose bytes are damaged on disk: they can never be served, and a lease that comes
    /// back for ever would only hide that.</summary>
    public static BrokerError RemoveDamaged(
        Shard shard, PlainCommand<BrokerError> command, MessageQueue queue, List<long> offsets)
    {
        command.Queue = queue;
        if (queue.IsDeleted) return BrokerError.QueueNotFound;
        List<long> present = [.. offsets.Distinct().Order().Where(offset => queue.NextPresent(offset) == offset)];
        if (present.Count > 0) Remove(shard, command, queue, [.. present]);
        return BrokerError.None;
    }

    private static void Remove(Shard shard, PlainCommand<BrokerError> command, MessageQueue queue, long[] offsets)
    {
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.Removed, shard.Runs(offsets));
        shard.Store.EndFrame();

        // Fewer holes: what was blocked by them may go on.
        shard.Dispatch(queue);
        command.Wrote = true;
    }

    private static ReceivedMessages.Delivery Show(long offset, MessageState state, in Touched touched) => new()
    {
        Offset = offset,
        FirstReceivedAt = touched.FirstReceivedAt,
        VisibleAt = state == MessageState.Available ? 0 : touched.Deadline,
        ReceiveCount = touched.ReceiveCount,
        State = state,
    };
}
