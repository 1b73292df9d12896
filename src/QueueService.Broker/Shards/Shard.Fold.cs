using System.Buffers;
using System.Runtime.InteropServices;
using QueueService.Broker.Control;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>The shard as storage sees it: the state that is folded from the journal.</summary>
internal sealed partial class Shard
{
    public void Apply(in JournalRecord record)
    {
        if (record.Resource == Catalog.Resource)
        {
            // Opened only now: the store brings logs that have files with it when it recovers.
            Catalog.Apply(record, Store.OpenLog(new LogId(Catalog.Resource, 0)));
            return;
        }

        if (record.Resource == OperationTable.Resource)
        {
            Operations.Apply(record);
            return;
        }

        if (IdempotencyWindow.IsGeneration(record.Resource))
        {
            ApplyIdempotency(record);
            return;
        }

        if (TryApplyToGroup(record)) return;
        if (!_queues.TryGetValue(record.Resource, out MessageQueue? queue))
        {
            // A queue that was deleted before the checkpoint that this replay starts from captured it.
            if ((QueueRecord)record.Type != QueueRecord.Created) return;
            queue = AddQueue(record.Resource);
        }

        queue.Apply(record);
        if ((QueueRecord)record.Type == QueueRecord.Created) _named[queue.Name.Value] = queue;
        if ((QueueRecord)record.Type == QueueRecord.Created) FanOuts.Add(queue);
        if ((QueueRecord)record.Type == QueueRecord.Created) Forks.Add(queue);
        if ((QueueRecord)record.Type == QueueRecord.Configured) Topics.FanOuts.Change(queue);
        if (queue.IsDeleted) RemoveQueue(queue);
    }

    public void Restore(uint resource, ReadOnlySpan<byte> state)
    {
        var reader = new SpanReader(state);
        if (resource == Catalog.Resource)
        {
            Catalog.Restore(ref reader);
        }
        else if (resource == OperationTable.Resource)
        {
            Operations.Restore(ref reader);
        }
        else if (IdempotencyWindow.IsGeneration(resource))
        {
            Idempotency.Restore(resource, ref reader);
            _resources.Add(resource);
        }
        else if (!TryRestoreGroup(resource, reader))
        {
            MessageQueue queue = AddQueue(resource);
            queue.Restore(ref reader);
            _named[queue.Name.Value] = queue;
            FanOuts.Add(queue);
            Forks.Add(queue);
        }
    }

    public bool TryNextResource(long after, out uint resource)
    {
        resource = 0;
        foreach (uint next in _resources.GetViewBetween((uint)Math.Max(after + 1, 0), uint.MaxValue))
        {
            resource = next;
            return true;
        }

        return false;
    }

    public void Capture(uint resource, IBufferWriter<byte> output)
    {
        if (resource == Catalog.Resource) Catalog.Capture(output);
        else if (IdempotencyWindow.IsGeneration(resource)) Idempotency.Capture(resource, output);
        else if (resource == OperationTable.Resource) Operations.Capture(output);
        else if (_groups.TryGetValue(resource, out ConsumerGroup? group)) group.Capture(output);
        else _queues[resource].Capture(output);
    }

    public long NextLive(LogId log, long offset)
    {
        // The log of the control resource is kept for ever: it is the audit trail.
        if (log.Resource == Catalog.Resource) return offset < Store.OpenLog(log).End ? offset : long.MaxValue;
        if (!_queues.TryGetValue(log.Resource, out MessageQueue? queue)) return long.MaxValue;
        if (queue.IsSubscription) return queue.NextLiveAttempt(offset);
        if (queue.FindLane(log.Lane) is not { } lane) return offset;
        long next = lane.NextPresent(Position.First(log.Lane) + offset);
        return next < lane.End ? Position.OffsetOf(next) : long.MaxValue;
    }

    /// <summary>A hash of all folded state: two shards with the same hash are in the same state.</summary>
    public ulong StateHash()
    {
        var output = new ArrayBufferWriter<byte>();
        for (long after = -1; TryNextResource(after, out uint resource); after = resource) Capture(resource, output);
        int count = output.WrittenCount;
        output.GetSpan(sizeof(ulong)).Clear();
        output.Advance(sizeof(ulong) - (count % sizeof(ulong)));
        return ReceiptSeal.SipHash(0, 0, MemoryMarshal.Cast<byte, ulong>(output.WrittenSpan), (ulong)count);
    }

    private MessageQueue AddQueue(uint resource)
    {
        var queue = new MessageQueue(
            resource, (log, lane) => Store.OpenLog(new LogId(log, (ushort)lane)), Options.ReadAheadPerLane, Duplicates);
        _queues.Add(resource, queue);
        _resources.Add(resource);
        return queue;
    }

    private void RemoveQueue(MessageQueue queue)
    {
        _named.TryRemove(queue.Name.Value, out _);
        _queues.Remove(queue.Resource);
        _resources.Remove(queue.Resource);
        FanOuts.Remove(queue);
        Forks.Remove(queue);
        if (queue.Attempts is { } attempts) Store.DeleteLog(attempts.Log.Id);
        if (queue.IsSubscription) return;
        foreach (Lane lane in queue.Lanes) Store.DeleteLog(lane.Log.Id);
    }
}
