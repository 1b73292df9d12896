using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>A queue's name: 1 to 128 of A-Z a-z 0-9 . _ -, checked once, here.</summary>
public readonly record struct QueueName
{
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private QueueName(string value) => Value = value;

    public string Value { get; }

    public static bool TryParse(string? text, out QueueName name)
    {
        bool valid = text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed);
        name = valid ? new QueueName(text!) : default;
        return valid;
    }

    /// <summary>What it names: queues, topics, streams and what belongs to these have names of their own.</summary>
    public QueueKind Kind => KindOf(Value);

    internal BrokerError NotFound => Kind switch
    {
        QueueKind.Topic => BrokerError.TopicNotFound,
        QueueKind.Subscription => BrokerError.SubscriptionNotFound,
        QueueKind.Stream => BrokerError.StreamNotFound,
        QueueKind.QueueView => BrokerError.QueueViewNotFound,
        QueueKind.ConsumerGroup => BrokerError.GroupNotFound,
        QueueKind.DurableStream => BrokerError.DurableStreamNotFound,
        _ => BrokerError.QueueNotFound,
    };

    /// <summary>A name that was checked before it was stored.</summary>
    internal static QueueName Stored(string text) => new(text);

    /// <summary>What the name of a stream, and of what belongs to it, begins with.</summary>
    internal const char StreamMark = '~';

    /// <summary>What the name of a durable stream begins with; its path follows.</summary>
    internal const char DurableMark = '=';

    /// <summary>"jobs" is a queue, "orders/" a topic, "orders/billing" a subscription, "~clicks/" a stream,
    /// "~clicks/thumbnails" a queue view, "~clicks:billing" a consumer group and "=chats/7" a durable stream.</summary>
    internal static QueueKind KindOf(string name)
    {
        if (name.StartsWith(DurableMark)) return QueueKind.DurableStream;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return name.StartsWith(StreamMark) ? QueueKind.ConsumerGroup : QueueKind.Queue;
        bool isWhole = slash == name.Length - 1;
        if (name[0] == StreamMark) return isWhole ? QueueKind.Stream : QueueKind.QueueView;
        return isWhole ? QueueKind.Topic : QueueKind.Subscription;
    }

    public override string ToString() => Value;
}
