using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QueueService.Benchmarks.Load;

/// <summary>A keep-alive connection with its conversation: at most one request is in flight.</summary>
internal sealed class Connection(IPEndPoint server, EventPoll poll, int key, Conversation conversation) : IDisposable
{
    // A receive of 100 messages of 100 B is about 40 KB; larger replies double it once.
    private byte[] _received = new byte[64 * 1024];
    private int _filled;
    private ReadOnlyMemory<byte> _unsent;
    private bool _awaitsWritable;
    private Socket _socket = Open(server, poll, key);

    public Conversation Conversation => conversation;

    /// <summary>Timestamp from which the latency of the round counts.</summary>
    public long RoundStarted { get; set; }

    public int ReplyBytes => _filled;

    /// <summary>The start of what arrived, to show a reply that could not be read.</summary>
    public string DescribeReceived() => Encoding.UTF8.GetString(_received.AsSpan(0, Math.Min(_filled, 400)));

    /// <summary>Hands the conversation's next request to the kernel, or as much of it as it takes.</summary>
    public void Send()
    {
        _filled = 0;
        _unsent = conversation.Request;
        SendRest();
    }

    /// <summary>Takes what has arrived. Complete and malformed replies end the exchange; a malformed one also leaves
    /// the connection unusable until <see cref="Reopen"/>.</summary>
    /// <exception cref="SocketException">The server closed or reset the connection.</exception>
    public ReplyState Receive(out HttpReply reply)
    {
        reply = default;
        if (!_unsent.IsEmpty) SendRest();
        if (_filled == _received.Length) Array.Resize(ref _received, _received.Length * 2);

        int count = _socket.Receive(_received.AsSpan(_filled), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock) return ReplyState.Incomplete;
        if (error != SocketError.Success) throw new SocketException((int)error);
        if (count == 0) throw new SocketException((int)SocketError.ConnectionReset);
        _filled += count;
        return HttpReply.Read(_received.AsSpan(0, _filled), out reply);
    }

    /// <exception cref="SocketException">Nobody listens there any more.</exception>
    public void Reopen()
    {
        _socket.Dispose();
        _awaitsWritable = false;
        _socket = Open(server, poll, key);
    }

    public void Dispose() => _socket.Dispose();

    private void SendRest()
    {
        int count = _socket.Send(_unsent.Span, SocketFlags.None, out SocketError error);
        if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
        _unsent = _unsent[Math.Max(count, 0)..];

        bool awaitsWritable = !_unsent.IsEmpty;
        if (awaitsWritable == _awaitsWritable) return;
        _awaitsWritable = awaitsWritable;
        poll.Change(_socket.Handle, key, awaitsWritable);
    }

    private static Socket Open(IPEndPoint server, EventPoll poll, int key)
    {
        Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(server);
        socket.Blocking = false;
        poll.Add(socket.Handle, key);
        return socket;
    }
}
