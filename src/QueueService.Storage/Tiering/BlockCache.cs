using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tiering;

/// <summary>
/// Blocks that came back from the object store, each a small segment of its own on the local disk: readers read it as
/// they read any other. The least recently used go first, and none that is held. Nothing is synced, and a start empties
/// it, so a crash leaves nothing to distrust. Any thread.
/// </summary>
internal sealed class BlockCache
{
    private const string Folder = "cache";

    private readonly IFileSystem _files;
    private readonly SegmentFiles _handles;
    private readonly long _budget;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, int Block), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _recent = new();
    private long _bytes;
    private long _number;

    public BlockCache(IFileSystem files, SegmentFiles handles, long budget)
    {
        (_files, _handles, _budget) = (files, handles, budget);
        files.CreateFolder(Folder);
        foreach (string left in files.ListFiles(Folder)) files.Delete($"{Folder}/{left}");
    }

    public long Bytes
    {
        get
        {
            lock (_gate) return _bytes;
        }
    }

    public bool TryHold(string name, int block, out HeldSegment held)
    {
        held = default;
        lock (_gate)
        {
            if (!_entries.TryGetValue((name, block), out LinkedListNode<Entry>? node)) return false;
            if (node.Value.Copy.IsDamaged)
            {
                _entries.Remove(node.Value.Key);
                Remove(node);
                return false;
            }

            _recent.Remove(node);
            _recent.AddFirst(node);
            node.Value.Copy.Hold();
            held = new HeldSegment(node.Value.Copy);
            return true;
        }
    }

    /// <summary>Keeps a checked block of a segment, and holds it.</summary>
    /// <exception cref="ObjectStoreException">The local disk did not take it.</exception>
    public HeldSegment Add(Segment segment, int index, Block block, ReadOnlySpan<byte> bytes)
    {
        string path = $"{Folder}/{Interlocked.Increment(ref _number):D12}.log";
        var extent = new SegmentExtent(
            SegmentFormat.HeaderBytes + block.Bytes, block.FirstOffset, block.LastOffset, block.MaxTime, 0);
        var copy = new Segment(_handles, segment.Log, block.FirstOffset, segment.Salt, extent, isNew: false)
        {
            Path = path, Source = segment.Remote,
        };
        copy.Hold();
        Write(segment, path, bytes);
        lock (_gate)
        {
            var node = new LinkedListNode<Entry>(new Entry((segment.Remote!.Name, index), copy, block.Bytes));
            if (_entries.Remove(node.Value.Key, out LinkedListNode<Entry>? former)) Remove(former);
            _entries.Add(node.Value.Key, node);
            _recent.AddFirst(node);
            _bytes += block.Bytes;
            Trim(_budget);
        }

        return new HeldSegment(copy);
    }

    private void Write(Segment segment, string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            Span<byte> header = stackalloc byte[SegmentFormat.HeaderBytes];
            SegmentFormat.WriteHeader(header, segment.Log, segment.BaseOffset, segment.Salt);
            using IFile file = _files.Open(path, FileOpening.New);
            file.Write(header, 0);
            file.Write(bytes, header.Length);
        }
        catch (IOException failure)
        {
            Delete(path);

            // Records that are elsewhere as well must not keep new ones from the disk.
            if (failure is DiskFullException) lock (_gate) Trim(0);
            throw new ObjectStoreException($"The local cache did not take a block: {failure.Message}", failure);
        }
    }

    private void Trim(long budget)
    {
        LinkedListNode<Entry>? node = _recent.Last;
        while (_bytes > budget && node is not null)
        {
            LinkedListNode<Entry>? previous = node.Previous;
            if (!node.Value.Copy.IsHeld)
            {
                _entries.Remove(node.Value.Key);
                Remove(node);
            }

            node = previous;
        }
    }

    /// <summary>Whoever still reads it has it open, or opens nothing more and asks again.</summary>
    private void Remove(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _bytes -= node.Value.Bytes;
        _handles.Retire(node.Value.Copy);
        Delete(node.Value.Copy.Path);
    }

    /// <summary>Best effort: the next start empties the folder.</summary>
    private void Delete(string path)
    {
        try
        {
            if (_files.Exists(path)) _files.Delete(path);
        }
        catch (IOException)
        {
            // It takes its space until then, and nothing else.
        }
    }

    private sealed record Entry((string Name, int Block) Key, Segment Copy, int Bytes);
}
