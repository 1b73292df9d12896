using QueueService.Broker.Queues;

namespace QueueService.Broker.Shards;

/// <summary>A command that is too rare to be pooled: a function that the loop runs.</summary>
internal sealed class PlainCommand<T>(Func<Shard, PlainCommand<T>, T> execute, Func<BrokerError, T> refuse) : Command<T>
{
    /// <summary>The queue whose level decides when the answer leaves; definitions are always fsync.</summary>
    public MessageQueue? Queue { get; set; }

    /// <summary>The function wrote a frame.</summary>
    public bool Wrote { get; set; }

    public override bool Execute(Shard shard)
    {
        Outcome = execute(shard, this);
        ReplyAfter = shard.Note(Queue?.Config.Durability ?? Durability.Fsync, Wrote);
        return true;
    }

    public override void Refuse(BrokerError error) => Outcome = refuse(error);

    protected override void Recycle()
    {
    }
}
