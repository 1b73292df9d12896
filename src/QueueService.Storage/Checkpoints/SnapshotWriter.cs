using System.Buffers.Binary;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Checkpoints;

/// <summary>Writes one snapshot file, entry by entry. Used by the background writer only.</summary>
internal sealed class SnapshotWriter : IDisposable
{
    private const int BlockBytes = 256 << 10;

    private readonly string _path;
    private readonly IFile _file;
    private readonly uint _salt;
    private readonly PageBuffer _buffer = new();
    private int _entryStart;
    private uint _entries;

    public SnapshotWriter(IFileSystem files, long generation, ulong secret)
    {
        _path = Manifest.SnapshotPathOf(generation);
        if (files.Exists(_path)) files.Delete(_path);
        _file = files.Open(_path, FileOpening.New);
        _salt = SnapshotFormat.SaltOf(secret, generation);
    }

    public long Length { get; private set; }

    public void WriteLog(LogId log, long end)
    {
        Span<byte> payload = BeginEntry(SnapshotFormat.LogHeaderBytes + sizeof(long));
        SnapshotFormat.WriteLogId(payload, log);
        BinaryPrimitives.WriteInt64LittleEndian(payload[SnapshotFormat.LogHeaderBytes..], end);
        EndEntry(SnapshotFormat.LogKind);
    }

    public void WriteRecords(LogId log, IEnumerable<ChunkView> chunks)
    {
        bool open = false;
        foreach (ChunkView view in chunks)
        {
            foreach ((int first, int count) in view.Live)
            {
                for (int i = first; i < first + count; i++)
                {
                    if (!open) SnapshotFormat.WriteLogId(BeginEntry(SnapshotFormat.LogHeaderBytes), log);
                    open = true;
                    WriteRider(view, i);
                    if (_buffer.Length - _entryStart < BlockBytes) continue;
                    EndEntry(SnapshotFormat.RecordsKind);
                    open = false;
                }
            }
        }

        if (open) EndEntry(SnapshotFormat.RecordsKind);
    }

    public void WriteResource(uint resource, ulong applied, ReadOnlySpan<byte> state)
    {
        Span<byte> payload = BeginEntry(sizeof(uint) + sizeof(ulong) + state.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(payload, resource);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[4..], applied);
        state.CopyTo(payload[12..]);
        EndEntry(SnapshotFormat.ResourceKind);
    }

    /// <summary>Writes the end mark and makes the file durable.</summary>
    public void Finish(IFileSystem files)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(BeginEntry(sizeof(uint)), _entries);
        EndEntry(SnapshotFormat.EndKind);
        Flush();
        _file.Sync();
        files.SyncDirectory(Manifest.SnapshotFolder);
    }

    /// <summary>Deletes the file of a checkpoint that failed: the next one writes another, and needs the space.
    /// </summary>
    public void Discard(IFileSystem files)
    {
        Dispose();
        try
        {
            if (files.Exists(_path)) files.Delete(_path);
        }
        catch (IOException)
        {
            // The failure that led here is the one to report; the next recovery deletes the file.
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _buffer.Dispose();
    }

    private void WriteRider(in ChunkView view, int index)
    {
        ReadOnlySpan<byte> payload = view.Chunk.Payload(index, view);
        Span<byte> bytes = Take(SnapshotFormat.RiderHeaderBytes + payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, view.Chunk.BaseOffset + index);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], view.Chunk.Time(index));
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], payload.Length);
        payload.CopyTo(bytes[SnapshotFormat.RiderHeaderBytes..]);
    }

    private Span<byte> BeginEntry(int payload)
    {
        _entryStart = _buffer.Length;
        return Take(SnapshotFormat.EntryHeaderBytes + payload)[SnapshotFormat.EntryHeaderBytes..];
    }

    private void EndEntry(byte kind)
    {
        SnapshotFormat.SealEntry(_buffer.Written[_entryStart..], kind, _salt);
        _entries++;
        if (_buffer.Length >= BlockBytes) Flush();
    }

    private Span<byte> Take(int bytes)
    {
        Span<byte> taken = _buffer.GetSpan(bytes)[..bytes];
        _buffer.Advance(bytes);
        return taken;
    }

    private void Flush()
    {
        _file.Write(_buffer.Written, Length);
        _file.StartWriteback(Length, _buffer.Length);
        Length += _buffer.Length;
        _buffer.Clear();
    }
}
