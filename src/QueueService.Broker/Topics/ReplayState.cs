namespace QueueService.Broker.Topics;

/// <summary>Delivers again what a topic has kept of a time. Instants are Unix milliseconds.</summary>
/// <param name="From">What was published then or later.</param>
/// <param name="Until">What was published then or earlier; null for everything that there is when the replay begins.
/// </param>
public readonly record struct ReplayRequest(long From, long? Until);

/// <summary>A replay of a subscription, while it is known: until it is ended, another one begins or the cursor is set.
/// </summary>
/// <param name="IsCompleted">All that it is to deliver again was acknowledged, given up or filtered out.</param>
public sealed record ReplayState(ReplayRequest Request, long StartedAt, bool IsCompleted);

/// <summary>A replay in the state of its subscription.</summary>
/// <param name="Ranges">For each lane that has some, where the messages are that it delivers again.</param>
internal sealed record ReplayRanges(ReplayRequest Request, long StartedAt, (long From, long To)[] Ranges)
{
    public bool Contains(long position)
    {
        foreach ((long from, long to) in Ranges)
            if (position >= from && position < to) return true;
        return false;
    }
}
