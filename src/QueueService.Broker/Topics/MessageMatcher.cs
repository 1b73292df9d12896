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

    internal ReadOnlySpan<byte> Raw => _message;

    public static MessageCopy Of(in MessageView message) => new(message.Raw.ToArray());
}
