using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Topics;

/// <summary>Reading a topic by whoever keeps the place itself: nothing is leased and nothing is written.</summary>
internal static class TopicReading
{
    /// <summary>Takes the next messages into the answer; answers false when there are none, and nothing was lost either.
    /// </summary>
    public static bool TryRead(MessageQueue topic, TopicCursor from, int max, ReceivedMessages messages)
    {
        var read = new List<(Lane, long)>();
        var kept = new List<(Lane, long)>();
        long lost = 0;
        int lanesLeft = topic.Lanes.Count;
        foreach (Lane lane in topic.Lanes)
        {
            // Each lane has its share, so that none is waited for.
            int room = Math.Max(1, (max - messages.Count) / lanesLeft--);
            long first = from.NextIn(lane);
            long next = Math.Clamp(first, lane.Floor, lane.End);
            lost += Math.Max(0, next - first);
            kept.Add((lane, next));
            long position = lane.NextPresent(next);
            for (; position < lane.End && room > 0 && messages.Count < max; position = lane.NextPresent(next), room--)
            {
                messages.Add(new ReceivedMessages.Delivery { Position = position, State = MessageState.Available });
                next = position + 1;
            }

            read.Add((lane, next));
        }

        messages.FirstCursor = lost > 0 ? from.With(kept) : from;
        messages.NextCursor = from.With(read);
        messages.Lost = lost;
        return messages.Count > 0 || lost > 0;
    }
}
