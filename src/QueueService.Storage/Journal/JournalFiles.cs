using System.Globalization;
using QueueService.Storage.Files;

namespace QueueService.Storage.Journaling;

/// <summary>
/// The journal's files: numbered ones that hold frames, and spares that are filled with zeros (or were used before) and
/// wait for their turn. A file of known size whose blocks are written already syncs twice as fast as a growing one.
/// </summary>
/// <remarks>Spares are made by the background writer and taken by the loop, hence the lock.</remarks>
internal sealed class JournalFiles(IFileSystem files, int fileBytes)
{
    public const string Folder = "journal";

    private const string Extension = ".journal";
    private const string SparePrefix = "spare-";
    private const string UnfinishedPrefix = "new-";
    private const int FillBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly Queue<string> _spares = new();
    private readonly List<LiveFile> _live = [];
    private ulong _nextSpare;

    public int FileBytes => fileBytes;

    public int SpareCount
    {
        get { lock (_gate) return _spares.Count; }
    }

    /// <summary>Numbered files.</summary>
    public int LiveCount
    {
        get { lock (_gate) return _live.Count; }
    }

    /// <summary>Bytes of the numbered files.</summary>
    public long LiveBytes => (long)LiveCount * fileBytes;

    public static string PathOf(ulong number) =>
        $"{Folder}/{number.ToString("D20", CultureInfo.InvariantCulture)}{Extension}";

    /// <summary>The numbered files there are, in order, with their headers.</summary>
    /// <exception cref="CorruptStoreException">A numbered file has no valid header.</exception>
    public static List<JournalFileHeader> List(IFileSystem files)
    {
        var headers = new List<JournalFileHeader>();
        foreach (string path in ListPaths(files))
        {
            if (!TryReadHeader(files, path, out JournalFileHeader header))
                throw new CorruptStoreException($"The header of {path} is damaged.");

            // A file that was recycled and whose old name came back, because the sync of the folder had failed.
            if (PathOf(header.Number) != path) continue;
            headers.Add(header);
        }

        return headers;
    }

    /// <summary>The numbered files there are, in order, whatever is in them.</summary>
    public static IEnumerable<string> ListPaths(IFileSystem files) =>
        files.ListFiles(Folder).Where(static name => name.EndsWith(Extension, StringComparison.Ordinal))
            .Select(static name => $"{Folder}/{name}");

    /// <summary>Answers false when the header is damaged.</summary>
    public static bool TryReadHeader(IFileSystem files, string path, out JournalFileHeader header)
    {
        Span<byte> page = stackalloc byte[JournalFormat.FileHeaderBytes];
        using IFile file = files.Open(path, FileOpening.Read);
        int read = file.Read(page, 0);
        return JournalFormat.TryReadFileHeader(page[..read], out header);
    }

    /// <summary>Takes over what recovery found: numbered files stay, spares of the right size are used again, leftovers
    /// of an interrupted preparation go.</summary>
    public void Adopt(IEnumerable<JournalFileHeader> live)
    {
        foreach (JournalFileHeader header in live) _live.Add(new LiveFile(header.Number, header.FirstSequence));
        HashSet<string> named = [.. _live.Select(static file => PathOf(file.Number))];
        foreach (string name in files.ListFiles(Folder))
        {
            string path = $"{Folder}/{name}";
            bool leftOver = name.EndsWith(Extension, StringComparison.Ordinal) && !named.Contains(path);
            if (leftOver || name.StartsWith(UnfinishedPrefix, StringComparison.Ordinal)) files.Delete(path);
            if (!name.StartsWith(SparePrefix, StringComparison.Ordinal)) continue;
            if (LengthOf(path) == fileBytes) _spares.Enqueue(path);
            else files.Delete(path);
            if (ulong.TryParse(name.AsSpan(SparePrefix.Length), CultureInfo.InvariantCulture, out ulong number))
                _nextSpare = Math.Max(_nextSpare, number + 1);
        }

        // As in Recycle: the last process may have been killed between its renames and their sync.
        files.SyncDirectory(Folder);
    }

    /// <summary>Makes one spare: written with zeros and synced under another name first, so that a file named spare
    /// is always whole.</summary>
    public void PrepareSpare()
    {
        ulong number;
        lock (_gate) number = _nextSpare++;
        string unfinished = $"{Folder}/{UnfinishedPrefix}{number}";
        string spare = $"{Folder}/{SparePrefix}{number}";
        try
        {
            using (IFile file = files.Open(unfinished, FileOpening.New)) FillWithZeros(file);
            files.Rename(unfinished, spare);
            files.SyncDirectory(Folder);
        }
        catch (IOException)
        {
            // Space is short, or the disk fails: leave nothing behind that would make it shorter.
            if (files.Exists(unfinished)) files.Delete(unfinished);
            if (files.Exists(spare)) files.Delete(spare);
            throw;
        }

        lock (_gate) _spares.Enqueue(spare);
    }

    /// <summary>Turns a spare into the next numbered file: its header is durable before its name says so.</summary>
    public IFile Activate(in JournalFileHeader header)
    {
        string spare;
        lock (_gate) spare = _spares.Dequeue();
        Span<byte> page = stackalloc byte[JournalFormat.PageBytes];
        JournalFormat.WriteFileHeader(page, header);
        IFile file = files.Open(spare, FileOpening.Existing);
        try
        {
            file.Write(page, 0);
            file.Sync();
            files.Rename(spare, PathOf(header.Number));
            files.SyncDirectory(Folder);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        lock (_gate) _live.Add(new LiveFile(header.Number, header.FirstSequence));
        return file;
    }

    /// <summary>Turns the files whose frames are all below this sequence into spares, or deletes them when there are
    /// enough. The newest file always stays.</summary>
    public void Recycle(ulong oldestNeeded, int keepSpares)
    {
        var spares = new List<string>();
        while (true)
        {
            string path;
            string spare;
            lock (_gate)
            {
                if (_live.Count < 2 || _live[1].FirstSequence > oldestNeeded) break;
                path = PathOf(_live[0].Number);
                spare = _spares.Count + spares.Count < keepSpares ? $"{Folder}/{SparePrefix}{_nextSpare++}" : "";
            }

            if (spare.Length > 0 && LengthOf(path) == fileBytes)
            {
                files.Rename(path, spare);
                spares.Add(spare);
            }
            else
            {
                files.Delete(path);
            }

            lock (_gate) _live.RemoveAt(0);
        }

        // The old names must be gone for good before the contents change, or a file would contradict its name.
        files.SyncDirectory(Folder);
        lock (_gate)
            foreach (string spare in spares) _spares.Enqueue(spare);
    }

    /// <summary>Gives surplus spares back to a disk that is full.</summary>
    public void DropSpares(int keepSpares)
    {
        while (true)
        {
            string spare;
            lock (_gate)
            {
                if (_spares.Count <= keepSpares) return;
                spare = _spares.Dequeue();
            }

            files.Delete(spare);
        }
    }

    private long LengthOf(string path)
    {
        using IFile file = files.Open(path, FileOpening.Read);
        return file.Length;
    }

    private void FillWithZeros(IFile file)
    {
        byte[] zeros = new byte[Math.Min(FillBytes, fileBytes)];
        for (long position = 0; position < fileBytes; position += zeros.Length)
        {
            int count = (int)Math.Min(zeros.Length, fileBytes - position);
            file.Write(zeros.AsSpan(0, count), position);
            file.StartWriteback(position, count);
        }

        file.Sync();
    }

    private readonly record struct LiveFile(ulong Number, ulong FirstSequence);
}
