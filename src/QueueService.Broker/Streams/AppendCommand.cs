using System.Buffers;
using System.Runtime.InteropServices;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Streams;

/// <summary>Appends the records of a batch to the partitions of a stream: one frame, so all of them are there or none.
/// The batch stays the caller's, and knows afterwards where its records are.</summary>
internal sealed class AppendCommand : Command<Result<AppendOutcome>>
{
    private static readonly CommandPool<AppendCommand> Pool = new();

    private readonly List<(int Partition, long First, int Count)> _runs = [];
    private readonly OutcomeReader<Result<AppendOutcome>> _repeat;
    private StreamName _name;
    private MessageBatch? _batch;
    private ProducerState? _producer;
    private int[] _order = new int[16];
    private int[] _counts = [];

    public AppendCommand() => _repeat = Repeat;

    public static AppendCommand Rent(StreamName name, MessageBatch batch, ProducerState? producer)
    {
        AppendCommand command = Pool.Rent();
        (command._name, command._batch, command._producer) = (name, batch, producer);
        return command;
    }

    public override bool Execute(Shard shard)
    {
        // Also without a key: it forgets that of a call before, which had no effect.
        if (TryReplay(shard, _repeat)) return true;
        if (shard.FindQueue(_name.Address) is not { } stream)
        {
            Outcome = BrokerError.StreamNotFound;
            ReplyAfter = Durability.Fsync;
            return true;
        }

        _runs.Clear();
        Outcome = Append(shard, stream);
        bool wrote = Outcome.Succeeded && _runs.Count > 0;
        ReplyAfter = shard.Note(stream.Config.Durability, wrote);
        return true;
    }

    public override void Refuse(BrokerError error) => Outcome = error;

    protected override void Recycle()
    {
        _batch = null;
        _producer = null;
        _runs.Clear();
        Pool.Return(this);
    }

    private Result<AppendOutcome> Append(Shard shard, MessageQueue stream)
    {
        MessageBatch batch = _batch!;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (batch.Bytes + (batch.Count * 16L) > shard.MaxFrameBytes) return BrokerError.MessageTooLarge;
        if (_producer is not null)
        {
            AppendOutcome checkedOutcome = stream.Producers.Check(_producer, out AppendedRuns? repeated);
            if (checkedOutcome.Refused != BrokerError.None) return checkedOutcome;
            if (repeated is not null) return Repeat(stream.Config.Durability, repeated);
        }

        int sticky = stream.NextSticky;
        BrokerError error = Place(stream, sticky, out BrokerError[]? errors, out int blamed);
        if (error == BrokerError.KeyRequired) return new AppendOutcome { Refused = error, Expected = blamed };
        if (error != BrokerError.None) return error;
        if (_runs.Count > 0) Write(shard, stream, new AppendedRuns(shard.Now, stream.Partitions, sticky, _runs));
        return new AppendOutcome(shard.Now, stream.Config.Durability) { Errors = errors };
    }

    private Result<AppendOutcome> Repeat(Durability durability, AppendedRuns runs) => runs.TryPlace(_batch!)
        ? new AppendOutcome(runs.Timestamp, durability) { IsDuplicate = true }
        : BrokerError.ProducerSequenceReused;

    private Result<AppendOutcome> Repeat(ReadOnlySpan<byte> remembered)
    {
        var reader = new SpanReader(remembered);
        var durability = (Durability)reader.ReadVarint();

        // The fingerprint says that it is the same request.
        AppendedRuns runs = AppendedRuns.Read(ref reader);
        runs.TryPlace(_batch!);
        return new AppendOutcome(runs.Timestamp, durability);
    }

    /// <summary>Decides where each record goes. Nothing is written when this answers an error.</summary>
    /// <param name="blamed">The record that the error is about.</param>
    private BrokerError Place(MessageQueue stream, int sticky, out BrokerError[]? errors, out int blamed)
    {
        MessageBatch batch = _batch!;
        errors = null;
        blamed = 0;
        bool needsKey = stream.Config.Stream!.IsCompacted;
        int partitions = stream.Partitions;
        if (_counts.Length < partitions) _counts = new int[partitions];
        Array.Clear(_counts);
        for (int i = 0; i < batch.Count; i++)
        {
            int partition = AppendedRuns.PartitionOf(batch, i, partitions, sticky);
            BrokerError wrong = batch.BodyBytes(i) > stream.Config.MaxMessageBytes ? BrokerError.MessageTooLarge
                : partition < 0 ? BrokerError.PartitionNotFound
                : needsKey && batch.PartitionHash(i) is null ? BrokerError.KeyRequired : BrokerError.None;
            if (wrong != BrokerError.None)
            {
                blamed = i;
                if (!batch.Partial) return wrong;
                (errors ??= new BrokerError[batch.Count])[i] = wrong;
                batch.Place(i, -1, 0);
                continue;
            }

            batch.Place(i, partition, _counts[partition]++);
            if (partition == sticky) stream.NextSticky = sticky + 1;
        }

        for (int partition = 0; partition < partitions; partition++)
        {
            if (_counts[partition] == 0) continue;
            _runs.Add((partition, Position.OffsetOf(stream.FindLane(partition)!.End), _counts[partition]));
        }

        return BrokerError.None;
    }

    private void Write(Shard shard, MessageQueue stream, AppendedRuns runs)
    {
        Order();
        shard.Store.BeginFrame();
        int at = 0;
        foreach ((int partition, long first, int count) in _runs)
        {
            ReadOnlySpan<int> records = _order.AsSpan(at, count);
            foreach (int index in records) _batch!.Place(index, partition, first + _batch.PlaceOf(index).Offset);
            shard.WriteAppended(stream, partition, _batch!, records);
            at += count;
        }

        if (_producer is not null) shard.WriteProduced(stream, _producer, runs);
        ArrayBufferWriter<byte> outcome = shard.OutcomeBuffer();
        if (Token is not null)
        {
            outcome.WriteVarint((ulong)stream.Config.Durability);
            runs.Write(outcome);
        }

        shard.EndFrame(outcome.WrittenSpan);
        shard.Dispatch(stream);
    }

    /// <summary>The records by partition, in the order of the request within each.</summary>
    private void Order()
    {
        MessageBatch batch = _batch!;
        if (_order.Length < batch.Count) _order = new int[Math.Max(batch.Count, _order.Length * 2)];
        int start = 0;
        foreach ((int partition, _, int count) in CollectionsMarshal.AsSpan(_runs))
        {
            _counts[partition] = start;
            start += count;
        }

        for (int i = 0; i < batch.Count; i++)
        {
            (int partition, long nth) = batch.PlaceOf(i);
            if (partition >= 0) _order[_counts[partition] + (int)nth] = i;
        }
    }
}
