using System.Buffers;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>What the alarms of one queue are judged by.</summary>
/// <param name="DeadLettered">Messages in its dead-letter queue.</param>
internal sealed record AlarmReading(MessageQueue Queue, QueueStats Stats, long DeadLettered)
{
    /// <summary>Records that the consumer group of a stream that is most behind has not committed.</summary>
    public long Lag { get; init; }

    /// <summary>The age of the oldest record that some group has not committed.</summary>
    public long LagMilliseconds { get; init; }

    /// <summary>The age of an oldest message that is on disk is read outside the loop, for whom it interests.</summary>
    public AlarmReading ReadFromDisk() =>
        Queue.Config.Alarms.Any(static alarm => alarm.IsAboutAge)
            ? this with { Stats = Stats.ReadFromDisk() }
            : this;
}

/// <summary>Looks at the alarms of all queues, on the loop: measures, and later judges what was measured.</summary>
internal static class AlarmEvaluation
{
    /// <summary>Queues judged in one turn of the loop: bounds it to a millisecond, and its records to some 500 KB.
    /// </summary>
    public const int QueuesPerTurn = 500;

    public static List<AlarmReading> Measure(Shard shard)
    {
        var readings = new List<AlarmReading>();
        foreach (MessageQueue queue in shard.Queues)
        {
            if (queue.Config.Alarms.Count == 0) continue;
            MessageQueue? dead = queue.Config.Redrive is { } redrive ? shard.FindQueue(redrive.DeadLetterQueue) : null;
            QueueStats stats = queue.Stats(shard.Now, shard.Options.MaxInFlightPerQueue);
            readings.Add(new AlarmReading(queue, stats, dead?.HeldCount ?? 0));
        }

        return readings;
    }

    /// <summary>Writes what changes; answers it.</summary>
    public static List<BrokerEvent> Judge(
        Shard shard, PlainCommand<List<BrokerEvent>> command, IReadOnlyList<AlarmReading> readings)
    {
        var changes = new List<BrokerEvent>();
        foreach (AlarmReading reading in readings)
        {
            MessageQueue queue = reading.Queue;
            if (queue.IsDeleted) continue;
            foreach (Alarm alarm in queue.Config.Alarms)
            {
                long value = alarm.ValueIn(reading);
                if (!queue.Observe(alarm, value, shard.Now)) continue;
                bool isRaised = value > alarm.Above;
                Write(shard, queue, alarm, isRaised);
                command.Wrote = true;
                changes.Add(new BrokerEvent(BrokerEventKind.AlarmChanged, queue.Name, shard.Now)
                {
                    Alarm = new AlarmState(alarm, isRaised, shard.Now, value),
                });
            }
        }

        return changes;
    }

    private static void Write(Shard shard, MessageQueue queue, Alarm alarm, bool isRaised)
    {
        var record = new ArrayBufferWriter<byte>(alarm.Name.Length + RecordWriting.MaxVarintBytes);
        record.WriteVarint(isRaised ? 1UL : 0);
        record.WriteText(alarm.Name);
        shard.Store.BeginFrame();
        shard.Write(queue, QueueRecord.AlarmChanged, record.WrittenSpan);
        shard.Store.EndFrame();
    }
}
