using System.Net;
using System.Net.Sockets;

namespace QueueService.Benchmarks.Load;

/// <summary>One thread that drives duplex conversations, each over one or two requests that last for the whole run.
/// </summary>
internal sealed class DuplexLoop : ILoadLoop
{
    private const int IdleMilliseconds = 50;

    private readonly EventPoll _poll = new();
    private readonly DuplexConnection[] _connections;
    private readonly DuplexConversation[] _conversations;
    private volatile bool _measuring;
    private volatile bool _stopping;

    public DuplexLoop(IPEndPoint server, IReadOnlyList<DuplexConversation> conversations)
    {
        _conversations = [.. conversations];
        List<DuplexConnection> connections = [];
        foreach (DuplexConversation conversation in conversations)
        {
            foreach (byte[] head in conversation.Heads)
                connections.Add(new DuplexConnection(server, _poll, connections.Count, head));
            conversation.Connect([.. connections.TakeLast(conversation.Heads.Count)]);
        }

        _connections = [.. connections];
    }

    public LoadTally Tally { get; } = new();

    public bool Measuring
    {
        set => _measuring = value;
    }

    public void Stop() => _stopping = true;

    public void Run()
    {
        try
        {
            foreach (DuplexConversation conversation in _conversations) conversation.Start();
            Span<int> ready = stackalloc int[256];
            while (!_stopping)
            {
                int count = _poll.Wait(ready, IdleMilliseconds);
                foreach (int key in ready[..count]) Take(_connections[key]);
            }
        }
        catch (SocketException lost)
        {
            Tally.CountLostConnection(lost);
        }
    }

    public void Dispose()
    {
        foreach (DuplexConnection connection in _connections) connection.Dispose();
        _poll.Dispose();
    }

    private void Take(DuplexConnection connection)
    {
        ReadOnlySpan<byte> lines = connection.Receive(out int bytes);
        if (!lines.IsEmpty) connection.Owner!.Take(connection, lines, Tally, _measuring);
        if (_measuring) Tally.CountReply(bytes, 0);
    }
}
