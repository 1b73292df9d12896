using QueueService.Storage.Files;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;
using static QueueService.Storage.Tests.Inspection.InspectedStore;

namespace QueueService.Storage.Tests.Inspection;

public sealed class StoreVerifierTests
{
    [Fact]
    public void A_store_that_was_closed_is_sound_and_replays_nothing()
    {
        var (isSound, text) = Verify(Close());
        Assert.True(isSound, text);
        Assert.Contains("replays 0 frames", text, StringComparison.Ordinal);
        Assert.Contains("written at an orderly stop", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_store_is_sound_and_says_what_a_start_does()
    {
        var disk = Kill(tail: 10);
        var (isSound, text) = Verify(disk);
        Assert.True(isSound, text);
        Assert.Contains("continues from generation 3 and replays 10 frames", text, StringComparison.Ordinal);
        using var life = StoreLife.Open(disk);
        Assert.Equal(10, life.Store.Replayed.Frames);
    }

    [Fact]
    public void Whatever_a_crash_leaves_is_sound() => Seeds.RunAll(ci: 150, soak: 10_000, static seed =>
        new CrashRun(seed, static disk =>
        {
            var (isSound, text) = Verify(disk);
            Assert.True(isSound, text);
            return disk;
        }).Run(lives: 5));

    [Fact]
    public void An_empty_directory_is_sound() => Assert.True(Verify(new SimulatedDisk()).IsSound);

    [Fact]
    public void Verifying_changes_nothing()
    {
        var disk = Kill();
        FlipInJournal(disk);
        var before = Content(disk);
        bool changed = false;
        disk.Observer = happening => changed |= happening.Operation >= DiskOperation.Create;
        Verify(disk);
        Assert.False(changed);
        var after = Content(disk);
        Assert.Equal(before.Select(static file => file.Path), after.Select(static file => file.Path));
        Assert.All(before.Zip(after), static pair => Assert.Equal(pair.First.Bytes, pair.Second.Bytes));
    }

    [Fact]
    public void The_directory_of_a_running_store_is_refused()
    {
        var disk = new SimulatedDisk();
        using var life = StoreLife.Open(disk);
        var refusal = Assert.Throws<IOException>(() => Verify(disk));
        Assert.Contains("in use by another process", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_the_journal_is_found_and_a_start_refuses_it_too()
    {
        var disk = Kill();
        string path = FlipInJournal(disk);
        AssertDamaged(disk, path, "byte", "would refuse");
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
    }

    [Fact]
    public void A_flipped_bit_in_the_header_of_a_journal_file_is_found_and_a_start_refuses_it_too()
    {
        var disk = Kill();
        string path = Newest(disk, "journal", ".journal");
        disk.FlipBit(path, 20, 0);
        AssertDamaged(disk, path, "byte 0", "would refuse");
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
    }

    [Fact]
    public void A_torn_last_batch_is_no_damage()
    {
        var disk = Kill();
        FlipInJournal(disk, pagesBeforeEnd: 1);
        var (isSound, text) = Verify(disk);
        Assert.True(isSound, text);
        Assert.Contains("the last batch lacks 133 bytes", text, StringComparison.Ordinal);
        using var life = StoreLife.Open(disk);
    }

    [Fact]
    public void Damage_to_the_last_batch_before_an_orderly_stop_is_found_and_a_start_refuses_it_too()
    {
        var disk = Close();
        string path = FlipInJournal(disk, pagesBeforeEnd: 1);
        AssertDamaged(disk, path, "was durable", "would refuse");
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
    }

    [Fact]
    public void Damage_in_a_journal_file_that_only_the_older_checkpoint_needs_is_found_and_a_start_succeeds()
    {
        var disk = Kill();
        string path = "journal/" + disk.ListFiles("journal").First(
            static name => name.EndsWith(".journal", StringComparison.Ordinal));
        Assert.NotEqual(Newest(disk, "journal", ".journal"), path);
        disk.FlipBit(path, 4096 + 48 + 24 + 20, 1);
        AssertDamaged(disk, path, "Only the older checkpoint", "would still succeed");
        using var life = StoreLife.Open(disk);
    }

    [Fact]
    public void A_flipped_bit_in_a_segment_is_found_with_its_place_and_a_start_succeeds()
    {
        var disk = Kill();
        string path = Newest(disk, "logs/0000000012-0", ".log");
        disk.FlipBit(path, 40 + 224 + 100, 5);
        AssertDamaged(disk, path, "byte 264", "would still succeed");
        using var life = StoreLife.Open(disk);
    }

    [Fact]
    public void A_segment_that_is_missing_or_short_is_found_and_a_start_refuses_it_too()
    {
        var disk = Kill();
        string path = Newest(disk, "logs/0000000012-0", ".log");
        using (IFile file = disk.Open(path, FileOpening.Existing))
            file.SetLength(file.Length - 1);
        AssertDamaged(disk, path, "were synced", "would refuse");
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
        disk.Delete(path);
        AssertDamaged(disk, path, "is missing", "would refuse");
    }

    [Fact]
    public void A_flipped_bit_in_a_snapshot_is_found_and_the_older_generation_is_chosen()
    {
        var disk = Kill();
        string path = Newest(disk, "snapshots", ".snapshot");
        disk.FlipBit(path, 3, 0);
        AssertDamaged(disk, path, "at byte 0", "generation 2", "would still succeed");
        using var life = StoreLife.Open(disk);
        Assert.Equal(410, life.Log(Busy).End);
    }

    [Fact]
    public void A_flipped_bit_in_a_manifest_is_found_and_the_older_generation_is_chosen()
    {
        var disk = Kill();
        string path = Newest(disk, "", "manifest-");
        disk.FlipBit(path, 30, 0);
        AssertDamaged(disk, path, "generation 2", "would still succeed");
        using var life = StoreLife.Open(disk);
        Assert.Equal(410, life.Log(Busy).End);
    }

    [Fact]
    public void Without_any_readable_manifest_a_start_refuses()
    {
        var disk = Kill();
        foreach (string name in disk.ListFiles(""))
            if (name.StartsWith("manifest-", StringComparison.Ordinal)) disk.FlipBit(name, 30, 0);
        AssertDamaged(disk, "manifest-", "No checkpoint", "would refuse");
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
    }

    private static void AssertDamaged(SimulatedDisk disk, params string[] expected)
    {
        var (isSound, text) = Verify(disk);
        Assert.False(isSound, text);
        Assert.All(expected, part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    /// <summary>Flips a bit of a frame in the newest journal file: every commit of the tail takes one page.</summary>
    private static string FlipInJournal(SimulatedDisk disk, int pagesBeforeEnd = 5)
    {
        string path = Newest(disk, "journal", ".journal");
        using IFile file = disk.Open(path, FileOpening.Read);
        byte[] page = new byte[4];
        long end = 4096;
        while (file.Read(page, end) == 4 && page.AsSpan().SequenceEqual("QSB1"u8))
            end += 4096;
        disk.FlipBit(path, end - (pagesBeforeEnd * 4096) + 48 + 24 + 20, 1);
        return path;
    }
}
