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
        Result<MessageId> local = await FindMoved(name, id);
        return local.Succeeded
            ? await Submit<long>((shard, command) =>
                MessageBrowsing.Reschedule(shard, command, name, (local.Value, when)))
            : local.Error;
    }

    public async ValueTask<BrokerError> DeleteMessage(QueueName name, MessageId id)
    {
        Result<MessageId> local = await FindMoved(name, id);
        return local.Succeeded
            ? await Submit((shard, command) => MessageBrowsing.Delete(shard, command, name, local.Value))
            : local.Error;
    }

    /// <summary>The id by the message's place in this queue: the same one, unless it was moved here.</summary>
    private async ValueTask<Result<MessageId>> FindMoved(QueueName name, MessageId id)
    {
        (bool moved, uint resource) = await Ask<(bool, uint)>((shard, _) =>
            shard.FindQueue(name) is { } queue ? (queue.MovedTotal > 0 && !IsHere(queue, id), queue.Resource) : default);
        if (!moved) return id;
        for (long? from = 0; from is not null;)
        {
            var request = new BrowseRequest { From = from.Value, Limit = MovedPage };
            Result<ReceivedMessages> page = await Browse(name, request);
            if (!page.Succeeded) return page.Error;
            using ReceivedMessages messages = page.Value;
            for (int i = 0; i < messages.Count; i++)
            {
                if (messages.TryRead(i, out MessageView message) && message.Id == id)
                    return new MessageId(resource, message.SequenceNumber);
            }

            from = messages.Next;
        }

        return BrokerError.MessageNotFound;
    }

    /// <summary>False also for a message of this queue that went to another one, and perhaps came back.</summary>
    private static bool IsHere(MessageQueue queue, MessageId id) =>
        queue.Resource == id.Queue && queue.IsPresent(id.SequenceNumber);

    /// <summary>Retention of the queues that hold moved messages: their log's times say when they were moved. The queue
    /// is read from its oldest message on, up to the first that is young enough.</summary>
    private async Task ExpireMoved()
    {
        foreach ((MessageQueue queue, Lane lane, long before) in
            await Ask<List<(MessageQueue, Lane, long)>>(RetentionSweep.Moved, []))
        {
            long floor = await FindYoung(queue, lane, before);
            if (floor < 0) continue;
            await Ask<bool>((shard, command) =>
            {
                command.Queue = queue;
                return command.Wrote = RetentionSweep.Expire(shard, queue, floor);
            });
        }
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
