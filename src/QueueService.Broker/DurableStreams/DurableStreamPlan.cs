using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.DurableStreams;

/// <summary>Where the records of a durable stream lie from an offset on: those that a fork begins with are its
/// source's.</summary>
/// <param name="From">The offset; a valid one.</param>
/// <param name="Inherited">In order; may be empty.</param>
/// <param name="Own">The first of the stream's own records that is asked for.</param>
internal sealed record DurableStreamPlan(
    DurableStreamState Stream, long From, IReadOnlyList<DurableStreamPart> Inherited, long Own)
{
    /// <param name="from">Null: the end.</param>
    public static Result<DurableStreamPlan> Make(
        Shard shard, PlainCommand<Result<DurableStreamPlan>> command, DurableStreamName name, long? from)
    {
        Result<MessageQueue> found = DurableStreamDefinitions.Find(shard, name);
        if (!found.Succeeded) return found.Error;
        MessageQueue stream = found.Value;
        long offset = from ?? stream.DurableEnd;
        if (offset > stream.DurableEnd) return BrokerError.DurableOffsetBeyondEnd;
        if (stream.NeedsTouch(shard.Now))
        {
            shard.Store.BeginFrame();
            shard.Write(stream, QueueRecord.Touched, []);
            shard.Store.EndFrame();
            command.Wrote = true;
        }

        var parts = new List<DurableStreamPart>();
        DurableStreamConfig config = stream.Config.Durable!;
        if (offset < config.ForkOffset) Collect(shard, config.Source, offset, config.ForkOffset, parts);
        return new DurableStreamPlan(
            DurableStreamDefinitions.Describe(stream), offset, parts, Math.Max(0, offset - config.ForkOffset));
    }

    private static void Collect(Shard shard, uint source, long from, long to, List<DurableStreamPart> parts)
    {
        MessageQueue stream = shard.QueueOf(source);
        DurableStreamConfig config = stream.Config.Durable!;
        if (from < config.ForkOffset)
        {
            Collect(shard, config.Source, from, Math.Min(to, config.ForkOffset), parts);
            from = config.ForkOffset;
        }

        int count = (int)Math.Min(to - from, int.MaxValue);
        if (count > 0) parts.Add(new DurableStreamPart(stream.Name, source, from - config.ForkOffset, count));
    }
}

/// <summary>Records that lie together.</summary>
/// <param name="First">In the log of that stream.</param>
internal readonly record struct DurableStreamPart(QueueName Stream, uint Resource, long First, int Count);
