namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>Nobody gets a message from the source queue after its time to live.</summary>
internal static class NeverExpired
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (SendOperation send in history.Sends.Where(static send => send.Succeeded))
        {
            foreach (SentItem item in send.Items.Where(
                static item => item is { TtlMilliseconds: > 0, IsDeduplicated: false }))
            {
                long end = send.AnsweredAt + (item.TtlMilliseconds * 1000L) + History.Slack;
                IEnumerable<Seen> late = history.ById[item.Id].Where(seen =>
                    seen.Receive.InvokedAt > end && !seen.IsRepeat && IsInSource(history, seen));
                foreach (Seen seen in late) yield return $"{item}, which ended before {end}, was there at {seen}";
            }
        }
    }

    /// <summary>A dead letter has no time to live any more, also when it was redriven.</summary>
    private static bool IsInSource(History history, Seen seen) =>
        seen.Receive.Queue == history.Setup.Queue && seen.Delivery.RedriveCount == 0;
}
