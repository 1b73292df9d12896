using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Inspection;

/// <summary>Every record of the segments that the kept checkpoints name, up to the length that was synced.</summary>
internal sealed class SegmentCheck(IFileSystem files, Findings findings)
{
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private int _objects;
    private long _records;
    private long _bytes;

    /// <param name="chosen">Without its files a start is refused.</param>
    /// <param name="fallback">Kept for the day when the chosen one is damaged.</param>
    public void Run(Manifest? chosen, Manifest? fallback)
    {
        Check(chosen, isNeeded: true);
        Check(fallback, isNeeded: false);
        findings.Note($"{_named.Count - _objects} segments hold {_records} records in {_bytes} bytes.");
        if (_objects > 0) findings.Note($"{_objects} segments are in the object store, which was not asked.");
        int leftovers = files.ListFolders(SegmentFormat.Folder).Sum(folder =>
            files.ListFiles($"{SegmentFormat.Folder}/{folder}")
                .Count(name => !_named.Contains($"{SegmentFormat.Folder}/{folder}/{name}")));
        if (leftovers > 0)
            findings.Note($"{leftovers} files of logs belong to no kept checkpoint: a start deletes them.");
    }

    private void Check(Manifest? manifest, bool isNeeded)
    {
        foreach (SegmentEntry entry in manifest?.Segments ?? [])
        {
            string path = entry.Path;

            if (entry.Remote is not null)
            {
                if (_named.Add(entry.Remote.Name)) _objects++;
                continue;
            }

            // The newer of two generations names at least as much of a file as the older one.
            if (!_named.Add(path)) continue;
            Action<string> report = isNeeded ? findings.Refusal : findings.Damage;
            if (!files.Exists(path))
            {
                report($"{path} is missing.");
                continue;
            }

            using IFile file = files.Open(path, FileOpening.Read);
            if (file.Length < entry.Length)
                report($"{path} has {file.Length} bytes, and {entry.Length} were synced.");
            CheckRecords(path, file, entry, entry.SaltFor(manifest!.Secret));
        }
    }

    /// <summary>Damage in here refuses no start: a bad record is never served, its neighbours stay readable.
    /// </summary>
    private void CheckRecords(string path, IFile file, SegmentEntry entry, uint salt)
    {
        Span<byte> header = stackalloc byte[SegmentFormat.HeaderBytes];
        int read = file.Read(header, 0);
        if (!SegmentFormat.IsHeader(header[..read], entry.Log, entry.BaseOffset, salt))
            findings.Damage($"{path} is damaged at byte 0: the header is not that of this segment.");
        int records = 0;
        int length = (int)Math.Min(entry.Length, file.Length);
        var extent = new SegmentExtent(length, entry.BaseOffset, entry.LastOffset, entry.MaxTime, entry.Records);
        SegmentScan.Visit(
            file, extent, salt, SegmentFormat.HeaderBytes,
            (_, _, _, _) =>
            {
                records++;
                return true;
            },
            position => findings.Damage($"{path} is damaged at byte {position}: no whole record starts there."));
        _records += records;
        _bytes += length;
        if (records != entry.Records)
            findings.Damage($"{path} holds {records} readable records of {entry.Records}.");
    }
}
