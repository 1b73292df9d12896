using System.Buffers.Text;
using System.Text;

namespace QueueService.Benchmarks.Load;

internal enum ReplyState
{
    Incomplete,
    Complete,
    Malformed,
}

/// <summary>
/// One HTTP/1.1 reply, as far as a load generator needs it: the status and the framed body. Only one request is in
/// flight per connection, so the bytes received hold one reply and nothing after it.
/// </summary>
internal readonly ref struct HttpReply
{
    private HttpReply(int status, ReadOnlySpan<byte> body)
    {
        Status = status;
        Body = body;
    }

    public int Status { get; }

    public ReadOnlySpan<byte> Body { get; }

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>A chunked body is joined in place, once all of it is there.</summary>
    public static ReplyState Read(Span<byte> received, out HttpReply reply)
    {
        reply = default;
        int headEnd = received.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0) return ReplyState.Incomplete;

        ReadOnlySpan<byte> head = received[..(headEnd + 2)];
        if (head.Length < 14 || !head.StartsWith("HTTP/1.1 "u8)) return ReplyState.Malformed;
        if (!Utf8Parser.TryParse(head[9..12], out int status, out _)) return ReplyState.Malformed;
        if (!TryReadFraming(head, out int length, out bool chunked)) return ReplyState.Malformed;

        Span<byte> rest = received[(headEnd + 4)..];
        if (status is 204 or 304) length = 0;
        if (chunked)
        {
            ReplyState state = JoinChunks(rest, out length);
            if (state != ReplyState.Complete) return state;
        }
        else
        {
            if (length < 0 || rest.Length > length) return ReplyState.Malformed;
            if (rest.Length < length) return ReplyState.Incomplete;
        }

        reply = new HttpReply(status, rest[..length]);
        // Every success of this API with a body is a JSON object, or lines of them: half an answer must not count.
        ReadOnlySpan<byte> json = reply.Body.TrimEnd((byte)'\n');
        bool whole = !reply.IsSuccess || length == 0 || (json[0] == '{' && json[^1] == '}');
        return whole ? ReplyState.Complete : ReplyState.Malformed;
    }

    public string Describe() => $"{Status} {Encoding.UTF8.GetString(Body[..Math.Min(Body.Length, 300)])}".TrimEnd();

    private static bool TryReadFraming(ReadOnlySpan<byte> head, out int length, out bool chunked)
    {
        length = -1;
        chunked = false;
        ReadOnlySpan<byte> contentLength = "Content-Length: "u8;
        ReadOnlySpan<byte> transferEncoding = "Transfer-Encoding: chunked"u8;
        for (int end = head.IndexOf((byte)'\n'); end >= 0; end = head.IndexOf((byte)'\n'))
        {
            ReadOnlySpan<byte> line = head[..end];
            head = head[(end + 1)..];
            chunked |= Ascii.EqualsIgnoreCase(line.TrimEnd((byte)'\r'), transferEncoding);
            if (line.Length < contentLength.Length) continue;
            if (!Ascii.EqualsIgnoreCase(line[..contentLength.Length], contentLength)) continue;
            if (!Utf8Parser.TryParse(line[contentLength.Length..], out length, out _) || length < 0) return false;
        }

        return true;
    }

    /// <summary>Moves nothing before the last chunk has arrived: an incomplete reply is read again from its start.
    /// </summary>
    private static ReplyState JoinChunks(Span<byte> rest, out int length)
    {
        ReplyState state = WalkChunks(rest, join: false, out length);
        return state == ReplyState.Complete ? WalkChunks(rest, join: true, out length) : state;
    }

    private static ReplyState WalkChunks(Span<byte> rest, bool join, out int length)
    {
        length = 0;
        int at = 0;
        while (true)
        {
            int lineEnd = rest[at..].IndexOf("\r\n"u8);
            if (lineEnd < 0) return ReplyState.Incomplete;
            if (!Utf8Parser.TryParse(rest.Slice(at, lineEnd), out int size, out _, 'x') || size < 0)
                return ReplyState.Malformed;
            at += lineEnd + 2;
            if (rest.Length - at < size + 2) return ReplyState.Incomplete;
            if (!rest.Slice(at + size, 2).SequenceEqual("\r\n"u8)) return ReplyState.Malformed;
            if (size == 0) return rest.Length == at + 2 ? ReplyState.Complete : ReplyState.Malformed;
            if (join) rest.Slice(at, size).CopyTo(rest[length..]);
            length += size;
            at += size + 2;
        }
    }
}
