namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>Nobody gets a message between the answer of a pause and the request that ends it, but for the repeats of
/// named receives.</summary>
internal static class NothingWhilePaused
{
    public static IEnumerable<string> Find(History history)
    {
        PauseOperation[] switches =
            [.. history.Operations.OfType<PauseOperation>().OrderBy(static operation => operation.InvokedAt)];
        foreach (PauseOperation pause in switches.Where(static one => one is { IsPause: true, Succeeded: true }))
        {
            long until = switches.Where(other => !other.IsPause && other.AnsweredAt > pause.InvokedAt)
                .Select(static other => other.InvokedAt).DefaultIfEmpty(0).Min();
            foreach (Seen seen in history.Seen.Where(seen => seen.Receive.Queue == pause.Queue && !seen.IsRepeat
                && seen.Receive.InvokedAt > pause.AnsweredAt && seen.Receive.AnsweredAt < until))
                yield return $"{seen} while the queue was paused, from {pause.AnsweredAt} to {until}";
        }
    }
}
