namespace QueueService.Server.Tests.Histories.Checkers;

/// <summary>A message is in the source or in the dead-letter queue, never in both, is delivered no more often than the
/// policy says, and each move is counted once. What a redrive took back may never have been received as a dead letter:
/// then nothing is counted.</summary>
internal static class DeadLetterPlace
{
    public static IEnumerable<string> Find(History history)
    {
        HistorySetup setup = history.Setup;
        foreach (Seen seen in history.Seen.Where(seen =>
            seen.Receive.Queue == setup.Queue && seen.Delivery.ReceiveCount > setup.MaxReceiveCount))
            yield return $"delivered more than {setup.MaxReceiveCount} times: {seen}";

        foreach (IGrouping<(string Queue, string Id, int RedriveCount), Seen> stay in history.Stays)
        {
            if (stay.Key.Queue != setup.Queue) continue;
            Seen[] dead = [.. history.Stays[stay.Key with { Queue = setup.DeadLetterQueue }]];
            foreach (Seen source in stay)
            {
                foreach (Seen letter in dead.Where(letter => source.Receive.InvokedAt > letter.Receive.AnsweredAt))
                    yield return $"in both queues: {letter} and then {source}";
                long? at = history.SettledAt(source, SettleKind.DeadLetter);
                foreach (Seen later in stay.Where(later => later.Receive.InvokedAt > at))
                    yield return $"given up at {at}, and still in the source: {later}";
                if (at is not null && history.IsComplete && !setup.IsRedriven && dead.Length == 0)
                    yield return $"given up at {at} and never seen again: {source}";
            }

            Seen? done = stay.FirstOrDefault(source => history.SettledAt(source, SettleKind.Acknowledge) is not null);
            if (dead.Length > 0 && done is not null)
                yield return $"acknowledged and dead-lettered: {done} and {dead[0]}";
        }

        long letters = history.Stays.LongCount(stay => stay.Key.Queue == setup.DeadLetterQueue);
        if (history.IsComplete && !setup.IsRedriven && letters != history.End.DeadLettered)
            yield return $"{letters} dead letters were received, {history.End.DeadLettered} are counted";
    }
}
