using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Files;

public sealed class PowerCutTests
{
    private const int Seeds = 400;
    private readonly SimulatedDisk _disk = new();

    [Fact]
    public void Everything_synced_survives_exactly()
    {
        var random = new SeededRandom(7);
        var expected = new byte[40_000];
        random.Fill(expected);
        _disk.CreateFolder("a");
        using var file = _disk.Open("a/log", FileOpening.New);
        file.Write(expected, 0);
        file.Sync();
        _disk.SyncDirectory("a");
        _disk.SyncDirectory("");
        // What follows is unsynced and elsewhere, so it must not touch the rest.
        file.Write(expected, 65_536);

        foreach (var after in Cuts())
            Assert.Equal(expected, Read(after, "a/log")[..expected.Length]);
    }

    [Fact]
    public void An_unsynced_write_is_dropped_kept_and_torn_by_sectors()
    {
        using var file = SyncedFile(16_384);
        file.Write(Filled(16_384, 2), 0);

        var kept = new HashSet<int>();
        foreach (var after in Cuts())
        {
            var sectors = Read(after, "log").Chunk(512).ToArray();
            Assert.All(sectors, static sector => Assert.Single(sector.Distinct()));
            kept.Add(sectors.Count(static sector => sector[0] == 2));
        }

        Assert.Contains(0, kept);
        Assert.Contains(32, kept);
        // An odd number of sectors cannot come from whole pages of eight.
        Assert.Contains(kept, static count => count % 8 != 0);
    }

    [Fact]
    public void A_later_write_can_survive_an_earlier_one()
    {
        using var file = SyncedFile(16_384);
        file.Write(Filled(4096, 2), 0);
        file.Write(Filled(4096, 3), 8192);

        Assert.Contains(Cuts(), static after => Read(after, "log") is [1, ..] and var bytes && bytes[8192] == 3);
        Assert.Contains(Cuts(), static after => Read(after, "log") is [2, ..] and var bytes && bytes[8192] == 1);
    }

    [Fact]
    public void A_sector_written_twice_holds_one_of_its_versions_and_never_only_the_later_write()
    {
        using var file = SyncedFile(512);
        file.Write(Filled(256, 2), 0);
        file.Write(Filled(256, 3), 256);

        var seen = Cuts().Select(static after => $"{Read(after, "log")[0]}, {Read(after, "log")[256]}").Distinct();
        Assert.Equal(["1, 1", "2, 1", "2, 3"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_length_can_survive_without_its_data_and_shows_zeros_or_garbage()
    {
        using var file = SyncedFile(4096);
        file.Write(Filled(4096, 2), 4096);

        var seen = Cuts().Select(static after => Read(after, "log")).ToList();
        Assert.All(seen, static bytes => Assert.Equal(Filled(4096, 1), bytes[..4096]));
        Assert.Contains(seen, static bytes => bytes.Length == 4096);
        Assert.Contains(seen, static bytes => bytes.Length == 8192 && !bytes.AsSpan(4096).ContainsAnyExcept((byte)0));
        Assert.Contains(seen, static bytes => bytes.Length == 8192 && bytes[4096] is not (0 or 2));
        Assert.Contains(seen, static bytes => bytes.Length == 8192 && bytes[4096] == 2);
    }

    [Fact]
    public void An_unsynced_cut_may_or_may_not_have_happened()
    {
        using var file = SyncedFile(4096);
        file.SetLength(100);

        var lengths = Cuts().Select(static after => Read(after, "log").Length).ToHashSet();
        Assert.Equal([100, 4096], lengths.Order());
    }

    [Fact]
    public void A_synced_cut_brings_no_old_bytes_back()
    {
        using var file = SyncedFile(8192);
        file.SetLength(0);
        file.SetLength(8192);
        file.Sync();

        foreach (var after in Cuts())
            Assert.Equal(new byte[8192], Read(after, "log"));
    }

    [Fact]
    public void The_same_seed_leaves_the_same_bytes()
    {
        using var file = SyncedFile(16_384);
        file.Write(Filled(16_384, 2), 100);
        using var unsynced = _disk.Open("other", FileOpening.New);

        for (ulong seed = 0; seed < 50; seed++)
        {
            var (first, second) = (_disk.PowerCut(seed), _disk.PowerCut(seed));
            Assert.Equal(Read(first, "log"), Read(second, "log"));
            Assert.Equal(first.ListFiles(""), second.ListFiles(""));
        }
    }

    [Fact]
    public void A_power_cut_ends_all_handles_and_leaves_nothing_pending()
    {
        using var file = SyncedFile(4096);
        file.Write(Filled(4096, 2), 0);
        var after = _disk.PowerCut(3);

        Assert.Throws<IOException>(() => file.Write("x"u8, 0));
        Assert.Throws<IOException>(file.Sync);
        Assert.Throws<IOException>(() => _disk.Exists("log"));
        var expected = Read(after, "log");
        Assert.All(Cuts(after), again => Assert.Equal(expected, Read(again, "log")));
    }

    [Fact]
    public void A_killed_process_loses_no_write_and_what_was_pending_still_is()
    {
        using var file = SyncedFile(4096);
        file.Write(Filled(4096, 2), 0);
        using var held = _disk.LockExclusively();
        var after = _disk.KillProcess();

        Assert.Throws<IOException>(() => file.Read(new byte[1], 0));
        Assert.Equal(Filled(4096, 2), Read(after, "log"));
        Assert.Contains(Cuts(after), static cut => Read(cut, "log")[0] == 1);
        using var again = _disk.KillProcess().LockExclusively();
    }

    [Fact]
    public void A_process_can_be_killed_at_a_chosen_change()
    {
        using var file = SyncedFile(512);
        _disk.DieAfter(1);
        file.Write(Filled(1, 2), 0);
        file.Read(new byte[1], 0);

        Assert.Throws<IOException>(() => file.Write(Filled(1, 3), 0));
        Assert.Throws<IOException>(() => file.Read(new byte[1], 0));
        Assert.Equal(2, Read(_disk.KillProcess(), "log")[0]);
    }

    [Fact]
    public void After_a_failed_sync_the_writes_are_lost_though_the_next_sync_succeeds()
    {
        using var file = SyncedFile(8192);
        file.Write(Filled(4096, 2), 0);
        _disk.Fail(DiskOperation.Sync);
        Assert.Throws<IOException>(file.Sync);
        file.Write(Filled(4096, 3), 4096);
        file.Sync();

        // The page cache goes on showing them, also to the process that starts after a kill.
        Assert.Equal(2, ReadByte(file));
        Assert.Equal(2, Read(_disk.KillProcess(), "log")[0]);
        foreach (var after in Cuts())
            Assert.Equal([.. Filled(4096, 1), .. Filled(4096, 3)], Read(after, "log"));
    }

    [Fact]
    public void A_failed_sync_of_everything_loses_the_writes_of_every_file()
    {
        using var file = SyncedFile(4096);
        file.Write(Filled(4096, 2), 0);
        _disk.Fail(DiskOperation.SyncAll);

        Assert.Throws<IOException>(_disk.SyncAll);
        _disk.SyncAll();
        Assert.All(Cuts(), static after => Assert.Equal(1, Read(after, "log")[0]));
    }

    private static byte ReadByte(IFile file)
    {
        Span<byte> single = stackalloc byte[1];
        file.Read(single, 0);
        return single[0];
    }

    private static byte[] Filled(int count, byte value)
    {
        var bytes = new byte[count];
        bytes.AsSpan().Fill(value);
        return bytes;
    }

    private static byte[] Read(SimulatedDisk disk, string path)
    {
        using var file = disk.Open(path, FileOpening.Read);
        var bytes = new byte[file.Length];
        file.Read(bytes, 0);
        return bytes;
    }

    private SimulatedDisk[] Cuts(SimulatedDisk? disk = null) =>
        [.. Enumerable.Range(0, Seeds).Select(seed => (disk ?? _disk).PowerCut((ulong)seed))];

    private IFile SyncedFile(int length)
    {
        var file = _disk.Open("log", FileOpening.New);
        file.Write(Filled(length, 1), 0);
        file.Sync();
        _disk.SyncDirectory("");
        return file;
    }
}
