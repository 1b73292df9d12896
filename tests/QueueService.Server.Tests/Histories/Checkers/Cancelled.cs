namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>What was cancelled is never delivered again, and what cannot be cancelled is either gone or
/// leased.</summary>
internal static class Cancelled
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (MessageOperation operation in history.Operations.OfType<MessageOperation>())
        {
            IEnumerable<Seen> later = history.ById[operation.Id].Where(seen =>
                seen.Receive.Queue == operation.Queue && seen.Receive.InvokedAt > operation.AnsweredAt);
            if (operation is CancelOperation { Succeeded: true })
            {
                foreach (Seen seen in later) yield return $"{seen} after it was cancelled at {operation.AnsweredAt}";
                foreach (string violation in FindHonoured(history, operation)) yield return violation;
            }
            else if (operation.Status == 404)
            {
                // It may have been a dead letter then.
                foreach (Seen seen in later.Where(static seen => seen.Delivery.RedriveCount == 0))
                    yield return $"{seen} after it was not there at {operation.AnsweredAt}";
            }
            else if (operation.Status == 409 && history.IsComplete
                && !history.ById[operation.Id].Any(seen => seen.Receive.InvokedAt < operation.AnsweredAt))
                yield return $"{operation} while nobody ever had leased it";
        }
    }

    /// <summary>A leased message cannot be cancelled, so no lease of before can be worth anything afterwards.</summary>
    private static IEnumerable<string> FindHonoured(History history, MessageOperation cancel)
    {
        foreach (Seen seen in history.ById[cancel.Id].Where(seen => seen.Receive.Queue == cancel.Queue))
        {
            if (seen.Receive.AnsweredAt < cancel.InvokedAt && seen.HeldUntil > cancel.AnsweredAt)
                yield return $"cancelled at {cancel.AnsweredAt} while it was leased: {seen}";
            foreach ((SettleOperation settled, int status) in history.SettlementsOf(seen.Delivery.Receipt))
            {
                if (Operation.IsSuccess(status) && settled.InvokedAt > cancel.AnsweredAt)
                    yield return $"{settled.Kind} of {seen} after it was cancelled at {cancel.AnsweredAt}";
            }
        }
    }
}
