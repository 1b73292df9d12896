using System.Buffers;
using QueueService.Broker.Messages;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>Adds the messages of a batch to a queue: one frame, so all of them are there or none.</summary>
internal sealed class SendCommand : Command<Result<SendOutcome>>
{
    private static readonly CommandPool<SendCommand> Pool = new();

    private QueueName _name;
    private MessageBatch? _batch;

    public static SendCommand Rent(QueueName name, MessageBatch batch)
    {
        SendCommand command = Pool.Rent();
        command._name = name;
        command._batch = batch;
        return command;
    }

    public override bool Execute(Shard shard)
    {
        // The first outcome is the answer also when the queue is gone by now.
        if (TryReplay(shard, static outcome => Outcomes.ReadSend(outcome))) return true;
        MessageQueue? queue = shard.FindQueue(_name);
        if (queue is null)
        {
            Outcome = _name.NotFound;
            ReplyAfter = Durability.Fsync;
            return true;
        }

        BrokerError error = Check(shard, queue, out BrokerError[]? errors, out int accepted);
        if (error != BrokerError.None) Outcome = error;
        else Outcome = Write(shard, queue, errors, accepted);
        ReplyAfter = shard.Note(queue.Config.Durability, error == BrokerError.None && accepted > 0);
        return true;
    }

    public override void Refuse(BrokerError error) => Outcome = error;

    protected override void Recycle()
    {
        _batch?.Dispose();
        _batch = null;
        Pool.Return(this);
    }

    /// <summary>Decides: nothing is written when this answers an error.</summary>
    private BrokerError Check(Shard shard, MessageQueue queue, out BrokerError[]? errors, out int accepted)
    {
        MessageBatch batch = _batch!;
        errors = null;
        accepted = 0;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (batch.Bytes + (batch.Count * 64L) > shard.MaxFrameBytes) return BrokerError.MessageTooLarge;

        // Usually done by the caller already; the queue may have been changed meanwhile.
        if (queue.Config.ContentBasedDeduplication) batch.HashBodies();
        shard.Room.Begin(queue, shard.Now);
        for (int i = 0; i < batch.Count; i++)
        {
            BrokerError error = CheckMessage(shard, queue, batch, i);
            if (error == BrokerError.None && !IsDuplicate(shard, queue, batch, i))
                error = shard.Room.Take(batch.Message(i).Length);
            if (error == BrokerError.None)
            {
                accepted++;
                continue;
            }

            if (!batch.Partial)
            {
                accepted = 0;
                return error;
            }

            errors ??= new BrokerError[batch.Count];
            errors[i] = error;
        }

        return BrokerError.None;
    }

    private static BrokerError CheckMessage(Shard shard, MessageQueue queue, MessageBatch batch, int index)
    {
        if (batch.BodyBytes(index) > queue.Config.MaxMessageBytes) return BrokerError.MessageTooLarge;
        if (queue.IsTopic && !batch.Options(index).IsPlain) return BrokerError.OptionNotForTopics;
        if (queue.IsFifo && batch.Options(index).Priority > 0) return BrokerError.PriorityNotSupported;
        if (batch.Key(index) is not null)
        {
            if (!queue.IsFifo) return BrokerError.DeduplicationNotSupported;
            if (shard.Duplicates.Count + batch.Count > shard.Options.MaxDeduplicationKeys)
                return BrokerError.DeduplicationWindowFull;
        }

        long delay = DelayOf(shard, queue, batch.Options(index));
        if (delay > QueueConfigLimits.MaxDelaySeconds * 1000L) return BrokerError.DeliverAtTooFar;
        long end =
            Math.Min(batch.Options(index).TtlMilliseconds ?? long.MaxValue, queue.Config.RetentionSeconds * 1000L);
        return delay >= end
            ? BrokerError.DelayExceedsRetention
            : BrokerError.None;
    }

    private static long DelayOf(Shard shard, MessageQueue queue, in SendOptions options) =>
        options.DeliverAt is { } at ? Math.Max(0, at - shard.Now)
        : options.DelayMilliseconds ?? (queue.Config.DelaySeconds * 1000L);

    private SendOutcome Write(Shard shard, MessageQueue queue, BrokerError[]? errors, int accepted)
    {
        MessageBatch batch = _batch!;
        var outcome = new SendOutcome(
            queue.Resource, queue.Main.Log.End, accepted, shard.Now, queue.Config.Durability, errors);
        if (accepted == 0) return outcome;

        // Nearly always: then the record is the message alone.
        bool inMain = !queue.IsFifo;
        for (int i = 0; i < batch.Count && inMain; i++)
            inMain = batch.Group(i) is null && batch.Options(i) is { Priority: 0, TtlMilliseconds: null };

        var sent = inMain ? null : new List<SentMessage>(accepted);
        shard.Store.BeginFrame();
        shard.Room.Make(shard);
        for (int i = 0; i < batch.Count; i++)
        {
            if (errors is not null && errors[i] != BrokerError.None) continue;
            if (sent is null) WriteToMain(shard, queue, batch, i);
            else sent.Add(WriteToLane(shard, queue, batch, i));
        }

        outcome = outcome with { Messages = sent };
        EndFrame(shard, outcome);
        shard.Dispatch(queue);
        return outcome;
    }

    private void EndFrame(Shard shard, in SendOutcome outcome)
    {
        ArrayBufferWriter<byte> bytes = shard.OutcomeBuffer();
        if (Token is not null) Outcomes.Write(bytes, outcome);
        shard.EndFrame(bytes.WrittenSpan);
    }

    private static void WriteToMain(Shard shard, MessageQueue queue, MessageBatch batch, int index)
    {
        long delay = DelayOf(shard, queue, batch.Options(index));
        if (delay == 0) shard.Write(queue, QueueRecord.Sent, batch.Message(index));
        else shard.Write(queue, QueueRecord.SentDelayed, shard.Now + delay, batch.Message(index));
    }

    private static bool IsDuplicate(Shard shard, MessageQueue queue, MessageBatch batch, int index) =>
        batch.Key(index) is { } key && queue.TryFindDuplicate(key, GroupOf(batch, index), shard.Now, out _);

    private static ulong GroupOf(MessageBatch batch, int index) => batch.Group(index) ?? MessageFormat.NoGroupHash;

    private static SentMessage WriteToLane(Shard shard, MessageQueue queue, MessageBatch batch, int index)
    {
        int lane = queue.LaneFor(batch, index);
        UInt128? key = batch.Key(index);
        ulong group = GroupOf(batch, index);
        if (key is { } known && queue.TryFindDuplicate(known, group, shard.Now, out Duplicate original))
            return new SentMessage(original.Position, original.SentAt, IsDuplicate: true);
        long delay = DelayOf(shard, queue, batch.Options(index));
        long position = queue.NextIn(lane);
        shard.Write(queue, new SentTo
        {
            Lane = lane,
            VisibleAt = delay == 0 ? 0 : shard.Now + delay,
            ExpiresAt = batch.Options(index).TtlMilliseconds is { } ttl ? shard.Now + ttl : 0,
            HasKey = key is not null,
            Key = queue.Scoped(key ?? default, group),
            Message = batch.Message(index),
        });
        return new SentMessage(position, shard.Now, IsDuplicate: false);
    }
}
