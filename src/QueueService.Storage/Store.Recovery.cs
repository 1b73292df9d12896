using System.Buffers.Binary;
using System.Security.Cryptography;
using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Journaling;
using QueueService.Storage.Logs;

namespace QueueService.Storage;

/// <summary>From what is on disk to what was true: newest whole checkpoint, then the journal from there on.</summary>
public sealed partial class Store
{
    private static readonly string[] Folders = [JournalFiles.Folder, SegmentFormat.Folder, Manifest.SnapshotFolder];

    /// <summary>Frames up to here were durable when a checkpoint was written.</summary>
    private ulong _promised;

    /// <summary>Opens or creates a store. The fold gets what the last process had applied and made durable.</summary>
    /// <param name="wake">Called from another thread when <see cref="Housekeep"/> has something to do.</param>
    /// <exception cref="CorruptStoreException">Durable bytes are damaged.</exception>
    /// <exception cref="UnknownFormatException">A newer version wrote the directory.</exception>
    public static Store Open(IFileSystem files, StorageOptions options, Func<Store, IFold> fold, Action wake)
    {
        FoldProxy proxy = new();
        var store = new Store(files, options, proxy, wake);
        try
        {
            proxy.Target = fold(store);
            store.Recover();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private void Recover()
    {
        CreateFolders();
        List<JournalFileHeader> headers = JournalFiles.List(_files);
        List<long> generations = Manifest.ListGenerations(_files);
        Manifest? manifest = ReadManifests(generations);

        // Before the second checkpoint the journal still holds everything.
        if (manifest is null && generations.Count > 0 && !(headers.Count > 0 && headers[0].FirstSequence == 1))
            throw new CorruptStoreException("No checkpoint is readable. Run `verify` on the data directory.");
        DeleteOldCheckpoints(generations);
        Secret = manifest?.Secret ?? (headers.Count > 0 ? headers[0].Secret : NewSecret());
        RefuseMissingTier(manifest);
        _segmentWriter = new SegmentWriter(_files, _handles, _options, Secret);
        CutToManifest(manifest);
        Dictionary<uint, ulong> applied = RestoreSnapshot(manifest);
        JournalEnd end = Replay(manifest, headers, applied);
        JournalReader.Harden(_files, end);
        Incarnation = Math.Max(manifest?.Incarnation ?? 0, headers.Count > 0 ? headers[^1].Incarnation : 0) + 1;
        OpenTier();
        RecoveredTime = Math.Max(end.Time, manifest?.Time ?? 0);
        WasUnclean = headers.Count > 0 && !(manifest is { Clean: true } && end.NextSequence == manifest.Last + 1
            && headers[^1].Incarnation == manifest.Incarnation);
        _now = _lastCheckpoint = RecoveredTime;
        _journalFiles = new JournalFiles(_files, _options.JournalFileBytes);
        _journalFiles.Adopt(headers);
        _journal = OpenJournal(end);

        // What was replayed would be replayed again: it counts towards the next checkpoint.
        _bytesAtCheckpoint = -Replayed.Bytes;
        _background.Enqueue(new PrepareReserve(this));
    }

    /// <summary>A journal whose folder is not durable is not durable either.</summary>
    private void CreateFolders()
    {
        List<string> missing = [.. Folders.Where(folder => !_files.Exists(folder))];
        foreach (string folder in missing) _files.CreateFolder(folder);
        try
        {
            _files.SyncDirectory("");
        }
        catch (IOException)
        {
            // These names may never become durable. The next start creates them once more.
            foreach (string folder in missing) _files.DeleteFolder(folder);
            throw;
        }
    }

    /// <summary>Picks the newest generation that is whole, and remembers the one before as the fallback.</summary>
    private Manifest? ReadManifests(List<long> generations)
    {
        Manifest? chosen = null;
        foreach (long generation in generations)
        {
            _generation = Math.Max(_generation, generation);
            Manifest? manifest = Manifest.TryRead(_files, generation);
            if (manifest is null) continue;
            _promised = Math.Max(_promised, manifest.Last);
            if (chosen is null)
            {
                if (SnapshotReader.TryRead(_files, manifest, static (_, _) => { })) chosen = manifest;
            }
            else
            {
                _previous ??= manifest;
            }
        }

        _newest = chosen;
        return chosen;
    }

    /// <summary>Damaged ones go too, for good and before anything else: their segments are about to be deleted, and a
    /// later start must not choose them.</summary>
    private void DeleteOldCheckpoints(List<long> generations)
    {
        foreach (long generation in generations)
        {
            if (generation == _newest?.Generation || generation == _previous?.Generation) continue;
            _files.Delete(Manifest.PathOf(generation));
        }

        _files.SyncDirectory("");
        foreach (string name in _files.ListFiles(Manifest.SnapshotFolder))
        {
            string path = $"{Manifest.SnapshotFolder}/{name}";
            bool kept = path == Manifest.SnapshotPathOf(_newest?.Generation ?? 0)
                || path == Manifest.SnapshotPathOf(_previous?.Generation ?? 0);
            if (!kept) _files.Delete(path);
        }
    }

    /// <summary>Bytes beyond a synced length prove nothing, and neither do files without a name in a manifest.
    /// </summary>
    private void CutToManifest(Manifest? manifest)
    {
        var kept = new HashSet<string>(StringComparer.Ordinal);
        var byLog = new Dictionary<LogId, List<SegmentEntry>>();
        foreach (SegmentEntry entry in manifest?.Segments ?? [])
        {
            string path = entry.Path;
            kept.Add(entry.Remote?.Name ?? path);
            if (!byLog.TryGetValue(entry.Log, out List<SegmentEntry>? entries)) byLog.Add(entry.Log, entries = []);
            entries.Add(entry);
            if (entry.Remote is null) Cut(path, entry.Length);
        }

        // What only the older checkpoint names goes with it.
        foreach (SegmentEntry entry in _previous?.Segments ?? [])
            if (kept.Add(entry.Remote?.Name ?? entry.Path))
                _obsolete.Add((OpenSegment(entry), _previous!.Generation));

        foreach (string folder in _files.ListFolders(SegmentFormat.Folder))
        {
            foreach (string name in _files.ListFiles($"{SegmentFormat.Folder}/{folder}"))
            {
                string path = $"{SegmentFormat.Folder}/{folder}/{name}";
                if (!kept.Contains(path)) _files.Delete(path);
            }

            // Its name may not be durable, and a spill that finds it there would not know.
            string whole = $"{SegmentFormat.Folder}/{folder}";
            if (_files.ListFiles(whole).Count == 0) _files.DeleteFolder(whole);
        }

        foreach (string name in _files.ListFiles(""))
            if (name.EndsWith(".tmp", StringComparison.Ordinal)) _files.Delete(name);
        foreach ((LogId log, List<SegmentEntry> entries) in byLog)
            AddLog(new AppendLog(log, _cache, [.. entries.Select(OpenSegment)], entries[^1].LastOffset + 1));
    }

    private void Cut(string path, int length)
    {
        if (!_files.Exists(path)) throw new CorruptStoreException($"{path} is missing.");
        using IFile file = _files.Open(path, FileOpening.Existing);
        if (file.Length < length)
            throw new CorruptStoreException($"{path} has {file.Length} bytes, and {length} were synced.");
        if (file.Length > length) file.SetLength(length);
    }

    private Segment OpenSegment(SegmentEntry entry) => new(
        _handles, entry.Log, entry.BaseOffset, entry.SaltFor(Secret),
        new SegmentExtent(entry.Length, entry.BaseOffset, entry.LastOffset, entry.MaxTime, entry.Records), isNew: false)
    {
        Remote = entry.Remote,
        Generation = entry.Generation, CleanedAt = entry.CleanedAt, Tombstones = entry.Tombstones,
    };

    private Dictionary<uint, ulong> RestoreSnapshot(Manifest? manifest)
    {
        var applied = new Dictionary<uint, ulong>();
        if (manifest is null) return applied;
        SnapshotReader.TryRead(_files, manifest, (kind, payload) =>
        {
            switch (kind)
            {
                case SnapshotFormat.RecordsKind:
                    RestoreRecords(payload);
                    break;
                case SnapshotFormat.LogKind:
                    OpenLog(SnapshotFormat.ReadLogId(payload))
                        .SkipTo(BinaryPrimitives.ReadInt64LittleEndian(payload[SnapshotFormat.LogHeaderBytes..]));
                    break;
                case SnapshotFormat.ResourceKind:
                    uint resource = BinaryPrimitives.ReadUInt32LittleEndian(payload);
                    applied[resource] = BinaryPrimitives.ReadUInt64LittleEndian(payload[4..]);
                    _fold.Restore(resource, payload[12..]);

                    // Not before: the fold cannot say yet which of the resource's records are needed.
                    SpillInline();
                    break;
            }
        });
        return applied;
    }

    private void RestoreRecords(ReadOnlySpan<byte> payload)
    {
        AppendLog log = OpenLog(SnapshotFormat.ReadLogId(payload));
        payload = payload[SnapshotFormat.LogHeaderBytes..];
        while (SnapshotFormat.TryReadRider(ref payload, out long offset, out long time, out ReadOnlySpan<byte> record))
            log.Restore(offset, time, record);
    }

    private JournalEnd Replay(Manifest? manifest, List<JournalFileHeader> headers, Dictionary<uint, ulong> applied)
    {
        ulong captured = manifest?.Captured ?? 0;
        if (headers.Count == 0)
        {
            if (manifest is not null) throw new CorruptStoreException("The journal is missing.");
            return new JournalEnd(0, 1, 0, 0);
        }

        int first = headers.FindLastIndex(header => header.FirstSequence <= captured + 1);
        if (first < 0)
            throw new CorruptStoreException($"The journal does not reach back to the frame {captured + 1}.");
        long frames = 0;
        long bytes = 0;
        JournalEnd end = JournalReader.Read(_files, headers[first..], (sequence, time, records) =>
        {
            if (sequence <= captured) return;
            frames++;
            bytes += records.Length;
            _now = time;
            ReplayFrame(sequence, time, records, applied);
            SpillInline();
        });
        if (end.NextSequence <= _promised)
        {
            throw new CorruptStoreException(
                $"The journal ends before the frame {end.NextSequence}, and {_promised} was durable.");
        }

        Replayed = (frames, bytes);
        return end;
    }

    private void ReplayFrame(ulong sequence, long time, ReadOnlySpan<byte> records, Dictionary<uint, ulong> applied)
    {
        while (!records.IsEmpty)
        {
            (uint resource, byte type, int length) = JournalFormat.ReadRecordHeader(records);
            ReadOnlySpan<byte> payload = records.Slice(JournalFormat.RecordHeaderBytes, length);
            if (!applied.TryGetValue(resource, out ulong seen) || seen < sequence)
                _fold.Apply(new JournalRecord(resource, type, sequence, time, payload));
            records = records[(JournalFormat.RecordHeaderBytes + length)..];
        }
    }

    /// <summary>The first journal file of this process may need space that a full disk does not have.</summary>
    private Journal OpenJournal(in JournalEnd end)
    {
        try
        {
            return new Journal(_journalFiles, end, Incarnation, Secret);
        }
        catch (DiskFullException) when (_files.Exists(ReservePath))
        {
            _files.Delete(ReservePath);
            return new Journal(_journalFiles, end, Incarnation, Secret);
        }
    }

    private ulong NewSecret()
    {
        if (_options.Secret is { } given) return given;
        Span<byte> bytes = stackalloc byte[8];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Breaks the circle between the store, which drives the fold, and the fold, which opens logs.</summary>
    private sealed class FoldProxy : IFold
    {
        public IFold Target { get; set; } = null!;

        public void Apply(in JournalRecord record) => Target.Apply(record);

        public void Restore(uint resource, ReadOnlySpan<byte> state) => Target.Restore(resource, state);

        public bool TryNextResource(long after, out uint resource) => Target.TryNextResource(after, out resource);

        public void Capture(uint resource, System.Buffers.IBufferWriter<byte> output) =>
            Target.Capture(resource, output);

        public long NextLive(LogId log, long offset) => Target.NextLive(log, offset);
    }
}
