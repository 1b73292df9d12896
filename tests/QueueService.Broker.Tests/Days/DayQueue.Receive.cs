using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Days;

/// <content>What a receive may get, and what it must.</content>
internal sealed partial class DayQueue
{
    /// <param name="isKnown">The broker knows all messages of its groups, so it gives all that there is.</param>
    public void Follow(IReadOnlyList<Seen> answer, int max, bool isKnown, (long Now, long Until) lease)
    {
        long now = lease.Now;
        ThrowUnless(!Config.Paused || answer.Count == 0, $"{Name} is paused and gave {answer.Count} messages");
        List<DayMessage> given = [.. answer.Select(seen => Expect(seen, now))];
        ThrowUnlessSame(given.Count, given.Distinct().Count(), $"different messages from {Name}");
        if (IsFifo) CheckGroups(given, now);
        else CheckPriorities(given);
        if (isKnown && !Config.Paused) CheckNothingIsLeft(given, given.Count < max, now);
        foreach (DayMessage message in given)
        {
            message.ReceiveCount++;
            message.IsTouched = true;
            Lease(message, lease.Until);
        }
    }

    /// <summary>A message that somebody saw here must be here, as it was sent.</summary>
    public DayMessage Recognize(Seen seen)
    {
        if (!Messages.TryGetValue(seen.Sequence, out DayMessage? message))
            throw new ModelMismatchException($"{Name} showed {seen}, which is not there (any more)");
        ThrowUnlessSame(
            (message.Id, message.Body, message.Group, message.Priority, message.SentAt),
            (seen.Id, seen.Body, seen.Group, seen.Priority, seen.SentAt), $"{message} of {Name}");
        return message;
    }

    private DayMessage Expect(Seen seen, long now)
    {
        DayMessage message = Recognize(seen);
        ThrowUnless(!message.IsLeased(now), $"{message} of {Name} has two leases at {now}");
        ThrowUnless(message.Visible.Earliest <= now, $"{message} of {Name} came early, at {now}");
        ThrowUnless(message.ExpiresAt > now, $"{message} of {Name} came at {now} and had expired");
        ThrowUnless(!IsDoomed(message, now), $"{message} of {Name} came at {now} and was to be dead-lettered");
        ThrowUnlessSame(message.ReceiveCount + 1, seen.ReceiveCount, $"receive count of {message} of {Name}");
        return message;
    }

    private void CheckGroups(List<DayMessage> given, long now)
    {
        foreach (IGrouping<string?, DayMessage> group in given.GroupBy(static message => message.Group))
        {
            List<DayMessage> all = [.. InGroup(group.Key)];
            DayMessage? leased = all.Find(message => message.IsLeased(now));
            ThrowUnless(leased is null, $"{Name} gave {group.First()} at {now} while {leased} of its group was leased");
            int next = 0;
            foreach (DayMessage message in group)
            {
                for (; next < all.Count && all[next] != message; next++)
                    ThrowUnless(MayBeGone(all[next], now), $"{Name} gave {message} at {now} before {all[next]}");
                ThrowUnless(next++ < all.Count, $"{Name} gave {message} at {now} behind one sent later in its group");
            }
        }
    }

    private void CheckPriorities(List<DayMessage> given)
    {
        for (int i = 1; i < given.Count; i++)
            ThrowUnless(given[i].Priority <= given[i - 1].Priority, $"{Name} gave {given[i]} behind {given[i - 1]}");
    }

    private void CheckNothingIsLeft(List<DayMessage> given, bool isShort, long now)
    {
        int lowest = given.Count == 0 ? 0 : given[^1].Priority;
        foreach (DayMessage left in IsFifo ? Heads(given, now) : Messages.Values.Except(given))
        {
            if (!MustCome(left, now)) continue;
            ThrowUnless(!isShort, $"{Name} had {left} at {now} and did not give it");
            ThrowUnless(IsFifo || left.Priority <= lowest, $"{Name} gave priority {lowest} at {now} before {left}");
        }
    }

    /// <summary>The next message of each group that nothing blocks.</summary>
    private IEnumerable<DayMessage> Heads(List<DayMessage> given, long now) =>
        Messages.Values.Where(message => !Vanishes(message, now))
            .GroupBy(static message => message.Group ?? "")
            .Where(group => !group.Any(message => message.IsLeased(now)))
            .Select(group => group.Except(given).FirstOrDefault())
            .OfType<DayMessage>();
}
