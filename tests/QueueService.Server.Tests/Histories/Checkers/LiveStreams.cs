namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>What a connection that lasts promises: no line that nobody asked for, never more leases than `prefetch`,
/// and of a FIFO group results in the order in which the messages are stored.</summary>
internal static class LiveStreams
{
    public static IEnumerable<string> Find(History history)
    {
        ILookup<LiveOperation, ReceiveOperation> receives = history.Receives
            .Where(static receive => receive.Live is not null).ToLookup(static receive => receive.Live!);
        ILookup<ReceiveOperation, Seen> got = history.Seen.ToLookup(static seen => seen.Receive);
        foreach (LiveOperation live in history.Operations.OfType<LiveOperation>())
        {
            foreach (string wrong in live.Wrong) yield return $"{wrong}, over the connection of {live.InvokedAt}";
            foreach (string violation in FindOverfull(live, receives[live], got)) yield return violation;
            if (!history.Setup.IsFifo) continue;
            foreach (IGrouping<string?, SentItem> group in live.Sent.Where(static item => !item.IsDeduplicated)
                .GroupBy(static item => item.Group))
            {
                foreach ((SentItem one, SentItem next) in group.Zip(group.Skip(1)))
                    if (next.SequenceNumber <= one.SequenceNumber) yield return $"{next} was stored before {one}";
            }
        }
    }

    private static IEnumerable<string> FindOverfull(
        LiveOperation live, IEnumerable<ReceiveOperation> receives, ILookup<ReceiveOperation, Seen> got)
    {
        if (live.Prefetch is not { } prefetch) yield break;
        ReceiveOperation[] order = [.. receives];
        for (int i = 0; i < order.Length; i++)
        {
            // At the time of this receive, which was before its answer.
            int held = order[..i].SelectMany(receive => got[receive])
                .Count(seen => seen.HeldUntil > order[i].AnsweredAt);
            if (held + order[i].Deliveries.Count > prefetch)
                yield return $"{held} leases of {prefetch}, and then {order[i].Deliveries.Count} more: {order[i]}";
        }
    }
}
