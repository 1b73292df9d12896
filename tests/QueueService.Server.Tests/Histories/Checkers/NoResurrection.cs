namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>What was acknowledged is never delivered again.</summary>
internal static class NoResurrection
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (Seen acknowledged in history.Seen)
        {
            if (history.SettledAt(acknowledged, SettleKind.Acknowledge) is not { } at) continue;
            foreach (Seen later in history.ById[acknowledged.Delivery.Id])
            {
                if (later.Receive.InvokedAt > at || IsNewerLease(acknowledged, later))
                    yield return $"{later} after {acknowledged} was acknowledged at {at}";
            }
        }
    }

    /// <summary>A newer lease can only begin when the older has ended, and then the older receipt is refused.</summary>
    private static bool IsNewerLease(Seen acknowledged, Seen later) =>
        later.Receive.Queue == acknowledged.Receive.Queue
        && later.Delivery.RedriveCount == acknowledged.Delivery.RedriveCount
        && later.Delivery.ReceiveCount > acknowledged.Delivery.ReceiveCount;
}
