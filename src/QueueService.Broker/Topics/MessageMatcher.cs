using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Topics;

/// <summary>The filter of a reader who picks messages itself. For one thread at a time.</summary>
public sealed class MessageMatcher(SubscriptionFilter filter)
{
    private readonly FilterEvaluation _evaluation = new(filter);

    public bool Matches(in MessageView message) => _evaluation.Matches(message.Raw);

    public bool Matches(MessageCopy message) => _evaluation.Matches(message.Raw);
}

/// <summary>A message as the log keeps it, for whoever looks at it after its reply is gone.</summary>
public sealed class MessageCopy
{
    private readonly byte[] _message;

    private MessageCopy(byte[] message) => _message = message;

    /// <summary>Bytes.</summary>
    public int Length => _message.Length;

    /// <summary>Of a record of a stream: its key, empty when it has none.</summary>
    public ReadOnlySpan<byte> Key => MessageFormat.Key(_message);

    /// <summary>The message as it was read: nothing of a lease, since nobody leased it.</summary>
    public MessageView View => new(_message)
    {
        Id = Id,
        SequenceNumber = SequenceNumber,
        Origin = Origin,
        State = MessageState.Available,
        Priority = Priority,
        IsRecord = IsRecord,
        SentAt = SentAt,
        ExpiresAt = ExpiresAt,
    };

    internal ReadOnlySpan<byte> Raw => _message;

    private MessageId Id { get; init; }

    private long SequenceNumber { get; init; }

    private MessageOrigin? Origin { get; init; }

    private int Priority { get; init; }

    private bool IsRecord { get; init; }

    private long SentAt { get; init; }

    private long ExpiresAt { get; init; }

    public static MessageCopy Of(in MessageView message) => new(message.Raw.ToArray())
    {
        Id = message.Id,
        SequenceNumber = message.SequenceNumber,
        Origin = message.Origin,
        Priority = message.Priority,
        IsRecord = message.IsRecord,
        SentAt = message.SentAt,
        ExpiresAt = message.ExpiresAt,
    };
}
