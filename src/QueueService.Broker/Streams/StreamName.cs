using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker.Streams;

/// <summary>A stream's name, of the same form as that of a queue.</summary>
/// <param name="Log">The stream as something that can be read and subscribed to.</param>
public readonly record struct StreamName(string Value, TopicName Log)
{
    /// <summary>What the broker's calls take.</summary>
    public QueueName Address => Log.Address;

    public static bool TryParse(string? text, out StreamName name)
    {
        bool valid = QueueName.TryParse(text, out _);
        name = valid ? Of(text!) : default;
        return valid;
    }

    /// <summary>The name of the stream at this address, or of the one that this queue view is of.</summary>
    public static StreamName At(QueueName address) =>
        Of(address.Value[1..address.Value.IndexOf('/', StringComparison.Ordinal)]);

    public override string ToString() => Value;

    private static StreamName Of(string text) =>
        new(text, TopicName.At(QueueName.Stored($"{QueueName.StreamMark}{text}/")));
}
