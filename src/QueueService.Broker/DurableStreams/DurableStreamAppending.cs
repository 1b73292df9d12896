using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Broker.Streams;
using QueueService.Storage;

namespace QueueService.Broker.DurableStreams;

/// <summary>Appending to a durable stream and closing it, on the loop: one frame.</summary>
internal static class DurableStreamAppending
{
    public static Result<DurableAppendOutcome> Append(
        Shard shard, PlainCommand<Result<DurableAppendOutcome>> command, DurableStreamAppend append, MessageBatch batch)
    {
        Result<MessageQueue> found = DurableStreamDefinitions.Find(shard, append.Name);
        if (!found.Succeeded) return found.Error;
        MessageQueue stream = found.Value;
        if (batch.Count > 0 && shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (DurableStreamDefinitions.IsTooLarge(shard, batch)) return BrokerError.MessageTooLarge;
        if (Answer(stream, append, batch) is { } answer) return answer;
        shard.Store.BeginFrame();
        shard.WriteDurable(stream, append, batch);
        DurableAppendOutcome outcome = Tell(stream) with { Sequence = append.Producer?.Sequence ?? 0 };
        ArrayBufferWriter<byte> remembered = shard.OutcomeBuffer();
        remembered.WriteVarint((ulong)outcome.End);
        remembered.WriteVarint(outcome.IsClosed ? 1UL : 0);
        remembered.WriteVarint((ulong)outcome.Sequence);
        shard.EndFrame(remembered.WrittenSpan);
        command.Wrote = true;
        if (append.Closes) shard.EndReading(stream);
        else shard.Dispatch(stream);
        return outcome;
    }

    /// <summary>What an earlier request with the same key was told.</summary>
    public static Result<DurableAppendOutcome> Repeat(ReadOnlySpan<byte> remembered)
    {
        var reader = new SpanReader(remembered);
        return new DurableAppendOutcome((long)reader.ReadVarint(), reader.ReadVarint() == 1)
        {
            Sequence = (long)reader.ReadVarint(),
        };
    }

    /// <summary>What there is to say without writing anything; null when the append is to happen. A retry is recognised
    /// first: what has changed since is no reason to refuse it.</summary>
    private static DurableAppendOutcome? Answer(MessageQueue stream, DurableStreamAppend append, MessageBatch batch)
    {
        if (append.Producer is { } producer && Check(stream, producer) is { } known) return known;
        if (stream.IsClosed)
        {
            bool closesAgain = append.Closes && batch.Count == 0 && append.Producer is null;
            return Tell(stream) with { Refused = closesAgain ? BrokerError.None : BrokerError.DurableStreamClosed };
        }

        if (batch.Count > 0
            && !DurableStreamDefinitions.IsSameType(stream.Config.Durable!.ContentType, append.ContentType ?? ""))
            return Tell(stream) with { Refused = BrokerError.ContentTypeMismatch };
        return append.Sequence is { } sequence && string.CompareOrdinal(sequence, stream.LastSequence) <= 0
            ? Tell(stream) with { Refused = BrokerError.StreamSequenceNotRising }
            : null;
    }

    private static DurableAppendOutcome? Check(MessageQueue stream, ProducerState producer)
    {
        AppendOutcome check = stream.Producers.Check(producer, out AppendedRuns? repeated);
        (long epoch, long last) = stream.Producers.LastOf(producer.Id);
        return check.Refused switch
        {
            BrokerError.None when repeated is null => null,

            // However long ago it was.
            BrokerError.None or BrokerError.ProducerSequenceReused =>
                Tell(stream) with { IsDuplicate = true, Sequence = last },
            BrokerError.ProducerSequenceGap when last >= 0 && producer.Epoch > epoch =>
                Tell(stream) with { Refused = BrokerError.ProducerEpochNotBegun },
            _ => Tell(stream) with { Refused = check.Refused, Expected = check.Expected },
        };
    }

    private static DurableAppendOutcome Tell(MessageQueue stream) => new(stream.DurableEnd, stream.IsClosed);
}
