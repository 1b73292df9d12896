using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Messages;
using QueueService.Broker.Shards;
using QueueService.Broker.Topics.Filters;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>
/// Learns the groups of the messages that come next in a lane. What is in memory is looked at on the loop; what is on
/// disk is read by another thread and comes back as a command.
/// </summary>
internal static class ReadAhead
{
    /// <summary>Messages of one page: about a millisecond of reading.</summary>
    private const int PageMessages = 2_000;

    public static void Advance(Shard shard, MessageQueue queue)
    {
        if (queue.Filter is null && (queue.Lanes.Count == 1 || queue.IsPartitioned)) return;
        int first = queue.NextLook(queue.Lanes.Count);
        for (int i = 0; i < queue.Lanes.Count; i++)
        {
            Lane lane = queue.Lanes[(first + i) % queue.Lanes.Count];
            if (!queue.CanReadAhead(lane))
            {
                if (lane.IsFiltered && !lane.IsReading) queue.FanOut!.Scan.Join(lane);
                continue;
            }

            // A filter may have to read the body: not on the loop.
            if (!lane.IsFiltered) LearnFromMemory(queue, lane);
            if (queue.CanReadAhead(lane)) StartReading(shard, queue, lane);
        }
    }

    /// <summary>Takes what was read, as far as it is still there.</summary>
    public static bool Finish(Shard shard, ReadAheadPage page)
    {
        Lane lane = page.Lane;
        lane.IsReading = false;
        page.Queue.LanesBeingRead--;
        if (page.Queue.IsDeleted) return false;

        // Else it was read for another filter, or from another place.
        if (page.Look == page.Queue.Looks) Learn(page);
        shard.Dispatch(page.Queue);
        return true;
    }

    private static void Learn(ReadAheadPage page)
    {
        Lane lane = page.Lane;
        foreach ((long position, ulong group, bool matches) in page.Groups)
        {
            if (position < lane.KnownEnd || !lane.IsPresent(position)) continue;
            if (!matches && !page.Queue.TryGetTouched(position, out _))
            {
                // Only this one: what is in between has ended.
                lane.KnownEnd = position;
                lane.PassUnmatched(position + 1);
            }
            else if (!page.Queue.LearnGroup(lane, position, group))
            {
                return;
            }
        }

        // Also past what ended meanwhile.
        lane.KnownEnd = Math.Min(Math.Max(lane.KnownEnd, page.End), lane.End);
    }

    private static void LearnFromMemory(MessageQueue queue, Lane lane)
    {
        while (queue.RoomAhead(lane) > 0)
        {
            long position = lane.NextPresent(lane.KnownEnd);
            if (position >= lane.End)
            {
                lane.KnownEnd = lane.End;
                return;
            }

            if (!lane.TryPin(position, out PinnedRecord record)) return;
            queue.LearnGroup(lane, position, record.Payload);
            record.Release();
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "The page belongs to whoever reads it.")]
    private static void StartReading(Shard shard, MessageQueue queue, Lane lane)
    {
        ReceivedMessages messages = ReceivedMessages.Rent(queue, shard.Seal);
        int room = lane.IsFiltered
            ? PageMessages
            : Math.Min(Math.Min(PageMessages, queue.MaxPage), queue.RoomAhead(lane));
        long position = lane.NextPresent(lane.KnownEnd);
        long end = queue.LimitAhead(lane);
        for (; messages.Count < room && position < end; position = lane.NextPresent(position + 1))
            messages.Add(new ReceivedMessages.Delivery { Position = position });
        lane.IsReading = true;
        queue.LanesBeingRead++;
        shard.StartReading(new ReadAheadPage(queue, lane, messages) { End = Math.Min(position, end) });
    }
}

/// <summary>Messages of a lane that are read for their groups.</summary>
internal sealed class ReadAheadPage(MessageQueue queue, Lane lane, ReceivedMessages messages)
{
    public MessageQueue Queue => queue;

    public Lane Lane => lane;

    public ReceivedMessages Messages => messages;

    /// <summary>Of the queue when the page was begun.</summary>
    public SubscriptionFilter? Filter { get; } = queue.Filter;

    /// <summary>As above.</summary>
    public long Look { get; } = queue.Looks;

    /// <summary>The groups are known up to here.</summary>
    public long End { get; set; }

    public List<(long Position, ulong Group, bool Matches)> Groups { get; } = [];

    /// <summary>Reads; any thread. A message that cannot be read has no group: it is reported and taken out.</summary>
    public void Read()
    {
        FilterEvaluation? filter = Filter is null ? null : new FilterEvaluation(Filter);
        for (int i = 0; i < messages.Count; i++)
        {
            if (!messages.TryRead(i, out MessageView message)) continue;
            Groups.Add((
                message.SequenceNumber, MessageFormat.GroupHash(message.Raw), filter?.Matches(message.Raw) ?? true));
        }
    }
}
