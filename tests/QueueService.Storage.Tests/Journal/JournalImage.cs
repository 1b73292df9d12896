using QueueService.Storage.Files;
using QueueService.Storage.Journaling;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Journal;

/// <summary>A store whose only journal file is full of batches, with the place of each frame worked out by hand.
/// </summary>
internal sealed class JournalImage
{
    public const string Path = "journal/00000000000000000001.journal";

    public static readonly StorageOptions Options = StoreLife.TinyOptions with
    {
        CheckpointJournalBytes = long.MaxValue,
        CheckpointIntervalMilliseconds = long.MaxValue,
        TailCacheBytes = 1 << 20,
    };

    /// <summary>Where each frame starts and ends, and where its batch starts.</summary>
    public List<(int Batch, int Start, int End)> Frames { get; } = [];

    public History History { get; } = new();

    public SimulatedDisk Disk { get; private set; } = new();

    /// <summary>Where the next batch would start.</summary>
    public int End { get; private set; } = 4096;

    public byte[] Bytes { get; private set; } = [];

    public JournalFileHeader Header { get; private set; }

    /// <param name="sync">Whether each batch is synced, so that the next one calls it durable.</param>
    public static JournalImage Create(bool sync = true, int until = 64 << 10)
    {
        var image = new JournalImage();
        using (var life = StoreLife.Open(image.Disk, Options))
        {
            life.Store.Housekeep(1000);
            image.Commit(life, sync, StoreLife.Create(1, stream: true));
            for (int i = 0; image.End + 12_288 <= until; i++)
                image.Commit(life, sync, [.. Enumerable.Range(0, 1 + (i % 4)).Select(
                    frame => StoreLife.Append(1, 1 + (i * 97 % 900) + (frame * 700)))]);
            image.Disk = image.Disk.KillProcess();
        }

        using var file = image.Disk.Open(Path, FileOpening.Read);
        image.Bytes = new byte[file.Length];
        file.Read(image.Bytes, 0);
        image.Header = JournalFiles.List(image.Disk).First(static header => header.Number == 1);
        return image;
    }

    /// <summary>A copy of the disk with other contents in the file.</summary>
    public SimulatedDisk With(ReadOnlySpan<byte> bytes)
    {
        var copy = Disk.KillProcess();
        using var file = copy.Open(Path, FileOpening.Existing);
        file.SetLength(0);
        file.Write(bytes, 0);
        file.Sync();
        return copy;
    }

    /// <summary>The first frames of one list must be the frames of the other.</summary>
    public static void AssertPrefix(List<byte[]> all, List<byte[]> frames, int count)
    {
        Assert.Equal(count, frames.Count);
        for (int i = 0; i < count; i++)
            Assert.True(all[i].AsSpan().SequenceEqual(frames[i]), $"Frame {i} differs.");
    }

    /// <summary>Reads the journal alone: what each frame held.</summary>
    public static List<byte[]> Read(IFileSystem disk, JournalFileHeader header)
    {
        var frames = new List<byte[]>();
        JournalReader.Read(disk, [header], (_, _, records) => frames.Add(records.ToArray()));
        return frames;
    }

    private void Commit(StoreLife life, bool sync, params ModelRecord[] records)
    {
        int at = End + 48;
        var frames = new List<ModelFrame>();
        foreach (var record in records)
        {
            var frame = new ModelFrame(1000, [record]);
            frames.Add(frame);
            History.Add(frame);
            History.Now.Apply(frame);
            int end = at + 24 + 9 + record.Payload.Length;
            Frames.Add((End, at, end));
            at = end;
        }

        life.Commit(frames, sync);
        History.NoteCommit(sync);
        End = (at + 4095) / 4096 * 4096;
    }
}
