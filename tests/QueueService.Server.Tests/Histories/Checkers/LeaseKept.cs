namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A lease lasts as long as it was promised, extensions included: until then nothing that its holder asks for
/// is refused, whether or not somebody else got the message meanwhile.</summary>
internal static class LeaseKept
{
    public static IEnumerable<string> Find(History history)
    {
        ILookup<string, ReceiveOperation> receives = history.Seen.Where(static seen => !seen.Receive.IsAutomatic)
            .ToLookup(static seen => seen.Delivery.Receipt, static seen => seen.Receive);
        foreach (Seen seen in history.Seen.Where(static seen => !seen.Receive.IsAutomatic))
        {
            IEnumerable<ReceiveOperation> repeats = receives[seen.Delivery.Receipt];
            long until = Repeated(repeats, seen.Receive.InvokedAt, UntilOf(seen.Receive));
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
                until = Repeated(
                    repeats, operation.InvokedAt, status == 0 ? Math.Min(until, extended) : extended);
                isExtended |= status != 0;
            }
        }
    }

    /// <summary>A receive that is repeated under its name starts its leases anew, and perhaps ends them
    /// earlier.</summary>
    /// <param name="since">Repeats that were answered before do not matter any more.</param>
    private static long Repeated(IEnumerable<ReceiveOperation> repeats, long since, long until) => repeats
        .Where(repeat => repeat.AnsweredAt >= since)
        .Select(UntilOf)
        .Append(until)
        .Min();

    private static long UntilOf(ReceiveOperation receive) =>
        receive.InvokedAt + (receive.VisibilityMilliseconds * 1000L);
}
