namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A promise of the server. A checker is pure: a history in, its violations out.</summary>
internal sealed record Checker(string Name, Func<History, IEnumerable<string>> Find)
{
    public static readonly Checker[] All =
    [
        new("no-loss", NoLoss.Find),
        new("no-resurrection", NoResurrection.Find),
        new("no-double-lease", NoDoubleLease.Find),
        new("lease-kept", LeaseKept.Find),
        new("group-order", GroupOrder.Find),
        new("never-early", NeverEarly.Find),
        new("never-expired", NeverExpired.Find),
        new("stored-once", StoredOnce.Find),
        new("priority", PriorityOrder.Find),
        new("rescheduled", Rescheduled.Find),
        new("cancelled", Cancelled.Find),
        new("paused", NothingWhilePaused.Find),
        new("named-receives", NamedReceives.Find),
        new("live-streams", LiveStreams.Find),
        new("dead-letters", DeadLetterPlace.Find),
        new("as-sent", AsSent.Find),
    ];

    public static IReadOnlyList<string> Judge(History history) =>
        [.. All.SelectMany(checker => checker.Find(history).Select(violation => $"{checker.Name}: {violation}"))];
}
