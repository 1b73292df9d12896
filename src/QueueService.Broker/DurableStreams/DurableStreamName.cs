using QueueService.Broker.Queues;

namespace QueueService.Broker.DurableStreams;

/// <summary>The path of a durable stream: 1 to <see cref="DurableStreamLimits.PathLength"/> characters, none of them a
/// control character.</summary>
/// <param name="Address">What the broker knows it by.</param>
public readonly record struct DurableStreamName(string Path, QueueName Address)
{
    public static bool TryParse(string? text, out DurableStreamName name)
    {
        bool valid = text is { Length: > 0 and <= DurableStreamLimits.PathLength } && !text.Any(char.IsControl);
        name = valid ? new DurableStreamName(text!, QueueName.Stored(QueueName.DurableMark + text)) : default;
        return valid;
    }

    public override string ToString() => Path;
}
