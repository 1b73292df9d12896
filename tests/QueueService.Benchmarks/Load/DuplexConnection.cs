using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace QueueService.Benchmarks.Load;

/// <summary>A chunked request that is written while its chunked answer is read: lines both ways.</summary>
internal sealed class DuplexConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly EventPoll _poll;
    private readonly int _key;
    private readonly byte[] _received = new byte[256 * 1024];
    private readonly RequestBuffer _lines = new();
    private readonly RequestBuffer _unsent = new();
    private int _filled;
    private int _sent;
    private int _chunk;
    private bool _answered;
    private bool _awaitsWritable;

    public DuplexConnection(IPEndPoint server, EventPoll poll, int key, byte[] head)
    {
        (_poll, _key) = (poll, key);
        _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(server);
        _socket.Blocking = false;
        poll.Add(_socket.Handle, key);
        _unsent.Append(head);
    }

    public DuplexConversation? Owner { get; set; }

    /// <summary>Adds a chunk of whole lines and sends what the kernel takes.</summary>
    public void Send(ReadOnlySpan<byte> lines)
    {
        Span<byte> size = stackalloc byte[16];
        Utf8Formatter.TryFormat(lines.Length, size, out int digits, 'x');
        _unsent.Append(size[..digits]).Append("\r\n"u8).Append(lines).Append("\r\n"u8);
        SendRest();
    }

    /// <summary>The complete lines that have arrived, without the framing; valid until the next call.</summary>
    /// <exception cref="SocketException">The connection or the answer has ended, or is not a success.</exception>
    public ReadOnlySpan<byte> Receive(out int bytes)
    {
        SendRest();
        bytes = _socket.Receive(_received.AsSpan(_filled), SocketFlags.None, out SocketError error);
        if (error == SocketError.WouldBlock) bytes = 0;
        else if (error != SocketError.Success) throw new SocketException((int)error);
        else if (bytes == 0) throw new SocketException((int)SocketError.ConnectionReset);
        _filled += bytes;
        _lines.Keep();
        Unframe();
        int end = _lines.Written.Span.LastIndexOf((byte)'\n') + 1;
        return _lines.Take(end);
    }

    public void Dispose() => _socket.Dispose();

    private void Unframe()
    {
        ReadOnlySpan<byte> rest = _received.AsSpan(0, _filled);
        if (!_answered && !TrySkipHead(ref rest)) return;
        while (TakeChunk(ref rest))
        {
        }

        rest.CopyTo(_received);
        _filled = rest.Length;
    }

    /// <summary>Takes the rest of a chunk, or the line before the next; answers false when more has to arrive.
    /// </summary>
    private bool TakeChunk(ref ReadOnlySpan<byte> rest)
    {
        if (_chunk > 2)
        {
            int count = Math.Min(_chunk - 2, rest.Length);
            _lines.Append(rest[..count]);
            rest = rest[count..];
            _chunk -= count;
        }

        if (_chunk is 1 or 2)
        {
            int count = Math.Min(_chunk, rest.Length);
            rest = rest[count..];
            _chunk -= count;
        }

        if (_chunk > 0) return false;
        int end = rest.IndexOf("\r\n"u8);
        if (end < 0) return false;
        if (!Utf8Parser.TryParse(rest[..end], out int size, out _, 'x') || size == 0)
            throw new SocketException((int)SocketError.Disconnecting);
        rest = rest[(end + 2)..];
        _chunk = size + 2;
        return true;
    }

    private bool TrySkipHead(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        if (!rest.StartsWith("HTTP/1.1 200"u8)) throw new SocketException((int)SocketError.ConnectionRefused);
        rest = rest[(end + 4)..];
        _answered = true;
        return true;
    }

    private void SendRest()
    {
        while (_sent < _unsent.Length)
        {
            int count = _socket.Send(_unsent.Written.Span[_sent..], SocketFlags.None, out SocketError error);
            if (error is not (SocketError.Success or SocketError.WouldBlock)) throw new SocketException((int)error);
            if (error == SocketError.WouldBlock) break;
            _sent += count;
        }

        bool awaitsWritable = _sent < _unsent.Length;
        if (!awaitsWritable)
        {
            _unsent.Clear();
            _sent = 0;
        }

        if (awaitsWritable == _awaitsWritable) return;
        _awaitsWritable = awaitsWritable;
        _poll.Change(_socket.Handle, _key, awaitsWritable);
    }
}
