using QueueService.Broker.Queues;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>After an unclean start: what weaker levels may have lost.</summary>
internal sealed partial class Shard
{
    /// <summary>What a weaker level may have lost must never be given again: such queues skip their offsets forward, by
    /// more than can have been written since the last sync, and start a new epoch, named by the incarnation.</summary>
    private void RestartWeakQueues()
    {
        if (!Store.WasUnclean) return;
        Store.BeginBatch(Now);
        foreach (MessageQueue queue in _queues.Values)
        {
            if (queue.Config.Durability == Durability.Fsync || queue.IsSubscription) continue;
            Store.BeginFrame();
            long[] ends = [.. queue.Lanes.Select(static lane => lane.End)];
            _scratch.ResetWrittenCount();
            _scratch.WriteVarint((ulong)(queue.Lanes.Max(static lane => lane.Log.End) + LostOffsets));
            _scratch.WriteVarint((ulong)Math.Max(queue.Epoch + 1, (long)Store.Incarnation << 20));
            Write(queue, QueueRecord.Restarted, _scratch.WrittenSpan);
            if (queue.IsTopic) SkipLost(queue, ends);
            Store.EndFrame();
        }

        Store.Commit(sync: true);
    }

    /// <summary>What a topic may have lost is done with for its subscriptions, in the frame that skips it.</summary>
    /// <param name="ends">Of the topic's lanes before.</param>
    private void SkipLost(MessageQueue topic, long[] ends)
    {
        foreach (MessageQueue subscription in topic.FanOut!.Subscriptions.Values)
        {
            _scratch.ResetWrittenCount();
            long last = 0;
            for (int i = 0; i < ends.Length; i++)
            {
                _scratch.WriteVarint((ulong)(ends[i] - last));
                last = topic.Lanes[i].End;
                _scratch.WriteVarint((ulong)(last - ends[i]));
            }

            Write(subscription, QueueRecord.Skipped, _scratch.WrittenSpan);
            if (subscription.IsQueueView) StartEpoch(subscription);
        }
    }

    /// <summary>A lease that was lost must not look like the next one of its record: with the same count in the same
    /// epoch its receipt would be worth as much.</summary>
    private void StartEpoch(MessageQueue view)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteVarint((ulong)Math.Max(view.Epoch + 1, (long)Store.Incarnation << 20));
        Write(view, QueueRecord.Purged, _scratch.WrittenSpan);
    }
}
