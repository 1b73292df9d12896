using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Durable streams: one log at a path, which is appended to, read by offset, forked and closed.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Creates a stream with its first records, or finds that it is there as wanted. The batch stays the
    /// caller's.</summary>
    public ValueTask<Result<DurableStreamChange>> PutDurableStream(DurableStreamDraft draft, MessageBatch batch) =>
        Submit<DurableStreamChange>((shard, command) => DurableStreamDefinitions.Put(shard, command, draft, batch));

    /// <summary>Appends the records of a batch, if any, and closes the stream, if asked: one commit. The batch stays
    /// the caller's.</summary>
    public ValueTask<Result<DurableAppendOutcome>> AppendDurable(
        DurableStreamAppend append, MessageBatch batch, IdempotencyToken? token = null) =>
        Submit(new PlainCommand<Result<DurableAppendOutcome>>(
            (shard, command) => DurableStreamAppending.Append(shard, command, append, batch), static error => error)
        {
            Token = token, Replay = DurableStreamAppending.Repeat,
        });

    /// <summary>Looking at a stream does not prolong its life.</summary>
    public ValueTask<Result<DurableStreamState>> GetDurableStream(DurableStreamName name) =>
        Query<DurableStreamState>(shard =>
        {
            Result<MessageQueue> found = DurableStreamDefinitions.Find(shard, name);
            return found.Succeeded ? DurableStreamDefinitions.Describe(found.Value) : found.Error;
        });

    /// <summary>Deletes a stream. While it has forks, its records are kept for them and its path is not free.</summary>
    public ValueTask<BrokerError> DeleteDurableStream(DurableStreamName name) =>
        Submit((shard, command) => DurableStreamDefinitions.Delete(shard, command, name));

    /// <summary>The next records, waiting for the first one. Prolongs the life of a stream with a time to live. The
    /// page is the caller's to dispose.</summary>
    /// <param name="from">Null: the end.</param>
    /// <param name="max">1 to <see cref="StreamLimits.MaxRecordsPerRead"/>.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "The page belongs to whoever awaits it.")]
    public async ValueTask<Result<DurableStreamPage>> ReadDurableStream(
        DurableStreamName name, long? from, int max, int waitMilliseconds, CancellationToken cancellation)
    {
        Result<DurableStreamPlan> planned =
            await Submit<DurableStreamPlan>((shard, command) => DurableStreamPlan.Make(shard, command, name, from));
        if (!planned.Succeeded) return planned.Error;
        DurableStreamPlan plan = planned.Value;
        var page = new DurableStreamPage(plan.Stream, plan.From);
        foreach (DurableStreamPart part in plan.Inherited)
        {
            int count = Math.Min(part.Count, max - (int)(page.Next - page.First));
            Result<ReceivedMessages> read = await ReadPart(part with { Count = count }, 0, cancellation);
            if (!read.Succeeded) return Abandon(page, read.Error);
            page.Add(read.Value);
            if (read.Value.Count < part.Count) return page;
        }

        int left = max - (int)(page.Next - page.First);
        if (left == 0) return page;
        int wait = page.IsEmpty && !plan.Stream.IsClosed ? waitMilliseconds : 0;
        Result<ReceivedMessages> own = await ReadPart(
            new DurableStreamPart(name.Address, plan.Stream.Resource, plan.Own, left), wait, cancellation);
        if (!own.Succeeded) return Abandon(page, own.Error);
        page.Add(own.Value);
        page.IsUpToDate = own.Value.EndCursor!.OffsetIn(0) == page.Next - plan.Stream.Config.ForkOffset;
        page.IsClosed = page.IsUpToDate && own.Value.IsClosed;
        return page;
    }

    private static Result<DurableStreamPage> Abandon(DurableStreamPage page, BrokerError error)
    {
        page.Dispose();
        return error;
    }

    /// <summary>Another stream that was created at the path meanwhile is none of the reader's business.</summary>
    private async ValueTask<Result<ReceivedMessages>> ReadPart(
        DurableStreamPart part, int waitMilliseconds, CancellationToken cancellation)
    {
        Result<ReceivedMessages> read = await Receive(
            part.Stream,
            new ReceiveRequest
            {
                Max = part.Count,
                WaitMilliseconds = waitMilliseconds,
                ReadFrom = TopicCursor.Select([new(0, part.First)]),
            },
            waitMilliseconds == 0 ? CancellationToken.None : cancellation);
        if (!read.Succeeded || read.Value.Source == part.Resource) return read;
        read.Value.Dispose();
        return BrokerError.DurableStreamNotFound;
    }
}
