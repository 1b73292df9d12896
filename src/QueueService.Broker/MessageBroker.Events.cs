using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;

namespace QueueService.Broker;

/// <summary>What is told to <see cref="BrokerOptions.Observer"/>, and what it is made of.</summary>
public sealed partial class MessageBroker
{
    private const int MaxGroupsPerPage = 100;

    private int _evaluating;

    /// <summary>Looks at the alarms of all queues once and tells what changed. To be called periodically: the time
    /// between two calls is how late an alarm may be. A call during another one does nothing.</summary>
    /// <returns>Alarms that changed.</returns>
    public async Task<int> EvaluateAlarms()
    {
        if (Interlocked.Exchange(ref _evaluating, 1) == 1) return 0;
        int changed = 0;
        try
        {
            List<AlarmReading> readings =
                await Ask<List<AlarmReading>>(static (shard, _) => AlarmEvaluation.Measure(shard), []);
            foreach (AlarmReading[] some in readings.Chunk(AlarmEvaluation.QueuesPerTurn))
            {
                var complete = new List<AlarmReading>();
                foreach (AlarmReading reading in some) complete.Add(await ReadLag(reading.ReadFromDisk()));
                List<BrokerEvent> changes = await Ask<List<BrokerEvent>>(
                    (shard, command) => AlarmEvaluation.Judge(shard, command, complete), []);
                foreach (BrokerEvent change in changes) Tell(change);
                changed += changes.Count;
            }

            return changed;
        }
        finally
        {
            Volatile.Write(ref _evaluating, 0);
        }
    }

    /// <summary>One group at a time: a stream may have many groups and partitions.</summary>
    private async ValueTask<AlarmReading> ReadLag(AlarmReading reading)
    {
        if (!reading.Queue.Config.Alarms.Any(static alarm => alarm.IsAboutGroups)) return reading;
        StreamName stream = StreamName.At(reading.Queue.Name);
        (long lag, long milliseconds) = (0, 0);
        string? after = null;
        do
        {
            Result<GroupPage> page = await ListGroups(stream, "", after, MaxGroupsPerPage);
            if (!page.Succeeded) return reading;
            foreach (GroupDescription listed in page.Value.Groups)
            {
                Result<GroupDescription> group = await GetGroup(listed.Name);
                if (!group.Succeeded) continue;
                lag = Math.Max(lag, group.Value.Lag);
                milliseconds = Math.Max(
                    milliseconds, group.Value.Partitions.Max(static partition => partition.LagMilliseconds));
            }

            after = page.Value.Next;
        }
        while (after is not null);
        return reading with { Lag = lag, LagMilliseconds = milliseconds };
    }

    /// <summary>Sums over all queues: some nanoseconds of the loop for each.</summary>
    public ValueTask<Result<BrokerTotals>> GetTotals() => Submit<BrokerTotals>(static (shard, _) => Sum(shard));

    private static Result<BrokerTotals> Sum(Shard shard)
    {
        int queues = shard.Catalog.Count(QueueKind.Queue);
        var totals = new BrokerTotals(queues, 0, 0, 0, shard.WaiterCount, 0, 0, 0, shard.Now);
        (long messages, long bytes, long leased, long sent, long received, long deleted) = (0, 0, 0, 0, 0, 0);
        foreach (MessageQueue queue in shard.Queues)
        {
            if (!queue.IsSubscription)
            {
                messages += queue.HeldCount;
                bytes += queue.HeldBytes;
            }

            leased += queue.LeasedCount;
            sent += queue.SentTotal;
            received += queue.ReceivedTotal;
            deleted += queue.DeletedTotal;
        }

        return totals with
        {
            Messages = messages, Bytes = bytes, Leased = leased,
            SentTotal = sent, ReceivedTotal = received, DeletedTotal = deleted,
        };
    }

    private void Tell(BrokerEvent change) => _shard.Options.Observer?.Invoke(change);

    private void Tell(QueueChange change)
    {
        if (!change.Created && !change.Changed) return;
        BrokerEventKind kind = change.Created ? BrokerEventKind.Created : BrokerEventKind.Changed;
        Tell(new BrokerEvent(kind, change.Queue.Name, change.Queue.UpdatedAt));
    }
}
