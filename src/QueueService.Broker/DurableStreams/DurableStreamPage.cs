using QueueService.Broker.Queues;

namespace QueueService.Broker.DurableStreams;

/// <summary>Records of a durable stream, in order. Dispose it when the reply is written.</summary>
public sealed class DurableStreamPage : IDisposable
{
    private readonly List<ReceivedMessages> _parts = [];

    internal DurableStreamPage(DurableStreamState stream, long first) => (Stream, First, Next) = (stream, first, first);

    /// <summary>Before the read.</summary>
    public DurableStreamState Stream { get; }

    /// <summary>The offset of the first record.</summary>
    public long First { get; }

    /// <summary>The offset to go on at.</summary>
    public long Next { get; private set; }

    /// <summary>There was nothing more.</summary>
    public bool IsUpToDate { get; internal set; }

    /// <summary>There was nothing more, and nothing more will come.</summary>
    public bool IsClosed { get; internal set; }

    public IReadOnlyList<ReceivedMessages> Parts => _parts;

    public bool IsEmpty => Next == First;

    public void Dispose()
    {
        foreach (ReceivedMessages part in _parts) part.Dispose();
        _parts.Clear();
    }

    internal void Add(ReceivedMessages part)
    {
        _parts.Add(part);
        Next += part.Count;
    }
}
