using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Topics;

/// <summary>Reading a topic by whoever keeps the place itself: nothing is leased and nothing is written.</summary>
internal static class TopicReading
{
    /// <summary>Takes the next messages into the answer; answers false when there are none, and nothing was lost
    /// either.</summary>
    public static bool TryRead(MessageQueue topic, TopicCursor from, int max, ReceivedMessages messages)
    {
        var read = new List<(Lane, long)>();
        var kept = new List<(Lane, long)>();
        long lost = 0;
        long bytes = 0;
        IReadOnlyList<Lane> lanes = from.LanesOf(topic);
        bool isBeyond = from.IsSelection && lanes.Count < from.Places.Count();
        int lanesLeft = lanes.Count;
        foreach (Lane lane in lanes)
        {
            if (messages.HasUnknown) break;

            // Each lane has its share, so that none is waited for.
            int room = Math.Max(1, (max - messages.Count) / lanesLeft--);
            long first = from.NextIn(lane);
            long next = Math.Clamp(first, lane.Floor, lane.End);
            lost += Math.Max(0, next - first);
            isBeyond |= first > lane.End;
            kept.Add((lane, next));
            for (; room > 0 && messages.Count < max; room--)
            {
                // A restart may have left millions of offsets out.
                if (!TryPlace(topic, lane, next, messages, out long position) || position >= lane.End) break;
                bytes += lane.SizeOf(position);
                if (bytes > ReceiveRequest.MaxResponseBytes && messages.Count > 0) break;
                messages.Add(new ReceivedMessages.Delivery { Position = position, State = MessageState.Available });
                next = position + 1;
            }

            read.Add((lane, next));
        }

        messages.FirstCursor = lost > 0 ? from.With(kept) : from;
        messages.NextCursor = from.With(read);
        messages.Lost = lost;
        messages.EndCursor = EndOf(from, lanes);

        // Whoever asks for more than there is hears of it at once.
        return messages.Count > 0 || lost > 0 || messages.HasUnknown || (isBeyond && from.IsSelection);
    }

    /// <summary>The next message from a position on. Answers false when files have to be looked into first.</summary>
    private static bool TryPlace(
        MessageQueue topic, Lane lane, long next, ReceivedMessages messages, out long position)
    {
        if (topic.IsCompacted || lane.Log.IsCompacted)
        {
            if (lane.TryNextPresent(next, out position, out HeldSegment unknown)) return true;
            messages.LookInto(unknown);
            return false;
        }

        position = lane.IsPlainAhead ? next : lane.NextPresent(next);
        return true;
    }

    /// <summary>Takes records into the answer that are asked for by name.</summary>
    public static ReceivedMessages ReadAt(MessageQueue stream, IReadOnlyList<long> positions, ReceivedMessages messages)
    {
        long bytes = 0;
        foreach (long position in positions)
        {
            if (stream.FindLane(Position.LaneOf(position)) is not { } lane) continue;
            if (position < lane.Floor || position >= lane.End) continue;
            bytes += lane.SizeOf(position);
            if (bytes > ReceiveRequest.MaxResponseBytes && messages.Count > 0) break;
            messages.Add(new ReceivedMessages.Delivery { Position = position, State = MessageState.Available });
        }

        return messages;
    }

    /// <summary>Where the partitions of a selection end; null for a topic.</summary>
    public static TopicCursor? EndOf(MessageQueue topic, TopicCursor from) => EndOf(from, from.LanesOf(topic));

    private static TopicCursor? EndOf(TopicCursor from, IReadOnlyList<Lane> lanes) => from.IsSelection
        ? TopicCursor.Select(lanes.Select(
            static lane => KeyValuePair.Create(lane.Number, Position.OffsetOf(lane.End))))
        : null;
}
