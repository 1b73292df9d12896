namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>Nobody gets a lower priority while a higher one waits since before the request and until after its answer.
/// Messages that were ever away (delayed, leased, expiring) are left out.</summary>
internal static class PriorityOrder
{
    public static IEnumerable<string> Find(History history)
    {
        (SentItem Item, long From, long Until)[] waiting = [.. Waiting(history)];
        HashSet<ReceiveOperation> repeats =
            [.. history.Seen.Where(static seen => seen.IsRepeat).Select(static seen => seen.Receive)];
        foreach (ReceiveOperation receive in history.Receives.Where(receive => receive.Queue == history.Setup.Queue))
        {
            if (receive.Deliveries.Count == 0 || repeats.Contains(receive)) continue;
            int lowest = receive.Deliveries.Min(static delivery => delivery.Priority);
            foreach ((SentItem item, long from, long until) in waiting)
            {
                if (item.Priority > lowest && from < receive.InvokedAt && until > receive.AnsweredAt)
                    yield return $"{item} waited from {from} to {until} while {receive} got priority {lowest}";
            }

            // What a connection was pushed within one millisecond may have been chosen one after the other.
            if (receive.Live is not null) continue;
            IEnumerable<(Delivery First, Delivery Second)> pairs = receive.Deliveries.Zip(receive.Deliveries.Skip(1));
            if (pairs.Any(static pair => pair.First.Priority < pair.Second.Priority))
                yield return $"not the highest first: {string.Join("; ", receive.Deliveries)}";
        }
    }

    private static IEnumerable<(SentItem Item, long From, long Until)> Waiting(History history)
    {
        foreach (SendOperation send in history.Sends.Where(static send => send.Succeeded))
        {
            foreach (SentItem item in send.Items.Where(static item =>
                item is { DelayMilliseconds: 0, TtlMilliseconds: 0, Priority: > 0 }))
            {
                // A first delivery that went unanswered has left no trace.
                Seen? first = history.ById[item.Id].MinBy(static seen => seen.Delivery.ReceiveCount);
                if (history.IsComplete && first is not null && first.Receive.Queue == history.Setup.Queue
                    && !history.MayBeRescheduled(item.Id, 0, first.Receive.AnsweredAt))
                    yield return (item, send.AnsweredAt, first.Receive.InvokedAt);
            }
        }
    }
}
