namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A lease lasts as long as it was promised, extensions included: until then nothing that its holder asks for is
/// refused, whether or not somebody else got the message meanwhile.</summary>
internal static class LeaseKept
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (Seen seen in history.Seen.Where(static seen => !seen.Receive.IsAutomatic))
        {
            long until = seen.Receive.InvokedAt + (seen.Receive.VisibilityMilliseconds * 1000L);
            bool isExtended = false;
            foreach ((SettleOperation operation, int status) in history.SettlementsOf(seen.Delivery.Receipt))
            {
                long extended = operation.InvokedAt + ((operation.Milliseconds ?? 0) * 1000L);
                bool isExtension = operation.Kind == SettleKind.Extend;
                if (status != 0 && !Operation.IsSuccess(status))
                {
                    if (operation.AnsweredAt < until - History.Slack)
                        yield return $"{operation.Kind} at {operation.InvokedAt} was answered {status}, and the lease"
                            + $"{(isExtended ? ", extended," : "")} was to last until {until}: {seen}";
                    break;
                }

                // Settled, perhaps: from now on it may be refused.
                if (!isExtension) break;
                until = status == 0 ? Math.Min(until, extended) : extended;
                isExtended |= status != 0;
            }
        }
    }
}
