using QueueService.Broker.Streams.Groups;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Queues;

/// <summary>What a consumer asks for.</summary>
public readonly record struct ReceiveRequest
{
    /// <summary>1 to 1,000. All available messages up to this many are handed out, and up to
    /// <see cref="MaxResponseBytes"/> of bodies (at least one message).</summary>
    public int Max { get; init; }

    /// <summary>Milliseconds to wait for a first message, 0 to 60,000; null takes the queue's default.</summary>
    public int? WaitMilliseconds { get; init; }

    /// <summary>Milliseconds of the lease, 0 to 43,200,000; null takes the queue's default.</summary>
    public long? VisibilityMilliseconds { get; init; }

    /// <summary>Messages are acknowledged in the commit that hands them out.</summary>
    public bool AcknowledgeOnReceipt { get; init; }

    /// <summary>Names the request: when it is repeated within five minutes, it gets the messages again that it still
    /// leases, and their leases start anew. 1 to 128 characters.</summary>
    public string? AttemptId { get; init; }

    /// <summary>A named receive is not repeated, but gets what is available, when one of its messages was acknowledged
    /// or released since, or got another visibility than the others: as in SQS.</summary>
    public bool RepeatsWholeOnly { get; init; }

    /// <summary>Receipts acknowledged in the same commit, before messages are handed out.</summary>
    public IReadOnlyList<ReceiptHandle>? Acknowledge { get; init; }

    /// <summary>With as many leased messages of the queue nothing more is handed out: a receive from a standard queue
    /// that does not wait answers TooManyInFlight when there is something it does not get, as at the limit of the
    /// process; one that waits, and any from a FIFO queue, gets nothing, as in SQS. Null: only the limit of the process
    /// counts.</summary>
    public int? MaxLeased { get; init; }

    /// <summary>What has failed as often as it may is moved to the dead-letter queue before the receive is answered, as
    /// in SQS, instead of with the next sweep; the receive goes on with what stood behind it. As long as such receives
    /// come to a standard queue, the sweep leaves what has failed to them, and to late acknowledgements, for 15
    /// minutes.</summary>
    public bool MovesDeadLetters { get; init; }

    /// <summary>In whose name messages are leased; null for a receive that stands for itself. A receive that has to
    /// wait also waits for the holder to have room.</summary>
    public LeaseHolder? Holder { get; init; }

    /// <summary>Bytes of bodies; 0 stands for <see cref="MaxResponseBytes"/>.</summary>
    internal int MaxBytes { get; init; }

    /// <summary>A relay or the like asks, which may receive from a subscription that hands its messages on.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Of a topic only: reads on from here, and leases nothing.</summary>
    internal TopicCursor? ReadFrom { get; init; }

    /// <summary>Of a stream only: reads as a member of a consumer group.</summary>
    internal GroupPoll? Poll { get; init; }

    public const int MaxMessages = 1_000;

    public const int MaxResponseBytes = 16 * 1_048_576;
}

/// <summary>A message that was sent, now or before.</summary>
/// <param name="SentAt">Unix milliseconds.</param>
/// <param name="IsDuplicate">Sent before with the same deduplication id, and not stored again.</param>
public readonly record struct SentMessage(long SequenceNumber, long SentAt, bool IsDuplicate);

/// <summary>What is done to leased messages.</summary>
public enum Settlement
{
    /// <summary>Processed: the message is gone.</summary>
    Acknowledge,

    /// <summary>Given back; visible again after the duration.</summary>
    Release,

    /// <summary>The lease now ends after the duration, counted from now; 0 releases.</summary>
    Extend,

    /// <summary>Processed, as SQS's DeleteMessage means it. In a standard queue the receipt also counts when its lease
    /// has ended, by time or by a release, and the message was not received again; when it was, nothing happens, and
    /// that is a success. In a FIFO queue the lease must not have ended. That the message is gone already is a success,
    /// also when it went to the dead-letter queue.</summary>
    AcknowledgeLate,

    /// <summary>As <see cref="Extend"/>, as SQS's ChangeMessageVisibility means it: a message is leased for 12 hours
    /// after its receive at most (ExtensionTooLong; up to 12 seconds more, because the time of a receive is kept in
    /// steps of that size), and it is told whether it is gone (MessageNotFound) or only not leased any more
    /// (MessageNotLeased).</summary>
    ExtendWithin12Hours,
}

/// <summary>One outcome per receipt handle, in the order given.</summary>
/// <param name="Errors">None, ReceiptExpired or ReceiptInvalid, and what the settlement says.</param>
/// <param name="VisibleAt">Unix milliseconds at which released or extended messages become visible.</param>
public sealed record SettleOutcome(BrokerError[] Errors, long VisibleAt, Durability Durability);

/// <summary>What a browser of the queue asks for: never leases, never counts as a receive.</summary>
public readonly record struct BrowseRequest
{
    /// <summary>First sequence number to look at (0 for the oldest).</summary>
    public long From { get; init; }

    /// <summary>1 to 1,000.</summary>
    public int Limit { get; init; }

    /// <summary>Only messages in this state; null for all.</summary>
    public MessageState? State { get; init; }

    /// <summary>Only messages sent at or after this instant, Unix milliseconds.</summary>
    public long? Since { get; init; }

    /// <summary>By lane, the position of the first message that was sent at that instant or later.</summary>
    internal IReadOnlyDictionary<int, long>? Starts { get; init; }
}

/// <summary>Where a message is. Every message is in exactly one place.</summary>
public enum MessageState : byte
{
    Available = 0,
    Leased = 1,
    Delayed = 2,

    /// <summary>Failed as often as it may, and waiting to be moved to the dead-letter queue.</summary>
    Blocked = 3,
}

/// <summary>What a send answers.</summary>
/// <param name="FirstSequenceNumber">Of the first accepted message; the others follow densely, unless
/// <see cref="Messages"/> names each.</param>
/// <param name="SentAt">Unix milliseconds.</param>
/// <param name="Errors">For a partial batch: one outcome per message in the order given (accepted messages have None);
/// null when all were accepted.</param>
public readonly record struct SendOutcome(
    uint Queue, long FirstSequenceNumber, int Count, long SentAt, Durability Durability, BrokerError[]? Errors)
{
    /// <summary>The accepted messages in the order given, when they have groups or priorities; else null.</summary>
    public IReadOnlyList<SentMessage>? Messages { get; init; }

    /// <summary>The id of the n-th accepted message; of one that was sent before, the id that it got then.</summary>
    public MessageId IdAt(int n) => new(Queue, Messages?[n].SequenceNumber ?? FirstSequenceNumber + n);

    /// <summary>When the n-th accepted message was sent, Unix milliseconds.</summary>
    public long SentAtOf(int n) => Messages?[n].SentAt ?? SentAt;

    /// <summary>The n-th accepted message was sent before, and is not stored again.</summary>
    public bool IsDuplicate(int n) => Messages?[n].IsDuplicate ?? false;
}
