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
        MessageQueue? queue = shard.FindQueue(_name);
        if (queue is null)
        {
            Outcome = BrokerError.QueueNotFound;
            ReplyAfter = Durability.Fsync;
            return true;
        }

        BrokerError error = Check(shard, queue, out BrokerError[]? errors, out int accepted);
        if (error == BrokerError.None && accepted > 0) Outcome = Write(shard, queue, errors);
        else if (error == BrokerError.None) Outcome = new SendOutcome(queue.Resource, 0, 0, shard.Now, queue.Config.Durability, errors);
        else Outcome = error;
        ReplyAfter = shard.Note(queue.Config.Durability, accepted > 0);
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
        if (batch.Bytes + (batch.Count * 32L) > shard.MaxFrameBytes) return BrokerError.MessageTooLarge;
        shard.Room.Begin(queue, shard.Now);
        for (int i = 0; i < batch.Count; i++)
        {
            BrokerError error = CheckMessage(shard, queue, batch, i);
            if (error == BrokerError.None) error = shard.Room.Take(batch.Message(i).Length);
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
        long delay = DelayOf(shard, queue, batch, index);
        if (delay > QueueConfigLimits.MaxDelaySeconds * 1000L) return BrokerError.DeliverAtTooFar;
        return delay >= queue.Config.RetentionSeconds * 1000L
            ? BrokerError.DelayExceedsRetention
            : BrokerError.None;
    }

    private static long DelayOf(Shard shard, MessageQueue queue, MessageBatch batch, int index) =>
        batch.DeliverAt(index) is { } at ? Math.Max(0, at - shard.Now)
        : batch.Delay(index) is >= 0 and var delay ? delay : queue.Config.DelaySeconds * 1000L;

    private SendOutcome Write(Shard shard, MessageQueue queue, BrokerError[]? errors)
    {
        MessageBatch batch = _batch!;
        long first = queue.Log.End;
        shard.Store.BeginFrame();
        shard.Room.Make(shard);
        for (int i = 0; i < batch.Count; i++)
        {
            if (errors is not null && errors[i] != BrokerError.None) continue;
            long delay = DelayOf(shard, queue, batch, i);
            if (delay == 0) shard.Write(queue, QueueRecord.Sent, batch.Message(i));
            else shard.Write(queue, QueueRecord.SentDelayed, shard.Now + delay, batch.Message(i));
        }

        shard.Store.EndFrame();
        shard.Dispatch(queue);
        return new SendOutcome(
            queue.Resource, first, (int)(queue.Log.End - first), shard.Now, queue.Config.Durability, errors);
    }
}
