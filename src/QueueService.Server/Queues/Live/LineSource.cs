using System.Buffers;
using System.IO.Pipelines;
using QueueService.Server.Http;

namespace QueueService.Server.Queues.Live;

/// <summary>
/// The lines of a request that lasts: as many complete ones as are there, at once. A line that is longer than allowed,
/// or for which there is no memory, is skipped to its end and becomes a problem.
/// </summary>
internal sealed class LineSource(PipeReader reader, BodiesInFlight account, int maxLine) : IDisposable
{
    private const byte NewLine = (byte)'\n';

    /// <summary>Up to here the rest of a line is not worth counting: the connection's own buffers are larger.</summary>
    private const int Uncounted = 65_536;

    private ReadOnlySequence<byte> _buffer;
    private ReadOnlySequence<byte> _lines;
    private long _scanned;
    private long _reserved;
    private bool _skipping;

    /// <summary>No line will follow those that are there now.</summary>
    public bool Ended { get; private set; }

    /// <summary>The client broke off in the middle.</summary>
    public bool Broken { get; private set; }

    /// <summary>The client has said everything; otherwise nobody listens any more.</summary>
    public bool Finished { get; private set; }

    /// <summary>Waits for lines. Answers what is wrong with one that is not among them.</summary>
    public async ValueTask<Problem?> Read()
    {
        ReadResult result;
        try
        {
            result = await reader.ReadAsync(CancellationToken.None);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            Broken = Ended = Finished = true;
            return null;
        }

        _buffer = result.Buffer;
        // Cancelled by ourselves: what is there stays unread, and unanswered.
        Ended = result.IsCanceled || result.IsCompleted;
        Finished = Ended && !result.IsCanceled;
        _lines = result.IsCanceled ? _buffer.Slice(0, 0)
            : result.IsCompleted ? _buffer
            : _buffer.Slice(0, EndOfLines());
        if (_skipping) Skip();
        return _lines.IsEmpty && !Ended && !_skipping ? Count() : null;
    }

    /// <summary>Takes the next line, which is valid until the next call; gathers it when it lies in pieces.</summary>
    public bool TryTake(ref byte[]? scratch, out ReadOnlySpan<byte> line)
    {
        line = default;
        if (_lines.IsEmpty) return false;
        ReadOnlySpan<byte> first = _lines.FirstSpan;
        int end = first.IndexOf(NewLine);
        if (end >= 0)
        {
            line = first[..end];
            _lines = _lines.Slice(end + 1);
            return true;
        }

        SequencePosition? at = _lines.PositionOf(NewLine);
        ReadOnlySequence<byte> pieces = at is null ? _lines : _lines.Slice(0, at.Value);
        _lines = at is null ? _lines.Slice(_lines.End) : _lines.Slice(_lines.GetPosition(1, at.Value));
        int length = (int)pieces.Length;
        if (scratch is null || scratch.Length < length)
        {
            if (scratch is not null) ArrayPool<byte>.Shared.Return(scratch);
            scratch = ArrayPool<byte>.Shared.Rent(length);
        }

        pieces.CopyTo(scratch);
        line = scratch.AsSpan(0, length);
        return true;
    }

    /// <summary>A long line may arrive in one piece.</summary>
    public Problem? CheckLength(ReadOnlySpan<byte> line) => line.Length <= maxLine ? null : TooLong();

    /// <summary>Gives back what was taken. Lines that were not are there again at the next read.</summary>
    public void Advance()
    {
        if (Broken) return;
        bool left = !_lines.IsEmpty;
        SequencePosition next = left ? _lines.Start : _lines.End;
        if (left)
        {
            // Not examined either, so that the next read does not wait.
            Ended = Finished = false;
            _scanned = 0;
            reader.AdvanceTo(next, next);
            return;
        }

        _scanned = _buffer.Slice(next).Length;
        if (_scanned <= Uncounted) Reserve(0);
        reader.AdvanceTo(next, _buffer.End);
    }

    /// <summary>Ends a read that waits, now or as soon as there is one.</summary>
    public void Cancel() => reader.CancelPendingRead();

    public void Dispose() => Reserve(0);

    /// <summary>Behind the last line break. What was looked at before has none.</summary>
    private SequencePosition EndOfLines()
    {
        ReadOnlySequence<byte> unseen = _buffer.Slice(_scanned);
        long end = -1;
        long at = _scanned;
        foreach (ReadOnlyMemory<byte> piece in unseen)
        {
            int last = piece.Span.LastIndexOf(NewLine);
            if (last >= 0) end = at + last + 1;
            at += piece.Length;
        }

        return end < 0 ? _buffer.Start : _buffer.GetPosition(end);
    }

    /// <summary>The line that has begun grows: it may have a limit's length, and memory that is there.</summary>
    private Problem? Count()
    {
        long length = _buffer.Slice(_lines.Start).Length;
        if (length <= Uncounted) return null;
        bool tooLong = length > maxLine;
        if (!tooLong && Reserve(length)) return null;
        _lines = _buffer.Slice(_buffer.End);
        _skipping = true;
        Reserve(0);
        return tooLong ? TooLong() : new Problem(ProblemKind.Overloaded);
    }

    private Problem TooLong() => new(ProblemKind.RequestTooLarge, $"A line has at most {maxLine} bytes.");

    /// <summary>Drops what belongs to a line that was refused.</summary>
    private void Skip()
    {
        SequencePosition? end = _lines.PositionOf(NewLine);
        _skipping = end is null;
        _lines = end is null ? _buffer.Slice(_buffer.End) : _lines.Slice(_lines.GetPosition(1, end.Value));
    }

    private bool Reserve(long bytes)
    {
        long more = bytes - _reserved;
        if (more > 0 && !account.TryEnter(more)) return false;
        if (more < 0) account.Leave(-more);
        _reserved = bytes;
        return true;
    }
}
