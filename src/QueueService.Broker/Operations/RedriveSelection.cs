using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Operations;

/// <summary>A page of messages that a redrive looks at: dispose it when they are moved.</summary>
/// <param name="Epoch">Of the queue when they were selected: after a purge none of them is there any more.</param>
/// <param name="Room">Messages that may be moved, by limit and rate.</param>
/// <param name="MaxBytes">Bytes that one frame should have.</param>
/// <param name="Now">Shard time of the selection.</param>
internal sealed record RedriveSelection(
    Operation Operation, MessageQueue Queue, long Epoch, long Room, int MaxBytes, long Now,
    ReceivedMessages Messages) : IDisposable
{
    /// <summary>Positions of <see cref="Messages"/>, in the same order.</summary>
    public List<long> Positions { get; } = [];

    /// <summary>Positions of the messages between them that are leased or delayed.</summary>
    public List<long> Untouchable { get; } = [];

    /// <summary>The next page begins here. Reading brings it down when less fits.</summary>
    public long End { get; set; }

    /// <summary>Reads the messages and decides what is to become of each, as far as room and bytes go.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The page is the caller's.")]
    public RedrivePage Read()
    {
        var page = new RedrivePage(MessageBatch.Rent());
        string? target = Operation.Redrive!.Target;
        for (int i = 0; i < Messages.Count; i++)
        {
            if (page.Entries.Count >= Room || page.Batch.Bytes > MaxBytes)
            {
                End = Positions[i];
                break;
            }

            if (!Messages.TryRead(i, out MessageView message)) page.Fail(MessageFailure.Damaged);
            else if (!Operation.Redrive.Filter.Matches(message)) page.Skipped++;
            else if (target is null && message.Origin is not { IsDeadLetter: true }) page.Fail(MessageFailure.NoSource);
            else page.Add(Positions[i], target ?? message.Origin!.SourceQueue, message, Moved(message));
        }

        page.Examined = Positions.Count(position => position < End) + Untouchable.Count(position => position < End);
        page.Skipped += Untouchable.Count(position => position < End);
        return page;
    }

    public void Dispose() => Messages.Dispose();

    /// <summary>The message starts again: no deliveries, and its retention counts anew. Its id and its time of sending
    /// stay.</summary>
    private MessageOrigin Moved(in MessageView message) => new()
    {
        Id = message.Id,
        SentAt = message.SentAt,
        RetentionFrom = Now,
        SourceQueue = Queue.Name.Value,
        Reason = "",
        ReceiveCount = 0,
        FirstFailedAt = 0,
        LastFailedAt = 0,
        RedriveCount = (message.Origin?.RedriveCount ?? 0) + 1,
    };
}

/// <summary>What was read of a selection.</summary>
internal sealed record RedrivePage(MessageBatch Batch) : IDisposable
{
    /// <summary>What is to be moved, in the order of the batch.</summary>
    public List<(long Position, string Target)> Entries { get; } = [];

    public List<MessageFailure> Failures { get; } = [];

    public long Skipped { get; set; }

    public long Examined { get; set; }

    public void Fail(MessageFailure reason) => Failures.Add(reason);

    public void Add(long position, string target, in MessageView message, MessageOrigin origin)
    {
        Entries.Add((position, target));
        Batch.AddMoved(message.Raw, origin, message.Priority);
    }

    public void Dispose() => Batch.Dispose();
}
