using System.Runtime.InteropServices;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams;

namespace QueueService.Broker.Topics;

/// <summary>
/// Copying the messages of a subscription to a queue or a stream. The relay leases a page like any consumer and reads
/// it outside the loop; the copies and the acknowledgement of what they are copies of are one frame, so each is made
/// exactly once.</summary>
internal static class Relays
{
    /// <summary>Adds the copies that still may be made to the target and acknowledges their originals. What does not
    /// fit into the target stays leased, and so does everything after it: order is kept.</summary>
    public static RelayOutcome Copy(Shard shard, PlainCommand<RelayOutcome> command, RelayPage page)
    {
        if (shard.FindQueue(page.Name.Address) is not { } subscription)
            return new RelayOutcome(0, BrokerError.SubscriptionNotFound);
        command.Queue = subscription;
        subscription.Trouble = null;
        BrokerError error = Check(shard, subscription, page, out MessageQueue? target, out List<int> holding);
        if (error is BrokerError.QueueFull or BrokerError.MessageTooLarge or BrokerError.TargetQueueNotFound
            or BrokerError.TargetStreamNotFound or BrokerError.KeyRequired or BrokerError.DeduplicationWindowFull)
            subscription.Trouble = TroubleOf(subscription.Config.Subscription!.Destination, error);
        if (holding.Count == 0) return new RelayOutcome(0, error);
        Span<long> positions = shard.OffsetBuffer(holding.Count);
        for (int i = 0; i < holding.Count; i++) positions[i] = page.Receipts[holding[i]].SequenceNumber;
        positions.Sort();
        shard.Store.BeginFrame();
        shard.Room.Make(shard);
        if (target!.IsStream) Append(shard, target, page.Batch, holding);
        else foreach (int i in CollectionsMarshal.AsSpan(holding)) Write(shard, target, page, i);
        shard.Write(subscription, QueueRecord.Acknowledged, shard.Runs(positions));
        shard.Store.EndFrame();
        command.Wrote = true;

        // One frame: the stricter level of the two.
        if (target.Config.Durability < subscription.Config.Durability) command.Queue = target;
        shard.Dispatch(target);
        shard.Dispatch(subscription);
        return new RelayOutcome(holding.Count, error);
    }

    /// <summary>Gives back what an earlier process leased: whoever relays is alone, and has just begun.</summary>
    public static BrokerError ReleaseAll(Shard shard, PlainCommand<BrokerError> command, SubscriptionName name)
    {
        if (shard.FindQueue(name.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        long[] leased = subscription.Leased(shard.Now);
        if (leased.Length == 0) return BrokerError.None;
        command.Queue = subscription;
        command.Wrote = true;
        shard.Store.BeginFrame();
        shard.Write(subscription, QueueRecord.Released, shard.Now, shard.Runs(leased));
        shard.Store.EndFrame();
        shard.Dispatch(subscription);
        return BrokerError.None;
    }

    /// <summary>Ends a message that nobody takes.</summary>
    public static BrokerError Abandon(
        Shard shard, PlainCommand<BrokerError> command, SubscriptionName name, ReceiptHandle receipt)
    {
        if (shard.FindQueue(name.Address) is not { } subscription) return BrokerError.SubscriptionNotFound;
        BrokerError error = Settler.Check(shard, subscription, receipt);
        if (error != BrokerError.None) return error;
        ReadOnlySpan<long> one = [receipt.SequenceNumber];
        command.Queue = subscription;
        command.Wrote = true;
        shard.Store.BeginFrame();
        shard.Write(subscription, QueueRecord.Abandoned, shard.Runs(one));
        shard.Store.EndFrame();
        shard.Dispatch(subscription);
        return BrokerError.None;
    }

    private static BrokerError Check(
        Shard shard, MessageQueue subscription, RelayPage page, out MessageQueue? target, out List<int> holding)
    {
        holding = new List<int>(page.Batch.Count);
        SubscriptionConfig config = subscription.Config.Subscription!;
        target = shard.FindQueue(config.TargetAddress);
        if (target is null)
        {
            return config.Target == SubscriptionTarget.Stream
                ? BrokerError.TargetStreamNotFound
                : BrokerError.TargetQueueNotFound;
        }

        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        shard.Room.Begin(target, shard.Now);
        for (int i = 0; i < page.Batch.Count; i++)
        {
            if (Settler.Check(shard, subscription, page.Receipts[i]) != BrokerError.None) continue;
            bool isKeyed = page.KeyFor(target, i) is not null;
            if (isKeyed && shard.Duplicates.Count + holding.Count >= shard.Options.MaxDeduplicationKeys)
                return BrokerError.DeduplicationWindowFull;
            BrokerError room = IsDuplicate(shard, target, page, i)
                ? BrokerError.None
                : shard.Room.Take(page.Batch.Message(i).Length);
            if (room != BrokerError.None) return room;
            if (target.Config.Stream is { IsCompacted: true } && page.Batch.PartitionHash(i) is null)
                return BrokerError.KeyRequired;
            holding.Add(i);
        }

        return BrokerError.None;
    }

    /// <summary>Asked again: a message of the same page may be the one that it repeats.</summary>
    private static void Write(Shard shard, MessageQueue target, RelayPage page, int index)
    {
        if (IsDuplicate(shard, target, page, index)) return;
        MessageBatch batch = page.Batch;
        UInt128? key = page.KeyFor(target, index);
        int lane = target.LaneFor(batch, index);
        long delay = target.Config.DelaySeconds * 1000L;
        if (lane == 0 && delay == 0 && key is null)
        {
            shard.Write(target, QueueRecord.Sent, batch.Message(index));
            return;
        }

        shard.Write(target, new SentTo
        {
            Lane = lane, VisibleAt = delay == 0 ? 0 : shard.Now + delay, HasKey = key is not null,
            Key = target.Scoped(key ?? default, page.GroupOf(index)), Message = batch.Message(index),
        });
    }

    private static bool IsDuplicate(Shard shard, MessageQueue target, RelayPage page, int index) =>
        page.KeyFor(target, index) is { } key
        && target.TryFindDuplicate(key, page.GroupOf(index), shard.Now, out _);

    /// <summary>The order of each key is kept: it is in one partition, and a page is in order.</summary>
    private static void Append(Shard shard, MessageQueue stream, MessageBatch batch, List<int> records)
    {
        int sticky = stream.NextSticky;
        stream.NextSticky = sticky + 1;
        foreach (IGrouping<int, int> some in records.GroupBy(
            i => AppendedRuns.PartitionOf(batch, i, stream.Partitions, sticky)).OrderBy(static some => some.Key))
            shard.WriteAppended(stream, some.Key, batch, [.. some]);
    }

    private static string TroubleOf(string queue, BrokerError error) => error switch
    {
        BrokerError.QueueFull => $"The queue {queue} is full.",
        BrokerError.MessageTooLarge => $"The next message is larger than everything that the queue {queue} may hold.",
        BrokerError.TargetStreamNotFound => $"The stream {queue} does not exist.",
        BrokerError.DeduplicationWindowFull => "As many deduplication ids are remembered as may be.",
        BrokerError.KeyRequired =>
            $"The next message has no group, so its copy would have no key, as the compacted stream {queue} needs.",
        _ => $"The queue {queue} does not exist.",
    };
}

/// <summary>Copies that are to be made.</summary>
/// <param name="Receipts">Of the originals, in the order of the batch.</param>
internal sealed record RelayPage(SubscriptionName Name, IReadOnlyList<ReceiptHandle> Receipts, MessageBatch Batch)
{
    public bool Deduplicates { get; init; }

    /// <summary>Somebody has asked for these again, by their places in the batch.</summary>
    public required IReadOnlySet<int> Replayed { get; init; }

    /// <summary>By which a copy is deduplicated; null when it is not.</summary>
    public UInt128? KeyFor(MessageQueue target, int index) =>
        Deduplicates && target.IsFifo && !Replayed.Contains(index) ? Batch.Key(index) : null;

    public ulong GroupOf(int index) => Batch.Group(index) ?? MessageFormat.NoGroupHash;
}

/// <summary>What became of a page.</summary>
/// <param name="Copied">Messages, also those that were dropped as duplicates.</param>
/// <param name="Error">Why the rest was not copied; None when all of it was, or is somebody else's business now.
/// </param>
public readonly record struct RelayOutcome(int Copied, BrokerError Error);
