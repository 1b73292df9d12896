using QueueService.Broker.Queues;

namespace QueueService.Broker;

/// <summary>
/// Messages that came from another queue keep their id and their age. Neither is where the log would look for it, so
/// they are found by reading: nothing about them is kept in memory.
/// </summary>
public sealed partial class MessageBroker
{
    /// <summary>Messages read between two looks of the loop.</summary>
    private const int MovedPage = 1_000;

    /// <summary>The one message, as by browsing. One that was moved here is searched for from the oldest on.</summary>
    public async ValueTask<Result<ReceivedMessages>> FindMessage(QueueName name, MessageId id)
    {
        Result<MessageId> local = await FindMoved(name, id);
        return local.Succeeded
            ? await Submit<ReceivedMessages>((shard, command) =>
                MessageBrowsing.Find(shard, command, name, local.Value))
            : local.Error;
    }

    /// <summary>Gives a message that is not leased another time of delivery; answers which.</summary>
    /// <param name="when">A delay or an instant; at most a year ahead.</param>
    /// <returns>Unix milliseconds, or QueueNotFound, MessageNotFound, MessageLeased, DeliverAtTooFar,
    /// DelayExceedsRetention.</returns>
    public async ValueTask<Result<long>> Reschedule(QueueName name, MessageId id, SendOptions when)
    {
        // Its age is read outside the loop: the message may lie on disk.
        Result<ReceivedMessages> found = await FindMessage(name, id);
        if (!found.Succeeded) return found.Error;
        using ReceivedMessages messages = found.Value;
        if (messages.Count == 0 || !messages.TryRead(0, out MessageView message)) return BrokerError.MessageNotFound;
        var request = new Rescheduling(
            message.SequenceNumber, message.Origin?.RetentionFrom ?? message.SentAt, messages.Epoch, when);
        return await Submit<long>((shard, command) => MessageBrowsing.Reschedule(shard, command, name, request));
    }

    public async ValueTask<BrokerError> DeleteMessage(QueueName name, MessageId id)
    {
        Result<MessageId> local = await FindMoved(name, id);
        return local.Succeeded
            ? await Submit((shard, command) => MessageBrowsing.Delete(shard, command, name, local.Value))
            : local.Error;
    }

    /// <summary>The id by the message's place in this queue: the same one, unless it was moved here. Also an id of this
    /// queue may have been away: a redrive brought it back to another place.</summary>
    private async ValueTask<Result<MessageId>> FindMoved(QueueName name, MessageId id)
    {
        (bool moved, uint resource) = await Ask<(bool, uint)>((shard, _) =>
            shard.FindQueue(name) is { } queue ? (queue.MovedTotal > 0, queue.Resource) : default);
        if (!moved) return id;
        if (id.Queue == resource && await IsAt(name, id)) return id;
        for (long? from = 0; from is not null;)
        {
            var request = new BrowseRequest { From = from.Value, Limit = MovedPage };
            Result<ReceivedMessages> page = await Browse(name, request);
            if (!page.Succeeded) return page.Error;
            using ReceivedMessages messages = page.Value;
            if (PlaceOf(id, messages) is { } place) return new MessageId(resource, place);
            from = messages.Next;
        }

        return BrokerError.MessageNotFound;
    }

    /// <summary>Whether the message at the place that an id names is the one that it names: a moved message has its
    /// place too, and no id says so.</summary>
    private async ValueTask<bool> IsAt(QueueName name, MessageId id)
    {
        Result<ReceivedMessages> found = await Submit<ReceivedMessages>((shard, command) =>
            MessageBrowsing.Find(shard, command, name, id));
        if (!found.Succeeded) return false;
        using ReceivedMessages messages = found.Value;
        return PlaceOf(id, messages) is not null;
    }

    private static long? PlaceOf(MessageId id, ReceivedMessages messages)
    {
        for (int i = 0; i < messages.Count; i++)
            if (messages.TryRead(i, out MessageView message) && message.Id == id) return message.SequenceNumber;
        return null;
    }

    /// <summary>Retention of the queues that hold moved messages: their log's times say when they were moved. The queue
    /// is read from its oldest message on, up to the first that is young enough.</summary>
    private async Task<long> ExpireMoved(CancellationToken cancellation)
    {
        long expired = 0;
        foreach ((MessageQueue queue, Lane lane, long before) in
            await Ask<List<(MessageQueue, Lane, long)>>(RetentionSweep.Moved, []))
        {
            if (cancellation.IsCancellationRequested) break;
            long floor = await FindYoung(queue, lane, before);
            if (floor >= 0) expired += await Expire(queue, floor);
        }

        return expired;
    }

    /// <summary>The position behind the last message in front of the lane's first young one; negative when that is the
    /// very first.</summary>
    private async ValueTask<long> FindYoung(MessageQueue queue, Lane lane, long before)
    {
        long floor = -1;
        for (long? from = Position.First(lane.Number); from is not null;)
        {
            var request = new BrowseRequest { From = from.Value, Limit = MovedPage };
            Result<ReceivedMessages> page = await Browse(queue.Name, request);
            if (!page.Succeeded) break;
            using ReceivedMessages messages = page.Value;
            from = messages.Next;
            for (int i = 0; i < messages.Count; i++)
            {
                if (!messages.TryRead(i, out MessageView message)) continue;
                bool isYoung = (message.Origin?.RetentionFrom ?? message.SentAt) >= before;
                if (isYoung || Position.LaneOf(message.SequenceNumber) != lane.Number) return floor;
                floor = message.SequenceNumber + 1;
            }
        }

        return floor;
    }
}
