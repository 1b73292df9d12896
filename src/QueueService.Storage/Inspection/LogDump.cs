using System.Buffers.Binary;
using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Inspection;

/// <summary>Prints the records of one log as the newest whole checkpoint holds them: those in segments, then those that
/// ride in the snapshot. What came later is in the journal only: <see cref="JournalDump"/>.</summary>
public static class LogDump
{
    /// <summary>Changes nothing; answers false when something could not be read, and says where.</summary>
    /// <exception cref="IOException">A running server holds the directory, or the disk fails.</exception>
    public static bool Write(IFileSystem files, LogId log, TextWriter output)
    {
        using IDisposable held = files.LockExclusively();
        List<long> generations = Manifest.ListGenerations(files);
        foreach (long generation in generations)
        {
            if (Manifest.TryRead(files, generation) is not { } manifest
                || !SnapshotReader.TryRead(files, manifest, static (_, _) => { })) continue;
            output.WriteLine($"Log {log.Resource}-{log.Lane} in generation {generation}:");
            bool isWhole = true;
            foreach (SegmentEntry entry in manifest.Segments)
                if (entry.Log == log) isWhole &= WriteSegment(files, manifest.Secret, entry, output);
            SnapshotReader.TryRead(files, manifest, (kind, payload) => WriteEntry(log, kind, payload, output));
            return isWhole;
        }

        output.WriteLine(generations.Count == 0 ? "There is no checkpoint yet." : "No checkpoint is whole.");
        return generations.Count == 0;
    }

    private static bool WriteSegment(IFileSystem files, ulong secret, SegmentEntry entry, TextWriter output)
    {
        if (entry.Remote is { } remote)
        {
            output.WriteLine(
                $"{remote.Name}: {entry.Records} records from {entry.BaseOffset} are in the object store.");
            return true;
        }

        string path = entry.Path;
        if (!files.Exists(path))
        {
            output.WriteLine($"! {path} is missing.");
            return false;
        }

        using IFile file = files.Open(path, FileOpening.Read);
        int length = (int)Math.Min(entry.Length, file.Length);
        output.WriteLine($"{path}: {length} of {entry.Length} bytes{Compacted(entry)}");
        int damaged = SegmentScan.Visit(
            file,
            new SegmentExtent(length, entry.BaseOffset, entry.LastOffset, entry.MaxTime, entry.Records),
            entry.SaltFor(secret), SegmentFormat.HeaderBytes,
            (_, offset, time, payload) =>
            {
                WriteRecord(offset, time, payload, output);
                return true;
            },
            position => output.WriteLine($"! {path} is damaged at byte {position}."));
        return damaged == 0 && length == entry.Length;
    }

    private static string Compacted(SegmentEntry entry) => entry.Generation == 0 ? "" :
        $", compacted: {entry.Records} records up to the offset {entry.LastOffset}, {entry.Tombstones} tombstones, " +
        $"cleaned {RecordText.Time(entry.CleanedAt)}";

    private static void WriteEntry(LogId log, byte kind, ReadOnlySpan<byte> payload, TextWriter output)
    {
        if (kind is not (SnapshotFormat.RecordsKind or SnapshotFormat.LogKind)
            || SnapshotFormat.ReadLogId(payload) != log) return;
        payload = payload[SnapshotFormat.LogHeaderBytes..];
        if (kind == SnapshotFormat.LogKind)
        {
            output.WriteLine($"The next offset is {BinaryPrimitives.ReadInt64LittleEndian(payload)}.");
            return;
        }

        output.WriteLine("In the snapshot:");
        while (SnapshotFormat.TryReadRider(ref payload, out long offset, out long time, out ReadOnlySpan<byte> record))
            WriteRecord(offset, time, record, output);
    }

    private static void WriteRecord(long offset, long time, ReadOnlySpan<byte> payload, TextWriter output) =>
        output.WriteLine(
            $"  {offset}  {RecordText.Time(time)}  {payload.Length} bytes  {RecordText.Preview(payload)}");
}
