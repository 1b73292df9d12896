using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.Operations;

/// <summary>
/// A redrive on the loop, page by page: select; then, when the bodies were read outside, check again and write one
/// frame that moves the messages and says how far the operation is. A crash loses the page or keeps it whole.
/// </summary>
[SuppressMessage("Reliability", "CA2000", Justification = "A selection belongs to whoever awaits it.")]
internal static class Redrives
{
    /// <summary>Messages of one page: bounds the turn of the loop, and with it what a page adds to other
    /// calls.</summary>
    private const int PageMessages = 500;

    /// <summary>Messages looked at for a page: many may be leased.</summary>
    private const int MaxScanned = 10_000;

    private const int PageBytes = 1 << 20;

    /// <summary>The next page; null when there is nothing to do now. Starts what is queued and ends what is through.
    /// </summary>
    public static RedriveSelection? Select(
        Shard shard, PlainCommand<RedriveSelection?> command, OperationId id, RedrivePace pace)
    {
        if (shard.Operations.Find(id) is not { IsActive: true } operation) return null;
        Operation next = operation;
        if (next.Status == OperationStatus.Queued)
            next = next with { Status = OperationStatus.Running, StartedAt = shard.Now };
        MessageQueue? queue = SourceOf(shard, operation);
        string? target = operation.Redrive!.Target;
        if (queue is null) next = next.Finish(OperationStatus.Failed, shard.Now, OperationProblem.QueueNotFound);
        else if (target is not null && shard.FindQueue(target) is null)
            next = next.Finish(OperationStatus.Failed, shard.Now, OperationProblem.TargetNotFound);
        else if (IsThrough(next, queue)) next = next.Finish(OperationStatus.Succeeded, shard.Now);
        if (next != operation)
        {
            OperationCommands.Store(shard, next);
            command.Wrote = true;
        }

        long room = next.DryRun ? long.MaxValue : pace.Allowed(operation.Redrive.RatePerSecond, shard.Now);
        if (operation.Redrive.Limit is { } limit) room = Math.Min(room, limit - next.Affected);
        return next.IsActive && room > 0 ? Select(shard, next, queue!, room) : null;
    }

    /// <summary>Moves what still is as it was selected. Answers how many messages that were and whether to go on at
    /// once.</summary>
    public static (long Moved, bool GoOn) Move(
        Shard shard, PlainCommand<(long Moved, bool GoOn)> command, RedriveSelection selection, RedrivePage page)
    {
        Operation started = selection.Operation;
        if (shard.Operations.Find(started.Id) is not { IsActive: true } operation) return (0, false);
        MessageQueue queue = selection.Queue;
        if (operation.Cursor != started.Cursor || queue.IsDeleted || queue.Epoch != selection.Epoch) return (0, true);
        if (!operation.DryRun && shard.WhyNoNewData() != BrokerError.None) return (0, false);
        var moving = new List<(int Index, MessageQueue Target)>(page.Entries.Count);
        operation = Decide(shard, operation, page, queue, moving);
        operation = operation with
        {
            Cursor = selection.End,
            Done = operation.Done + page.Examined,
            Affected = operation.Affected + moving.Count,
        };
        if (IsThrough(operation, queue)) operation = operation.Finish(OperationStatus.Succeeded, shard.Now);
        shard.Store.BeginFrame();
        if (!operation.DryRun) Write(shard, queue, page, moving);
        shard.Write(operation);
        shard.Store.EndFrame();
        command.Wrote = true;
        if (!operation.DryRun) Dispatch(shard, queue, moving);
        return (moving.Count, operation.IsActive);
    }

    private static MessageQueue? SourceOf(Shard shard, Operation operation) =>
        shard.FindQueue(operation.Queue) is { } queue && queue.Resource == operation.Resource ? queue : null;

    private static bool IsThrough(Operation operation, MessageQueue queue) =>
        operation.NextFrom(queue, operation.Cursor) is null
        || (operation.Redrive!.Limit is { } limit && operation.Affected >= limit);

    private static RedriveSelection Select(Shard shard, Operation operation, MessageQueue queue, long room)
    {
        int most = Math.Min(PageBytes, shard.MaxFrameBytes / 2);
        var selection = new RedriveSelection(
            operation, queue, queue.Epoch, room, most, shard.Now, ReceivedMessages.Rent(queue, shard.Seal));
        long bytes = 0;
        long? next = operation.NextFrom(queue, operation.Cursor);
        for (int scanned = 0; next is { } position; next = operation.NextFrom(queue, position + 1), scanned++)
        {
            if (selection.Messages.Count == PageMessages || scanned == MaxScanned || bytes > most) break;
            if (!IsFree(shard, queue, position))
            {
                selection.Untouchable.Add(position);
                continue;
            }

            bytes += queue.SizeOf(position);
            selection.Positions.Add(position);
            selection.Messages.Add(new ReceivedMessages.Delivery { Position = position });
        }

        selection.End = next ?? operation.End;
        return selection;
    }

    /// <summary>What a subscription gave up has no way back: its message never left the topic.</summary>
    private static MessageQueue? TargetOf(Shard shard, string name) =>
        QueueName.KindOf(name) == QueueKind.Queue ? shard.FindQueue(name) : null;

    /// <summary>Sorts out what moves where; what does not is counted.</summary>
    private static Operation Decide(
        Shard shard, Operation operation, RedrivePage page, MessageQueue queue, List<(int, MessageQueue)> moving)
    {
        long skipped = page.Skipped;
        bool tooLarge = page.Batch.Bytes + (page.Entries.Count * 32L) > shard.MaxFrameBytes;
        string? name = null;
        MessageQueue? target = null;
        for (int i = 0; i < page.Entries.Count; i++)
        {
            (long position, string to) = page.Entries[i];
            if (to != name) (name, target) = (to, TargetOf(shard, to));
            if (!IsFree(shard, queue, position)) skipped++;
            else if (target is null || target == queue) operation = operation.Fail(MessageFailure.TargetNotFound, 1);
            else if (tooLarge || page.Batch.BodyBytes(i) > target.Config.MaxMessageBytes)
                operation = operation.Fail(MessageFailure.TooLarge, 1);
            else if (!HasRoom(page, moving, target, i)) operation = operation.Fail(MessageFailure.QueueFull, 1);
            else moving.Add((i, target));
        }

        foreach (IGrouping<MessageFailure, MessageFailure> failed in page.Failures.GroupBy(static reason => reason))
            operation = operation.Fail(failed.Key, failed.Count());
        return operation with { Skipped = operation.Skipped + skipped };
    }

    /// <summary>The limits of the target hold; older messages are not dropped for one that is even older.</summary>
    private static bool HasRoom(
        RedrivePage page, List<(int Index, MessageQueue Target)> moving, MessageQueue target, int index)
    {
        if (target.HasRoomFor(PageMessages, page.Batch.Bytes)) return true;
        long messages = 1;
        long bytes = page.Batch.Message(index).Length;
        foreach ((int other, MessageQueue to) in moving)
        {
            if (to != target) continue;
            messages++;
            bytes += page.Batch.Message(other).Length;
        }

        return target.HasRoomFor(messages, bytes);
    }

    private static void Write(
        Shard shard, MessageQueue queue, RedrivePage page, List<(int Index, MessageQueue Target)> moving)
    {
        if (moving.Count == 0) return;
        Span<long> moved = shard.OffsetBuffer(moving.Count);
        for (int i = 0; i < moving.Count; i++)
        {
            (int index, MessageQueue target) = moving[i];
            moved[i] = page.Entries[index].Position;
            DeadLetters.Write(shard, target, page.Batch, index);
        }

        shard.Write(queue, QueueRecord.Removed, shard.Runs(moved));
    }

    private static void Dispatch(Shard shard, MessageQueue queue, List<(int Index, MessageQueue Target)> moving)
    {
        foreach ((_, MessageQueue target) in moving) shard.Dispatch(target);
        shard.Dispatch(queue);
    }

    /// <summary>Nobody has it, and it waits for nothing but a consumer: a message is never delivered before its time.
    /// </summary>
    private static bool IsFree(Shard shard, MessageQueue queue, long position) =>
        queue.StateOf(position, shard.Now, out _) is MessageState.Available or MessageState.Blocked;
}
