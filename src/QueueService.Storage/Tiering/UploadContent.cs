using QueueService.Storage.Files;

namespace QueueService.Storage.Tiering;

/// <summary>The bytes of an object: those of a segment's file, and the table of its blocks.</summary>
internal sealed class UploadContent(IFile file, int segmentBytes, byte[] table, Pace pace) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => segmentBytes + table.Length;

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, Length - _position);
        if (count <= 0) return 0;
        if (_position >= segmentBytes)
        {
            table.AsSpan((int)(_position - segmentBytes), count).CopyTo(buffer);
        }
        else
        {
            count = (int)Math.Min(count, segmentBytes - _position);
            if (file.Read(buffer[..count], _position) != count)
                throw new SegmentDamagedException("The segment is shorter than it was.");
        }

        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = Read(buffer.Span);
        await pace.Take(count, cancellationToken);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("It is read only.");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("It is read only.");
}

/// <summary>Lets so many bytes pass per second. One user at a time.</summary>
/// <param name="bytesPerSecond">0: any number.</param>
internal sealed class Pace(TimeProvider time, long bytesPerSecond)
{
    /// <summary>What may be ahead: timers are not finer than some milliseconds.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    private readonly long _started = time.GetTimestamp();
    private long _taken;

    public async ValueTask Take(int bytes, CancellationToken cancellation)
    {
        if (bytesPerSecond == 0) return;
        _taken += bytes;
        TimeSpan ahead = TimeSpan.FromSeconds((double)_taken / bytesPerSecond) - time.GetElapsedTime(_started);
        if (ahead > Slack) await Task.Delay(ahead, time, cancellation);
    }
}
