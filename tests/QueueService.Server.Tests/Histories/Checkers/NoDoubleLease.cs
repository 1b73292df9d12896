namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>One lease at a time: the next begins when the one before has ended, and the receive count tells them apart.
/// A lease is honoured until it ends.</summary>
internal static class NoDoubleLease
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (IGrouping<(string, string, int), Seen> stay in history.Stays)
        {
            Seen[] seen =
            [
                .. stay.OrderBy(static seen => seen.Delivery.ReceiveCount)
                    .ThenBy(static seen => seen.IsRepeat).ThenBy(static seen => seen.Receive.InvokedAt),
            ];
            if (history.IsComplete && seen[0].Delivery.ReceiveCount != 1)
                yield return $"the first delivery is not counted as such: {seen[0]}";
            for (int i = 1; i < seen.Length; i++)
            {
                foreach (string violation in Compare(history, seen[i - 1], seen[i])) yield return violation;
            }
        }

        foreach (Seen seen in history.Seen.Where(static seen => seen.Refused is not null))
            yield return $"{seen.Refused} while it was leased: {seen}";
        foreach (Seen seen in history.Seen.Where(IsShorterThanAsked))
            yield return $"the lease is shorter than asked for, until {seen.Delivery.VisibleAt}: {seen}";
    }

    private static IEnumerable<string> Compare(History history, Seen earlier, Seen later)
    {
        int step = later.Delivery.ReceiveCount - earlier.Delivery.ReceiveCount;
        if (step == 0 && later.IsRepeat && later.Receive.Attempt == earlier.Receive.Attempt) yield break;
        if (step == 0) yield return $"two leases at once, with one count: {earlier} and {later}";
        else if (later.Receive.AnsweredAt < earlier.HeldUntil)
            yield return $"{later} while it was leased: {earlier}";
        if (step > 0 && later.Receive.AnsweredAt < earlier.Receive.InvokedAt)
            yield return $"the receive count went backwards: {later} and then {earlier}";
        if (step > 1 && history.IsComplete) yield return $"nobody got the delivery between {earlier} and {later}";
        if (step == 0) yield break;
        foreach ((SettleOperation operation, int status) in history.SettlementsOf(earlier.Delivery.Receipt))
        {
            if (Operation.IsSuccess(status) && operation.InvokedAt > later.Receive.AnsweredAt)
                yield return $"{operation.Kind} at {operation.InvokedAt} was confirmed: {earlier} was over by {later}";
        }
    }

    private static bool IsShorterThanAsked(Seen seen) => seen.Delivery.VisibleAt != 0 && !seen.Receive.IsAutomatic
        && seen.Delivery.VisibleAt + History.Slack
            < seen.Receive.InvokedAt + (seen.Receive.VisibilityMilliseconds * 1000L);
}
