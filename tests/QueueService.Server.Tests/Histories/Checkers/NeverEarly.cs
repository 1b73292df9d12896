namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>Nothing comes before its delay is over: that of the send, of a release, or of the retry policy.</summary>
internal static class NeverEarly
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (SendOperation send in history.Sends.Where(static send => send.Succeeded))
        {
            foreach (SentItem item in send.Items.Where(
                static item => item is { DelayMilliseconds: > 0, IsDeduplicated: false }))
            {
                long due = history.FirstSent(item) + (item.DelayMilliseconds * 1000L) - History.Slack;
                foreach (Seen seen in history.ById[item.Id].Where(seen => seen.Receive.AnsweredAt < due
                    && !history.MayBeRescheduled(item.Id, 0, seen.Receive.AnsweredAt)))
                    yield return $"{item}, due at {due}, was there at {seen}";
            }
        }

        foreach (IGrouping<(string, string, int), Seen> stay in history.Stays)
        {
            foreach (Seen failed in stay.Where(seen => seen.Receive.Queue == history.Setup.Queue))
            {
                long due = DueAfter(history, failed) - History.Slack;
                foreach (Seen next in stay.Where(seen =>
                    seen.Delivery.ReceiveCount == failed.Delivery.ReceiveCount + 1 && seen.Receive.AnsweredAt < due
                    && !history.MayBeRescheduled(
                        seen.Delivery.Id, failed.Receive.InvokedAt, seen.Receive.AnsweredAt)))
                    yield return $"{next} before {due}, the end of the delay after {failed}";
            }
        }
    }

    /// <summary>When the next delivery can be at the earliest.</summary>
    private static long DueAfter(History history, Seen failed)
    {
        if (failed.Receive.IsAutomatic) return 0;
        IReadOnlyList<(SettleOperation Operation, int Status)> settled = history.SettlementsOf(failed.Delivery.Receipt);

        // Whatever was asked last and not answered may have been anything.
        if (settled.Any(static one => one.Status == 0)) return 0;
        SettleOperation? release = settled.FirstOrDefault(static one =>
            one.Operation.Kind == SettleKind.Release && Operation.IsSuccess(one.Status)).Operation;
        int policy = history.Setup.RetryMilliseconds;
        return release is null
            ? failed.HeldUntil + (policy * 1000L)
            : release.InvokedAt + ((release.Milliseconds ?? policy) * 1000L);
    }
}
