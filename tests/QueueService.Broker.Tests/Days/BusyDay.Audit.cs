using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Days;

/// <content>The periodic work, and where everything is: each message in exactly one place, and nothing else anywhere.
/// </content>
internal sealed partial class BusyDay
{
    /// <summary>Given up by a consumer: they are in the dead-letter queue for another reason.</summary>
    private readonly HashSet<MessageId> _given = [];

    private void Sweep()
    {
        // Retention may be late for what is on disk: the second look of three must not find it any more.
        bool isThorough = _random.Chance(1, 4);
        for (int pass = isThorough ? 3 : 1; pass > 0; pass--)
        {
            if (isThorough) _harness.AdvanceMilliseconds(10_000);
            _harness.Sweep();
        }

        Audit(isSwept: true, isThorough);
        if (_random.Chance(1, 10)) Redrive(_queues[_random.Chance(1, 2) ? 0 : 2]);
    }

    private void Audit(bool isSwept, bool isThorough = false)
    {
        var places = new Dictionary<MessageId, (DayQueue Queue, Seen Seen)>();
        var held = new Dictionary<DayQueue, int>();
        foreach (DayQueue queue in _queues)
        {
            List<Seen> all = BrowseAll(queue);
            held.Add(queue, all.Count);
            foreach (Seen seen in all)
            {
                ThrowUnless(places.TryAdd(seen.Id, (queue, seen)),
                    $"{seen} is in {queue.Name} and in {places[seen.Id].Queue.Name}");
            }
        }

        var moved = new List<DayMove>();
        foreach (DayQueue queue in _queues)
        {
            foreach (DayMessage message in queue.Messages.Values.ToList())
            {
                if (!places.Remove(message.Id, out var place)) Leave(queue, message);
                else if (place.Queue == queue) Stay(queue, message, place.Seen, isSwept, isThorough);
                else moved.Add(Leave(new DayMove(queue, place.Queue, message.Position, message, place.Seen)));
            }
        }

        ThrowUnless(places.Count == 0, $"nobody sent, or somebody acknowledged: {string.Join("; ", places.Values)}");
        foreach (DayMove move in moved) Arrive(move);
        CheckOrder(moved);
        foreach (DayQueue queue in _queues) CheckTotals(queue, held[queue]);
    }

    private List<Seen> BrowseAll(DayQueue queue)
    {
        var all = new List<Seen>();
        for (long? from = 0; from is not null;)
        {
            using ReceivedMessages page = _harness.Run(() => _harness.Broker.Browse(
                BrokerHarness.Name(queue.Name), new BrowseRequest { From = from.Value, Limit = 1_000 })).Value;
            all.AddRange(Reading.ReadAll(page));
            from = page.Next;
        }

        return all;
    }

    private void Leave(DayQueue queue, DayMessage message)
    {
        // Also on the way to the dead-letter queue, or there.
        ThrowUnless(queue.MayBeGone(message, Now), $"{message} of {queue.Name} is lost at {Now}");
        Counts.Expired++;
        queue.Messages.Remove(message.Position);
    }

    private void Stay(DayQueue queue, DayMessage message, Seen seen, bool isSwept, bool isThorough)
    {
        queue.Recognize(seen);
        long now = Now;
        ThrowUnlessSame(message.ReceiveCount, seen.ReceiveCount, $"receive count of {message}");
        if (message.IsLeased(now))
        {
            ThrowUnlessSame(
                (MessageState.Leased, message.LeasedUntil), (seen.State, seen.VisibleAt), $"lease of {message}");
        }
        else
        {
            ThrowUnless(seen.State != MessageState.Leased, $"{message} is still leased at {now}");
            bool isHidden = now < message.Visible.Earliest;
            ThrowUnless(!isHidden || seen.State != MessageState.Available, $"{message} is available at {now}");
            bool isInBounds = message.Visible.Earliest <= seen.VisibleAt && seen.VisibleAt <= message.Visible.Latest;
            ThrowUnless(
                seen.State != MessageState.Delayed || isInBounds, $"{message} is hidden until {seen.VisibleAt}");
        }

        if (!isSwept) return;
        ThrowUnless(!queue.IsDoomed(message, now), $"{message} was not moved to the dead-letter queue by {now}");
        ThrowUnless(!queue.Vanishes(message, now), $"{message} has expired and is still there at {now}");
        ThrowUnless(!isThorough || !queue.MustHaveRetired(message, now),
            $"{message} is older than {queue.Name} keeps messages, at {now}");
    }

    /// <summary>Out of one queue, with all that is to be known about it in the other.</summary>
    private DayMove Leave(DayMove move)
    {
        (DayQueue from, DayQueue to, _, DayMessage message, Seen seen) = move;
        bool isRedriven = seen.Origin is { IsDeadLetter: false };
        bool isGiven = _given.Remove(message.Id);
        if (isRedriven)
        {
            ThrowUnless(DayQueues.IsDeadLetterQueue(from.Name) && !message.IsLeased(Now), $"{message} was redriven");
            message.RetentionFrom = Now;
            message.RedriveCount++;
            Counts.Redriven++;
        }
        else
        {
            ThrowUnless(from.Config.Redrive?.DeadLetterQueue == to.Name && (isGiven || from.IsDoomed(message, Now)),
                $"{message} of {from.Name} went to {to.Name} at {Now}");
            string reason = isGiven ? Poison
                : message.ReceiveCount >= from.Config.Redrive!.MaxReceiveCount ? "maxReceiveCount" : "expired";
            ThrowUnlessSame(
                (reason, message.ReceiveCount), (seen.Origin!.Reason, seen.Origin.ReceiveCount), $"{message}");
            if (from.Config.ResetRetentionOnDeadLetter) message.RetentionFrom = seen.Origin.RetentionFrom;
            Counts.DeadLettered++;
        }

        ThrowUnlessSame(
            (from.Name, message.RetentionFrom, message.RedriveCount, message.SentAt),
            (seen.Origin!.SourceQueue, seen.Origin.RetentionFrom, seen.Origin.RedriveCount, seen.SentAt),
            $"origin of {message}");
        from.Messages.Remove(message.Position);
        return move;
    }

    /// <summary>It starts again, without a time to live.</summary>
    private void Arrive(DayMove move)
    {
        (_, DayQueue queue, _, DayMessage message, Seen seen) = move;
        message.Position = seen.Sequence;
        message.AddedAt = Now;
        message.ExpiresAt = long.MaxValue;
        message.ReceiveCount = 0;
        message.LeasedUntil = 0;
        message.Visible = (Now, Now);
        message.IsTouched = false;
        queue.Messages.Add(message.Position, message);
        queue.Recognize(seen);
        bool isFree = seen.State == MessageState.Available || (queue.IsFifo && seen.State == MessageState.Blocked);
        ThrowUnless(isFree && seen.ReceiveCount == 0, $"{message}, moved to {queue.Name}, is {seen}");
    }

    /// <summary>What failed at the same moment keeps the order of its group; what failed before is before it.</summary>
    private static void CheckOrder(List<DayMove> moved)
    {
        foreach (var group in moved.Where(static move => move.From.IsFifo && move.Seen.Origin!.IsDeadLetter)
            .GroupBy(static move => (move.From, move.Message.Group)))
        {
            DayMove? last = null;
            foreach (DayMove next in group.OrderBy(static move => move.Message.Position))
            {
                ThrowUnless(last is null || last.Failed.CompareTo(next.Failed) < 0, $"{last} was moved before {next}");
                last = next;
            }
        }
    }

    private void CheckTotals(DayQueue queue, int held)
    {
        QueueStats stats = _harness.Run(() => _harness.Broker.GetQueue(BrokerHarness.Name(queue.Name))).Value.Stats;
        long ended = stats.DeletedTotal + stats.ExpiredTotal + stats.DeadLetteredTotal + stats.DroppedTotal;
        ThrowUnlessSame(stats.SentTotal, held + ended, $"messages that came to {queue.Name}: {stats}");
        ThrowUnless(stats.DeletedTotal >= queue.Acknowledged, $"acknowledged in {queue.Name}");
        long inStates = stats.Available + stats.Leased + stats.Delayed + stats.Blocked;
        ThrowUnlessSame(held, inStates, $"states in {queue.Name}: {stats}");
    }
}

/// <summary>A message that was in one queue and is in another.</summary>
/// <param name="Position">In the first one.</param>
internal sealed record DayMove(DayQueue From, DayQueue To, long Position, DayMessage Message, Seen Seen)
{
    /// <summary>Its place among the others that failed.</summary>
    public (long LastFailedAt, long Position) Failed => (Seen.Origin!.LastFailedAt, Position);
}
