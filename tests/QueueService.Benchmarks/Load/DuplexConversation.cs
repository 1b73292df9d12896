namespace QueueService.Benchmarks.Load;

/// <summary>What one client says over its long requests. Runs on one thread.</summary>
internal abstract class DuplexConversation
{
    /// <summary>The heads of its requests, one connection each.</summary>
    public abstract IReadOnlyList<byte[]> Heads { get; }

    protected DuplexConnection[] Connections { get; private set; } = [];

    public void Connect(DuplexConnection[] connections)
    {
        Connections = connections;
        foreach (DuplexConnection connection in connections) connection.Owner = this;
    }

    /// <summary>Says what begins the conversation.</summary>
    public abstract void Start();

    /// <summary>Answers lines that arrived on one of its connections.</summary>
    public abstract void Take(DuplexConnection from, ReadOnlySpan<byte> lines, LoadTally tally, bool measuring);
}
