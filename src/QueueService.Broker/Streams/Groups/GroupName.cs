using QueueService.Broker.Queues;

namespace QueueService.Broker.Streams.Groups;

/// <summary>A consumer group's name, of the same form as that of a queue, within its stream.</summary>
public readonly record struct GroupName(StreamName Stream, string Value)
{
    /// <summary>Between the names of the stream and of the group; no name has it.</summary>
    internal const char Mark = ':';

    /// <summary>What the catalog knows it by.</summary>
    internal QueueName Address => QueueName.Stored(PrefixOf(Stream) + Value);

    public static bool TryParse(StreamName stream, string? text, out GroupName name)
    {
        bool valid = QueueName.TryParse(text, out _);
        name = valid ? new GroupName(stream, text!) : default;
        return valid;
    }

    /// <summary>What the addresses of all groups of a stream begin with.</summary>
    internal static string PrefixOf(StreamName stream) => $"{QueueName.StreamMark}{stream.Value}{Mark}";

    internal static GroupName At(string address)
    {
        int mark = address.IndexOf(Mark, StringComparison.Ordinal);
        return new GroupName(StreamName.At(QueueName.Stored(address[..mark] + "/")), address[(mark + 1)..]);
    }

    public override string ToString() => $"{Stream}/{Value}";
}
