using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>What the queue holds, and what it would give up first.</summary>
internal sealed partial class MessageQueue
{
    /// <summary>Messages in any state.</summary>
    public long HeldCount
    {
        get
        {
            long count = 0;
            foreach (Lane lane in _lanes) count += lane.Held.Count;
            return count;
        }
    }

    /// <summary>Their bytes, as they are stored.</summary>
    public long HeldBytes
    {
        get
        {
            long bytes = 0;
            foreach (Lane lane in _lanes) bytes += lane.Held.Bytes;
            return bytes;
        }
    }

    /// <summary>Messages that made room for newer ones.</summary>
    public long DroppedTotal { get; private set; }

    /// <summary>What ending this message would free, at least.</summary>
    public long ShareOf(long position) => LaneOf(position).Held.ShareOf(position);

    /// <summary>The limits let so many more messages in, without anything being dropped.</summary>
    public bool HasRoomFor(long messages, long bytes) =>
        (Config.MaxMessages == 0 || HeldCount + messages <= Config.MaxMessages)
        && (Config.MaxBytes == 0 || HeldBytes + bytes <= Config.MaxBytes);

    /// <summary>The messages that nobody holds, in the order in which they are given up, also while the queue is
    /// paused: the lowest priority first, and of one priority what came back and then the oldest. As of the last
    /// <see cref="Promote"/>; the queue must not change meanwhile.</summary>
    public IEnumerable<long> InLine()
    {
        ILookup<int, long>? ofGroups = null;
        for (int priority = 0; priority <= Position.PriorityOf(_lanes[^1].Number); priority++)
        {
            if (priority < _readyLines.Length && _readyLines[priority] is { } ready)
            {
                while (ready.TryPeek(out long stale) && !IsReady(stale)) ready.Dequeue();
                foreach (long position in ready)
                    if (IsReady(position)) yield return position;
            }

            if (_groups is not null && _readyCount > 0)
            {
                ofGroups ??= _touched.Keys.Where(IsReady).Where(_groups.Knows).Order()
                    .ToLookup(static position => Position.PriorityOf(Position.LaneOf(position)));
                foreach (long position in ofGroups[priority]) yield return position;
            }

            Lane[] lanes = [.. _lanes.Where(lane => Position.PriorityOf(lane.Number) == priority)];
            foreach (long position in OldestFirst(lanes)) yield return position;
        }
    }

    /// <summary>What was never handed out, in the order of sending.</summary>
    private IEnumerable<long> OldestFirst(Lane[] lanes)
    {
        long[] next = [.. lanes.Select(lane => NextUntouched(lane, lane.Next))];
        while (true)
        {
            int oldest = -1;
            long time = long.MaxValue;
            for (int i = 0; i < lanes.Length; i++)
            {
                if (next[i] >= lanes[i].End || TimeOf(lanes[i], next[i]) is var sent && sent >= time) continue;
                (oldest, time) = (i, sent);
                if (lanes.Length == 1) break;
            }

            if (oldest < 0) yield break;
            yield return next[oldest];
            next[oldest] = NextUntouched(lanes[oldest], next[oldest] + 1);
        }
    }

    /// <summary>What is on disk is older than what is in memory.</summary>
    private static long TimeOf(Lane lane, long position)
    {
        if (!lane.TryPin(position, out PinnedRecord record)) return 0;
        long time = record.Time;
        record.Release();
        return time;
    }

    private bool IsReady(long position) => _touched.TryGetValue(position, out Touched touched) && touched.IsReady;
}
