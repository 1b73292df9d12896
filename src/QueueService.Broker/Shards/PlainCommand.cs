using QueueService.Broker.Queues;

namespace QueueService.Broker.Shards;

/// <summary>A command that is too rare to be pooled: a function that the loop runs.</summary>
internal sealed class PlainCommand<T>(Func<Shard, PlainCommand<T>, T> execute, Func<BrokerError, T> refuse) : Command<T>
{
    /// <summary>The queue whose level decides when the answer leaves; definitions are always fsync.</summary>
    public MessageQueue? Queue { get; set; }

    /// <summary>The function wrote a frame.</summary>
    public bool Wrote { get; set; }

    /// <summary>Needed with a token.</summary>
    public OutcomeReader<T>? Replay { get; init; }

    /// <summary>The function changes nothing.</summary>
    public bool TellsOnly { get; init; }

    public override bool IsRead => TellsOnly;

    public override bool Execute(Shard shard)
    {
        if (TryReplay(shard, Replay!)) return true;
        Outcome = execute(shard, this);
        ReplyAfter = shard.Note(Queue?.Config.Durability ?? Durability.Fsync, Wrote);
        return true;
    }

    public override void Refuse(BrokerError error) => Outcome = refuse(error);

    protected override void Recycle()
    {
    }
}
