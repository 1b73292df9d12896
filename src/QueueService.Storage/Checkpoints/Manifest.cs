using System.Globalization;
using System.Text;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tiering;

namespace QueueService.Storage.Checkpoints;

/// <summary>One segment file as a manifest names it: bytes beyond the length were never promised.</summary>
internal sealed record SegmentEntry(
    LogId Log, long BaseOffset, int Length, long LastOffset, long MaxTime, int Records)
{
    /// <summary>Null while it is a file here.</summary>
    public RemoteObject? Remote { get; init; }

    /// <summary>Above 0 when compaction wrote it; the next two are of such segments only.</summary>
    public int Generation { get; init; }

    public long CleanedAt { get; init; }

    public int Tombstones { get; init; }

    public string Path => SegmentFormat.PathOf(Log, BaseOffset, Generation);

    public uint SaltFor(ulong secret) => SegmentFormat.SaltOf(secret, Log, BaseOffset, Generation);
}

/// <summary>
/// The root of one checkpoint: which files belong to it, how long they are, and where the journal takes over. A text
/// file, so that a person can read it; its last line is the crc of the lines before.
/// <code>
/// queueservice-manifest 3
/// generation 7
/// incarnation 3
/// secret 5d41402abc4b2a76
/// captured 81290          (frames up to here are in the snapshot)
/// last 81333              (frames up to here existed when the last resource was captured)
/// time 1795258391000
/// clean 0
/// snapshot 1048576        (bytes of snapshots/000000000007.snapshot)
/// segment 12 0 4096 67108864 500000 1795258391000 495904   (resource lane base length last max-time records,
///     and when compaction wrote it: generation cleaned-at tombstones, which version 1 did not have)
/// remote 5d41…/0000000012-0/00000000000000004096.00000003-00000001 67117080 1795258301000
///     (the segment before is not a file but an object: name bytes first-time; from version 3 on)
/// crc 1a2b3c4d
/// </code>
/// Written as manifest-000000000007.tmp, synced, renamed, and the folder synced: it is there as a whole or not at all.
/// </summary>
internal sealed record Manifest(
    long Generation, uint Incarnation, ulong Secret, ulong Captured, ulong Last, long Time, bool Clean,
    long SnapshotBytes, IReadOnlyList<SegmentEntry> Segments)
{
    private const string Magic = "queueservice-manifest";
    private const int Version = 3;
    private const string Prefix = "manifest-";

    public static string SnapshotFolder => "snapshots";

    public static string PathOf(long generation) => $"{Prefix}{generation:D12}";

    public static string SnapshotPathOf(long generation) => $"{SnapshotFolder}/{generation:D12}.snapshot";

    /// <summary>The generations that have a manifest file, newest first.</summary>
    public static List<long> ListGenerations(IFileSystem files)
    {
        var generations = new List<long>();
        foreach (string name in files.ListFiles(""))
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal)
                && long.TryParse(
                    name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long n))
                generations.Add(n);
        }

        generations.Sort(static (a, b) => b.CompareTo(a));
        return generations;
    }

    public void Write(IFileSystem files)
    {
        var text = new StringBuilder();
        text.Append(Magic).Append(' ').Append(LowestVersion()).Append('\n')
            .Append("generation ").Append(Generation).Append('\n')
            .Append("incarnation ").Append(Incarnation).Append('\n')
            .Append("secret ").Append(Secret.ToString("x16", CultureInfo.InvariantCulture)).Append('\n')
            .Append("captured ").Append(Captured).Append('\n')
            .Append("last ").Append(Last).Append('\n')
            .Append("time ").Append(Time).Append('\n')
            .Append("clean ").Append(Clean ? 1 : 0).Append('\n')
            .Append("snapshot ").Append(SnapshotBytes).Append('\n');
        foreach (SegmentEntry segment in Segments)
        {
            text.Append("segment ").Append(segment.Log.Resource).Append(' ').Append(segment.Log.Lane).Append(' ')
                .Append(segment.BaseOffset).Append(' ').Append(segment.Length).Append(' ').Append(segment.LastOffset)
                .Append(' ').Append(segment.MaxTime).Append(' ').Append(segment.Records);
            if (segment.Generation > 0)
            {
                text.Append(' ').Append(segment.Generation).Append(' ').Append(segment.CleanedAt)
                    .Append(' ').Append(segment.Tombstones);
            }

            text.Append('\n');
            if (segment.Remote is { } remote)
            {
                text.Append("remote ").Append(remote.Name).Append(' ').Append(remote.Bytes)
                    .Append(' ').Append(remote.FirstTime).Append('\n');
            }
        }

        byte[] body = Encoding.ASCII.GetBytes(text.ToString());
        byte[] crc = Encoding.ASCII.GetBytes($"crc {Checksum.Compute(0, body):x8}\n");
        string path = PathOf(Generation);
        string unfinished = $"{path}.tmp";
        try
        {
            if (files.Exists(unfinished)) files.Delete(unfinished);
            using (IFile file = files.Open(unfinished, FileOpening.New))
            {
                file.Write(body, 0);
                file.Write(crc, body.Length);
                file.Sync();
            }

            files.Rename(unfinished, path);
            files.SyncDirectory("");
        }
        catch (IOException)
        {
            Discard(files, unfinished);
            Discard(files, path);
            throw;
        }
    }

    /// <summary>The first one that can say what this one says: older programs read what they know.</summary>
    private int LowestVersion() =>
        Segments.Any(static segment => segment.Remote is not null) ? Version
        : Segments.Any(static segment => segment.Generation > 0) ? 2
        : 1;

    /// <summary>Reads one generation's manifest; null when it is damaged.</summary>
    /// <exception cref="UnknownFormatException">A newer version wrote it.</exception>
    public static Manifest? TryRead(IFileSystem files, long generation)
    {
        byte[] bytes;
        using (IFile file = files.Open(PathOf(generation), FileOpening.Read))
        {
            bytes = new byte[file.Length];
            if (file.Read(bytes, 0) != bytes.Length) return null;
        }

        string text = Encoding.ASCII.GetString(bytes);
        int end = text.LastIndexOf("crc ", StringComparison.Ordinal);
        if (end < 0 || text[end..] != $"crc {Checksum.Compute(0, bytes.AsSpan(0, end)):x8}\n") return null;
        return Parse(text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Best effort: a manifest that comes back after a crash is whole, and older than the next one.</summary>
    private static void Discard(IFileSystem files, string path)
    {
        try
        {
            if (files.Exists(path)) files.Delete(path);
        }
        catch (IOException)
        {
            // The failure that led here is the one to report.
        }
    }

    private static Manifest Parse(string[] lines)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var segments = new List<SegmentEntry>();
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            if (words[0] == "remote")
            {
                var remote = new RemoteObject(words[1], long.Parse(words[2]), long.Parse(words[3]));
                segments[^1] = segments[^1] with { Remote = remote };
                continue;
            }

            if (words[0] != "segment")
            {
                values[words[0]] = words[1];
                continue;
            }

            segments.Add(new SegmentEntry(
                new LogId(uint.Parse(words[1]), ushort.Parse(words[2])), long.Parse(words[3]), int.Parse(words[4]),
                long.Parse(words[5]), long.Parse(words[6]), int.Parse(words[7]))
            {
                Generation = words.Length > 8 ? int.Parse(words[8]) : 0,
                CleanedAt = words.Length > 8 ? long.Parse(words[9]) : 0,
                Tombstones = words.Length > 8 ? int.Parse(words[10]) : 0,
            });
        }

        if (int.Parse(values[Magic]) > Version)
            throw new UnknownFormatException($"manifest version {values[Magic]}", Version);
        return new Manifest(
            long.Parse(values["generation"]), uint.Parse(values["incarnation"]),
            ulong.Parse(values["secret"], NumberStyles.HexNumber), ulong.Parse(values["captured"]),
            ulong.Parse(values["last"]), long.Parse(values["time"]), values["clean"] == "1",
            long.Parse(values["snapshot"]), segments);
    }
}
