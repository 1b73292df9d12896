namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A confirmed message is acknowledged in the end, or has expired, or was
/// cancelled. At the end of a history everything that is
/// there was received and acknowledged, so whatever was not has been lost.</summary>
internal static class NoLoss
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (SendOperation send in history.Sends.Where(static send => send.Succeeded))
        {
            foreach (SentItem item in send.Items.Where(
                item => !MayBeExpired(item, history) && !history.MayBeCancelled(item.Id)))
            {
                if (!history.ById[item.Id].Any(history.MayBeAcknowledged))
                    yield return $"{item} was confirmed at {send.AnsweredAt}; its deliveries, none acknowledged: "
                        + string.Join("; ", history.ById[item.Id]);
            }
        }

        if (history.End.Left != 0) yield return $"{history.End.Left} messages are there and nobody can receive them";
    }

    /// <summary>A duplicate ends with its original, whose time to live is not this item's: whoever mixes the two has to
    /// give both the same.</summary>
    private static bool MayBeExpired(SentItem item, History history) =>
        item.TtlMilliseconds > 0
        && history.End.At + History.Slack >= history.FirstSent(item) + (item.TtlMilliseconds * 1000L);
}
