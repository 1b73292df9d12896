namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A receive that is repeated by its name gets what the first one still leases: all of that, nothing else, the
/// messages of a FIFO group in the same order, and under the same handles.</summary>
internal static class NamedReceives
{
    public static IEnumerable<string> Find(History history)
    {
        ILookup<ReceiveOperation, Seen> got = history.Seen.Where(static seen => seen.Receive.Attempt is not null)
            .ToLookup(static seen => seen.Receive);
        IEnumerable<IGrouping<string, ReceiveOperation>> attempts = history.Receives
            .Where(static receive => receive is { Attempt: not null, Succeeded: true })
            .GroupBy(static receive => receive.Attempt!);
        foreach (IGrouping<string, ReceiveOperation> attempt in attempts)
        {
            foreach (ReceiveOperation first in attempt)
            {
                foreach (ReceiveOperation again in attempt.Where(again => again.InvokedAt > first.AnsweredAt))
                {
                    Seen[] held = [.. got[first].Where(seen => seen.HeldUntil > again.AnsweredAt)];
                    if (held.Length > 0 && Compare(history.Setup, held, (first, again)) is { } violation)
                        yield return $"{attempt.Key} at {again.InvokedAt}: {violation}";
                }
            }
        }
    }

    private static string? Compare(
        HistorySetup setup, Seen[] held, (ReceiveOperation First, ReceiveOperation Again) receives)
    {
        (ReceiveOperation first, ReceiveOperation again) = receives;
        List<string> before = [.. first.Deliveries.Select(static delivery => delivery.Receipt)];
        List<string> now = [.. again.Deliveries.Select(static delivery => delivery.Receipt)];
        if (held.FirstOrDefault(seen => !now.Contains(seen.Delivery.Receipt)) is { } missing)
            return $"not given again, and still leased: {missing}";
        if (again.Deliveries.FirstOrDefault(delivery => !before.Contains(delivery.Receipt)) is { } added)
            return $"leased anew: {added}, while {held[0]} is leased";
        if (!setup.IsFifo) return null;
        foreach (IGrouping<string?, Delivery> group in again.Deliveries.GroupBy(static delivery => delivery.Group))
        {
            int[] order = [.. group.Select(delivery => before.IndexOf(delivery.Receipt))];
            if (!order.SequenceEqual(order.Order())) return $"in another order: {string.Join("; ", group)}";
        }

        return null;
    }
}
