namespace QueueService.Testing.Disk;

/// <summary>A file or a folder, apart from the names that lead to it.</summary>
internal abstract class Node;

/// <summary>A change of a file that no sync has covered: bytes at a position, or a new length.</summary>
/// <param name="Bytes">The written bytes; null when they are all zero.</param>
internal sealed record FileChange(long Position, int Count, byte[]? Bytes, long? NewLength)
{
    public static FileChange Write(ReadOnlySpan<byte> bytes, long position) =>
        new(position, bytes.Length, bytes.ContainsAnyExcept((byte)0) ? bytes.ToArray() : null, NewLength: null);

    public static FileChange Resize(long length) => new(0, 0, Bytes: null, length);

    public void ApplyTo(PagedBytes content)
    {
        if (NewLength is { } length)
            content.SetLength(length);
        else
            ApplyTo(content, 0, Count);
    }

    public void ApplyTo(PagedBytes content, int offset, int count)
    {
        if (Bytes is not null)
            content.Write(Bytes.AsSpan(offset, count), Position + offset);
        else
            content.Write(new byte[count], Position + offset);
    }
}

/// <summary>One file: what the process sees, what the disk holds, and the changes in between.</summary>
internal sealed class FileNode : Node
{
    private readonly List<FileChange> _pending = [];
    private PagedBytes _durable = new();

    // After a failed sync the process sees bytes that will never reach the disk.
    private bool _hasLostWrites;

    public PagedBytes Content { get; private set; } = new();

    public int Links { get; set; }

    public int Handles { get; set; }

    /// <summary>Whether the file still takes space: a deleted one does while it is open.</summary>
    public bool IsAlive => Links > 0 || Handles > 0;

    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        if (bytes.IsEmpty)
            return;
        Content.Write(bytes, position);
        _pending.Add(FileChange.Write(bytes, position));
    }

    public void SetLength(long length)
    {
        Content.SetLength(length);
        _pending.Add(FileChange.Resize(length));
    }

    public void Sync()
    {
        if (_hasLostWrites)
        {
            _pending.ForEach(change => change.ApplyTo(_durable));
            _durable.SetLength(Content.Length);
        }
        else if (_pending.Exists(static change => change.NewLength is not null))
        {
            _durable = Content.Clone();
        }
        else
        {
            _pending.ForEach(change => _durable.ShareFrom(Content, change.Position, change.Count));
        }

        _pending.Clear();
    }

    /// <summary>A sync failed: as in Linux the written pages count as clean from now on and are never written, while
    /// the process goes on reading them. A change of length is metadata and stays pending.</summary>
    public void LoseWrites()
    {
        _hasLostWrites |= _pending.RemoveAll(static change => change.NewLength is null) > 0;
    }

    public void FlipBit(long position, int bit)
    {
        Content.FlipBit(position, bit);
        _durable.FlipBit(position, bit);
    }

    /// <summary>The file as the next process finds it.</summary>
    public FileNode Copy()
    {
        var copy = new FileNode
        {
            Content = Content.Clone(),
            _durable = _durable.Clone(),
            _hasLostWrites = _hasLostWrites,
        };
        copy._pending.AddRange(_pending);
        return copy;
    }

    /// <summary>The file as the disk holds it after the power went.</summary>
    public FileNode AfterPowerCut(SeededRandom random)
    {
        var content = TornWrites.Survive(_durable, _pending, random);
        return new() { Content = content, _durable = content.Clone() };
    }
}
