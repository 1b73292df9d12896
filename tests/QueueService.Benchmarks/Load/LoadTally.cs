using System.Net.Sockets;

namespace QueueService.Benchmarks.Load;

/// <summary>What one loop has counted. Messages and latencies count inside the measured window only; a failure counts
/// whenever it happens.</summary>
internal sealed class LoadTally
{
    public long Messages { get; private set; }

    public long ReplyBytes { get; private set; }

    public LatencyHistogram Latencies { get; } = new();

    /// <summary>How often each kind of failure was seen, with what the first one said.</summary>
    public Dictionary<string, Failure> Failures { get; } = new(StringComparer.Ordinal);

    public void CountReply(int bytes, int messages)
    {
        ReplyBytes += bytes;
        Messages += messages;
    }

    public void CountRefusal(HttpReply reply) => CountFailure($"status {reply.Status}", reply.Describe());

    public void CountLostConnection(SocketException cause) => CountFailure("connection lost", cause.Message);

    public void CountFailure(string kind, string example, long count = 1) =>
        Failures[kind] = Failures.TryGetValue(kind, out Failure known)
            ? known with { Count = known.Count + count }
            : new Failure(count, example);

    public void Add(LoadTally other)
    {
        Messages += other.Messages;
        ReplyBytes += other.ReplyBytes;
        Latencies.Add(other.Latencies);
        foreach ((string kind, Failure failure) in other.Failures) CountFailure(kind, failure.Example, failure.Count);
    }

    internal readonly record struct Failure(long Count, string Example);
}
