using System.Buffers;
using System.Buffers.Binary;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Operations;

/// <summary>An import on the loop: the messages of some lines and how far it is are one frame.</summary>
internal static class Imports
{
    /// <summary>Adds messages; those that are larger than the queue allows are left out and counted. A queue that has
    /// no room for all of them takes none, and drops nothing for them: QueueFull.</summary>
    public static Result<ImportOutcome> Add(
        Shard shard, PlainCommand<Result<ImportOutcome>> command, OperationId id, ImportedLines lines)
    {
        if (shard.Operations.Find(id) is not { } operation) return BrokerError.OperationNotFound;
        if (!operation.IsActive) return BrokerError.OperationFinished;
        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        MessageBatch batch = lines.Batch;
        if (batch.Bytes + (batch.Count * 32L) > shard.MaxFrameBytes) return BrokerError.MessageTooLarge;
        MessageQueue? queue = shard.FindQueue(operation.Queue);
        if (queue is null || queue.Resource != operation.Resource)
        {
            OperationCommands.Store(
                shard, operation.Finish(OperationStatus.Failed, shard.Now, OperationProblem.QueueNotFound));
            command.Wrote = true;
            return BrokerError.QueueNotFound;
        }

        if (!queue.HasRoomFor(batch.Count, batch.Bytes)) return BrokerError.QueueFull;
        bool[] tooLarge = [.. Enumerable.Range(0, batch.Count)
            .Select(i => batch.BodyBytes(i) > queue.Config.MaxMessageBytes)];
        int left = tooLarge.Count(static large => large);
        operation = operation with
        {
            Done = operation.Done + batch.Count + lines.Invalid,
            Total = operation.Done + batch.Count + lines.Invalid,
            Affected = operation.Affected + batch.Count - left,
        };
        operation = operation.Fail(MessageFailure.TooLarge, left).Fail(MessageFailure.InvalidLine, lines.Invalid);
        shard.Store.BeginFrame();
        for (int i = 0; i < batch.Count && !operation.DryRun; i++)
            if (!tooLarge[i]) DeadLetters.Write(shard, queue, batch, i);
        shard.Write(operation);
        shard.Store.EndFrame();
        command.Wrote = true;
        shard.Dispatch(queue);
        return new ImportOutcome(operation, tooLarge);
    }

    /// <summary>Ends it; one that was cancelled or failed stays so.</summary>
    /// <param name="token">Null when nothing of it is kept.</param>
    public static Result<Operation> End(
        Shard shard, PlainCommand<Result<Operation>> command, OperationId id, IdempotencyToken? token, bool whole)
    {
        shard.LiveImports.Remove(id);
        if (shard.Operations.Find(id) is not { } operation) return BrokerError.OperationNotFound;
        if (!operation.IsActive) return operation;
        operation = whole
            ? operation.Finish(OperationStatus.Succeeded, shard.Now)
            : operation.Finish(OperationStatus.Failed, shard.Now, OperationProblem.Interrupted);
        shard.Store.BeginFrame();
        shard.Write(operation);
        if (token is not null) Keep(shard, operation, token);
        shard.Store.EndFrame();
        command.Wrote = true;
        return operation;
    }

    /// <summary>Four bytes of length, the operation, the note.</summary>
    private static void Keep(Shard shard, Operation operation, IdempotencyToken token)
    {
        ArrayBufferWriter<byte> outcome = shard.OutcomeBuffer();
        var bytes = new ArrayBufferWriter<byte>();
        OperationFormat.Write(bytes, operation);
        BinaryPrimitives.WriteInt32LittleEndian(outcome.GetSpan(4), bytes.WrittenCount);
        outcome.Advance(4);
        outcome.Write(bytes.WrittenSpan);
        outcome.Write(token.Note.Span);
        shard.Remember(token.OfNote, outcome.WrittenSpan);
    }
}

/// <summary>Lines of an import.</summary>
/// <param name="Invalid">Lines that were no message.</param>
public readonly record struct ImportedLines(MessageBatch Batch, long Invalid);

/// <summary>An import that came to its end, and the note of its token.</summary>
public sealed record EndedImport(Operation Operation, ReadOnlyMemory<byte> Note);

/// <summary>The operation after some lines, and which messages of the batch were too large for the queue.</summary>
public sealed record ImportOutcome(Operation Operation, IReadOnlyList<bool> TooLarge);
