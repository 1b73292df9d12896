namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>Nobody gets a message before the time that it was given last.</summary>
internal static class Rescheduled
{
    public static IEnumerable<string> Find(History history)
    {
        foreach (RescheduleOperation given in history.Operations.OfType<RescheduleOperation>())
        {
            if (!given.Succeeded) continue;
            long due = given.DueAt - History.Slack;
            foreach (Seen early in history.ById[given.Id].Where(seen => !seen.IsRepeat
                && seen.Receive.InvokedAt > given.AnsweredAt && seen.Receive.AnsweredAt < due
                && !history.MayBeRescheduled(given.Id, given.InvokedAt, seen.Receive.AnsweredAt, but: given)))
                yield return $"{early} before {due}, for which it was rescheduled at {given.AnsweredAt}";
        }
    }
}
