using System.Buffers;
using System.Runtime.InteropServices;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>Acknowledges, releases or prolongs leases.</summary>
internal sealed class SettleCommand : Command<Result<SettleOutcome>>
{
    private static readonly CommandPool<SettleCommand> Pool = new();

    private readonly Settler _settler = new();
    private QueueName _name;
    private Settlement _settlement;
    private IReadOnlyList<ReceiptHandle> _receipts = [];
    private long? _milliseconds;

    public static SettleCommand Rent(
        QueueName name, Settlement settlement, IReadOnlyList<ReceiptHandle> receipts, long? milliseconds)
    {
        SettleCommand command = Pool.Rent();
        command._name = name;
        command._settlement = settlement;
        command._receipts = receipts;
        command._milliseconds = milliseconds;
        return command;
    }

    public override bool Execute(Shard shard)
    {
        // The first outcome is the answer also when the queue is gone by now.
        if (TryReplay(shard, static outcome => Outcomes.ReadSettle(outcome))) return true;
        MessageQueue? queue = shard.FindQueue(_name);
        if (queue is null)
        {
            Outcome = _name.NotFound;
            ReplyAfter = Durability.Fsync;
            return true;
        }

        BrokerError[] errors = _settlement is Settlement.AcknowledgeLate or Settlement.ExtendWithin12Hours
            ? _settler.CheckLate(shard, queue, _receipts, _settlement, _milliseconds ?? 0)
            : _settler.Check(shard, queue, _receipts);
        bool any = _settler.Offsets.Count > 0;
        Outcome = !any && queue.IsPushed && Array.TrueForAll(errors, Settler.IsStranger)
            ? BrokerError.NotPullSubscription
            : any
            ? Write(shard, queue, errors)
            : new SettleOutcome(errors, shard.Now + (_milliseconds ?? 0), queue.Config.Durability);
        ReplyAfter = shard.Note(queue.Config.Durability, any);
        return true;
    }

    public override void Refuse(BrokerError error) => Outcome = error;

    protected override void Recycle()
    {
        _receipts = [];
        Pool.Return(this);
    }

    /// <summary>Answers also when the last of the messages becomes visible.</summary>
    private SettleOutcome Write(Shard shard, MessageQueue queue, BrokerError[] errors)
    {
        long visibleAt = shard.Now + (_milliseconds ?? 0);
        Span<long> offsets = CollectionsMarshal.AsSpan(_settler.Offsets);
        shard.Store.BeginFrame();
        if (_settlement is Settlement.Acknowledge or Settlement.AcknowledgeLate)
            shard.Write(queue, QueueRecord.Acknowledged, shard.Runs(offsets));
        else if (_settlement is Settlement.Extend or Settlement.ExtendWithin12Hours && _milliseconds > 0)
            shard.Write(queue, QueueRecord.Extended, visibleAt, shard.Runs(offsets));
        else if (_settlement == Settlement.Release)
            visibleAt = Release(shard, queue, offsets, _milliseconds);
        else
            shard.Write(queue, QueueRecord.Released, visibleAt, shard.Runs(offsets));
        var outcome = new SettleOutcome(errors, visibleAt, queue.Config.Durability);
        ArrayBufferWriter<byte> bytes = shard.OutcomeBuffer();
        if (Token is not null) Outcomes.Write(bytes, outcome);
        shard.EndFrame(bytes.WrittenSpan);

        // Fewer leases, or something given back: a waiting receive may go on.
        shard.Dispatch(queue);
        return outcome;
    }

    /// <summary>Gives messages back, in the open frame; answers when the last of them becomes visible. Each has its own
    /// delay, unless one is named; whichever goes to the dead-letter queue has none.</summary>
    public static long Release(Shard shard, MessageQueue queue, ReadOnlySpan<long> offsets, long? milliseconds)
    {
        long last = shard.Now;
        if (!FailedLeases.DecidesOver(queue))
        {
            last += milliseconds ?? 0;
            shard.Write(queue, QueueRecord.Released, last, shard.Runs(offsets));
            return last;
        }

        foreach (ref readonly long offset in offsets)
        {
            queue.TryGetTouched(offset, out Touched touched);
            long delay = queue.IsDoomed(touched) ? 0 : milliseconds ?? FailedLeases.DelayOf(queue, offset, touched);
            shard.Write(queue, QueueRecord.Released, shard.Now + delay, shard.Runs(new ReadOnlySpan<long>(in offset)));
            last = Math.Max(last, shard.Now + delay);
        }

        return last;
    }
}
