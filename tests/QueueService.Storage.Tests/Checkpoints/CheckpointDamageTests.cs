using QueueService.Storage.Checkpoints;
using QueueService.Storage.Files;
using QueueService.Storage.Tests.Journal;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Checkpoints;

/// <summary>R4 for snapshots and manifests: damage is seen, and the checkpoint before takes over with the same state.
/// </summary>
public sealed class CheckpointDamageTests
{
    [Fact]
    public void A_flipped_bit_anywhere_in_a_manifest_is_seen()
    {
        var (disk, _) = ThreeCheckpoints();
        using var file = new MemoryFile(ReadAll(disk, Manifest.PathOf(3)));
        Assert.NotNull(Manifest.TryRead(file, 3));
        for (int bit = 0; bit < file.Bytes.Length * 8; bit++)
        {
            file.Flip(bit);
            Assert.Null(Manifest.TryRead(file, 3));
            file.Flip(bit);
        }
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_a_snapshot_is_seen_before_anything_of_it_is_used()
    {
        var (disk, _) = ThreeCheckpoints();
        var manifest = Manifest.TryRead(disk, 3)!;
        using var file = new MemoryFile(ReadAll(disk, Manifest.SnapshotPathOf(3)));
        Assert.True(SnapshotReader.TryRead(file, manifest, static (_, _) => { }));
        for (int bit = 0; bit < file.Bytes.Length * 8; bit++)
        {
            file.Flip(bit);
            Assert.False(SnapshotReader.TryRead(file, manifest, static (_, _) => Assert.Fail("Damage was used.")));
            file.Flip(bit);
        }
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("snapshot")]
    public void With_the_newest_checkpoint_damaged_anywhere_the_one_before_gives_the_same_state(string kind)
    {
        var (template, model) = ThreeCheckpoints();
        string path = kind == "manifest" ? Manifest.PathOf(3) : Manifest.SnapshotPathOf(3);
        int bits = ReadAll(template, path).Length * 8;
        for (int bit = 0; bit < bits; bit += 61)
        {
            var disk = template.KillProcess();
            disk.FlipBit(path, bit / 8, bit % 8);
            using (var life = StoreLife.Open(disk))
            {
                life.AssertIs(model);

                // The damaged one is gone, so that no later start can choose it after its segments were deleted.
                Assert.Equal([2], Manifest.ListGenerations(disk));
                disk = disk.PowerCut((ulong)bit);
            }

            using var next = StoreLife.Open(disk);
            next.AssertIs(model);
            next.Store.CheckpointNow(5000);
            Assert.Equal([3, 2], Manifest.ListGenerations(disk));
        }
    }

    [Fact]
    public void With_the_only_checkpoint_damaged_the_journal_alone_gives_the_state()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        using (var life = StoreLife.Open(disk))
        {
            Fill(life, model, 30);
            life.Store.CheckpointNow(2000);
            Fill(life, model, 5);
            disk = disk.KillProcess();
        }

        disk.FlipBit(Manifest.SnapshotPathOf(1), 20, 3);
        using var next = StoreLife.Open(disk);
        next.AssertIs(model);
        Assert.Equal(35, next.Store.Replayed.Frames);
    }

    [Fact]
    public void With_both_checkpoints_damaged_the_start_is_refused_and_nothing_is_deleted()
    {
        var (disk, _) = ThreeCheckpoints();
        disk.FlipBit(Manifest.SnapshotPathOf(2), 20, 3);
        disk.FlipBit(Manifest.SnapshotPathOf(3), 20, 3);
        string[] before = Names(disk);
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
        Assert.Equal(before, Names(disk));
    }

    [Fact]
    public void Without_its_journal_a_store_that_had_a_checkpoint_is_refused()
    {
        var (disk, _) = ThreeCheckpoints();
        foreach (string name in disk.ListFiles("journal"))
            disk.Delete($"journal/{name}");
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
    }

    [Fact]
    public void A_missing_journal_file_in_the_middle_is_refused()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk, JournalImage.Options))
        {
            Fill(life, new NaiveModel(), 60);
            disk = disk.KillProcess();
        }

        var numbered =
            disk.ListFiles("journal").Where(static name => name.EndsWith(".journal", StringComparison.Ordinal));
        disk.Delete($"journal/{numbered.Skip(1).First()}");
        var refused = Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
        Assert.Contains("should hold the frames", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_of_a_newer_version_is_refused_and_nothing_is_changed()
    {
        var (disk, _) = ThreeCheckpoints();
        byte[] body = ReadAll(disk, Manifest.PathOf(3));
        string text = System.Text.Encoding.ASCII.GetString(body).Replace(
            "manifest 1\n", "manifest 99\n", StringComparison.Ordinal);
        text = text[..text.LastIndexOf("crc ", StringComparison.Ordinal)];
        text += $"crc {Checksum.Compute(0, System.Text.Encoding.ASCII.GetBytes(text)):x8}\n";
        disk.Delete(Manifest.PathOf(3));
        using (var file = disk.Open(Manifest.PathOf(3), FileOpening.New))
            file.Write(System.Text.Encoding.ASCII.GetBytes(text), 0);
        string[] before = Names(disk);
        Assert.Throws<UnknownFormatException>(() => StoreLife.Open(disk));
        Assert.Equal(before, Names(disk));
    }

    /// <summary>Two checkpoints are left, a third was recycled, and the journal goes on after them.</summary>
    private static (SimulatedDisk Disk, NaiveModel Model) ThreeCheckpoints()
    {
        var disk = new SimulatedDisk();
        var model = new NaiveModel();
        using var life = StoreLife.Open(disk);
        for (int i = 0; i < 3; i++)
        {
            Fill(life, model, 30);
            life.Store.CheckpointNow(2000);
            life.Store.Housekeep(2000);
        }

        Fill(life, model, 10);
        Assert.Equal([3, 2], Manifest.ListGenerations(disk));
        return (disk.KillProcess(), model);
    }

    private static void Fill(StoreLife life, NaiveModel model, int frames)
    {
        for (int i = 0; i < frames; i++)
        {
            ModelRecord[] records = model.Resources.Count == 0
                ? [StoreLife.Create(1, stream: true), StoreLife.Create(2)]
                : [StoreLife.Append(1, 700 + i), StoreLife.Append(2, 20 + i), StoreLife.Terminal(2, 2 * i)];
            life.Commit(1000, records);
            model.Apply(new ModelFrame(1000, records));
            life.Store.Housekeep(1000);
        }
    }

    private static byte[] ReadAll(SimulatedDisk disk, string path)
    {
        using var file = disk.Open(path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }

    private static string[] Names(SimulatedDisk disk) =>
    [
        .. disk.ListFiles(""), .. disk.ListFiles("journal"), .. disk.ListFiles("snapshots"),
        .. disk.ListFolders("logs").SelectMany(folder => disk.ListFiles($"logs/{folder}")),
    ];
}
