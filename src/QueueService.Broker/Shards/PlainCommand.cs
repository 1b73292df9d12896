using QueueService.Broker.Queues;

namespace QueueService.Broker.Shards;

/// <summary>A command that is too rare to be pooled: a function that the loop runs.</summary>
internal sealed class PlainCommand<T>(Func<Shard, PlainCommand<T>, T> execute, Func<BrokerError, T> refuse) : Command<T>
{
    /// <summary>The queue whose level decides when the answer leaves; definitions are always fsync.</summary>
    public MessageQueue? Queue { get; set; }

    /// <summary>The function wrote a frame.</summary>
    public bool Wrote { get; set; }

    /// <summary>Makes the outcome of a repeated call from what was remembered; needed with a token.</summary>
    public Func<ReadOnlyMemory<byte>, T>? Replay { get; init; }

    public override bool Execute(Shard shard)
    {
        if (shard.TryReplay(Token, out BrokerError error, out ReadOnlySpan<byte> outcome))
        {
            Outcome = error == BrokerError.None ? Replay!(outcome.ToArray()) : refuse(error);
            ReplyAfter = shard.Note(Durability.Fsync, wrote: false);
            return true;
        }

        Outcome = execute(shard, this);
        ReplyAfter = shard.Note(Queue?.Config.Durability ?? Durability.Fsync, Wrote);
        return true;
    }

    public override void Refuse(BrokerError error) => Outcome = refuse(error);

    protected override void Recycle()
    {
    }
}
