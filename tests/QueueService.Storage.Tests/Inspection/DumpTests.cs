using QueueService.Storage.Inspection;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;
using static QueueService.Storage.Tests.Inspection.InspectedStore;

namespace QueueService.Storage.Tests.Inspection;

public sealed class DumpTests
{
    [Fact]
    public void A_log_is_printed_with_all_records_of_the_newest_checkpoint()
    {
        var (isWhole, text) = Dump(Close(), Busy);
        Assert.True(isWhole, text);
        var records = text.Split('\n').Where(static line => line.StartsWith("  ", StringComparison.Ordinal)).ToList();
        Assert.Equal(400, records.Count);
        Assert.All(records.Index(), static record => Assert.StartsWith(
            $"  {record.Index}  2026-11-21T10:53:11.000Z  200 bytes  ", record.Item, StringComparison.Ordinal));
        Assert.Contains("logs/0000000012-0/", text, StringComparison.Ordinal);
        Assert.Contains("The next offset is 400.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quiet_log_is_printed_from_the_snapshot_with_nothing_that_a_terminal_would_obey()
    {
        var (isWhole, text) = Dump(Close(), Quiet);
        Assert.True(isWhole, text);
        Assert.Contains("In the snapshot:", text, StringComparison.Ordinal);
        Assert.Contains("11 bytes  hello.queue", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_record_is_named_and_its_neighbours_are_printed()
    {
        var disk = Kill();
        string path = Newest(disk, "logs/0000000012-0", ".log");
        disk.FlipBit(path, 40 + 224 + 100, 5);
        var (isWhole, text) = Dump(disk, Busy);
        Assert.False(isWhole, text);
        Assert.Contains($"{path} is damaged at byte 264", text, StringComparison.Ordinal);
        Assert.Contains("The next offset is 400.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_journal_is_printed_frame_by_frame()
    {
        using var output = new StringWriter();
        Assert.True(JournalDump.Write(Kill(tail: 3), output), output.ToString());
        Assert.Contains(
            "frame 405  2026-11-21T10:53:11.000Z\n  resource 12  type 1  100 bytes\n" +
            "The journal ends after frame 405.\n",
            output.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void Dumping_changes_nothing_and_refuses_a_running_store()
    {
        var disk = Kill();
        bool changed = false;
        disk.Observer = happening => changed |= happening.Operation >= DiskOperation.Create;
        Dump(disk, Busy);
        JournalDump.Write(disk, TextWriter.Null);
        Assert.False(changed);
        disk.Observer = null;

        using var life = StoreLife.Open(disk);
        Assert.Throws<IOException>(() => Dump(disk, Busy));
        Assert.Throws<IOException>(() => JournalDump.Write(disk, TextWriter.Null));
    }

    private static (bool IsWhole, string Text) Dump(SimulatedDisk disk, uint resource)
    {
        using var output = new StringWriter();
        return (LogDump.Write(disk, new LogId(resource, 0), output), output.ToString());
    }
}
