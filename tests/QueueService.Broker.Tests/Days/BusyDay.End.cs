using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Days;

/// <content>Full queues, and the end of the day.</content>
internal sealed partial class BusyDay
{
    /// <summary>The longest delay, and time for the last leases.</summary>
    private const int MaxDrainHours = 14;

    /// <summary>After a send to a queue with a limit: it holds no more than that, and has dropped what it had to.
    /// </summary>
    private void FollowDrops(DayQueue queue, HashSet<MessageId> sent)
    {
        List<Seen> all = BrowseAll(queue);
        HashSet<MessageId> there = [.. all.Select(static seen => seen.Id)];
        ThrowUnless(all.Count <= queue.Config.MaxMessages, $"{queue.Name} holds {all.Count} messages");
        foreach (DayMessage gone in queue.Messages.Values.Where(message => !there.Contains(message.Id)).ToList())
        {
            queue.Messages.Remove(gone.Position);
            if (queue.MayBeGone(gone, Now)) continue;
            Counts.Dropped++;
            ThrowUnless(queue.Config.Overflow == OverflowPolicy.DropOldest, $"{queue.Name} dropped {gone}");
            ThrowUnless(all.Count == queue.Config.MaxMessages, $"{queue.Name} dropped {gone} and holds {all.Count}");
            ThrowUnless(!gone.IsLeased(Now) && gone.Visible.Earliest <= Now && !sent.Contains(gone.Id),
                $"{queue.Name} dropped {gone} at {Now}");
            foreach (DayMessage stayed in queue.Messages.Values.Where(
                other => there.Contains(other.Id) && !sent.Contains(other.Id)))
            {
                // Among groups the order is that of sending only as far as they are in memory.
                bool isBefore = stayed.Priority < gone.Priority
                    || (Position.LaneOf(stayed.Position) == Position.LaneOf(gone.Position)
                        && !gone.IsTouched && !stayed.IsTouched && stayed.Position < gone.Position);
                ThrowUnless(
                    !isBefore || !queue.MustCome(stayed, Now), $"{queue.Name} dropped {gone} and kept {stayed}");
            }
        }
    }

    /// <summary>Everything that is left is received in its time, acknowledged, and then nothing is anywhere.</summary>
    private void Drain()
    {
        foreach (DayQueue queue in _queues.Where(static queue => queue.Config.Paused)) Pause(queue);
        long end = Now + (MaxDrainHours * 3_600_000L);
        while (Array.Exists(_queues, static queue => queue.Messages.Count > 0))
        {
            IEnumerable<DayMessage> left = _queues.SelectMany(static queue => queue.Messages.Values);
            ThrowUnless(Now < end, $"left: {string.Join("; ", left)}");
            _harness.AdvanceMilliseconds(1_200_000);
            _harness.Sweep();
            Audit(isSwept: true);
            foreach (DayQueue queue in _queues)
            {
                _receipts.Clear();
                while (Receive(queue, 100, 60_000) > 0)
                {
                    foreach (var (_, message, receipt) in _receipts)
                        Settle(queue, message, Settlement.Acknowledge, receipt);
                    _receipts.Clear();
                }
            }
        }

        Audit(isSwept: false);
    }
}
