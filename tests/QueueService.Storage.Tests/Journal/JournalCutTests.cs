using QueueService.Storage.Files;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Journal;

/// <summary>R3: the active journal file is cut at every byte offset.</summary>
public sealed class JournalCutTests
{
    [Fact]
    public void A_journal_file_cut_at_any_byte_holds_exactly_the_frames_that_end_before_the_cut()
    {
        var image = JournalImage.Create();
        var header = image.Header;
        var all = JournalImage.Read(image.Disk, header);
        Assert.Equal(image.Frames.Count, all.Count);
        Assert.True(all.Count > 20);
        using var memory = new MemoryFile(image.Bytes);
        for (int cut = image.Bytes.Length; cut >= 64; cut--)
        {
            memory.Length = cut;
            var frames = JournalImage.Read(memory, header);
            JournalImage.AssertPrefix(all, frames, image.Frames.Count(frame => frame.End <= cut));
        }
    }

    [Fact]
    public void A_store_whose_journal_was_cut_opens_with_the_frames_before_the_cut_and_goes_on()
    {
        var image = JournalImage.Create();
        foreach (int cut in image.Frames.SelectMany(static frame =>
            new[] { frame.Batch, frame.Batch + 47, frame.Start, frame.Start + 1, frame.End - 1, frame.End, frame.End + 1 }))
        {
            int kept = image.Frames.Count(frame => frame.End <= cut);
            var disk = image.With(image.Bytes.AsSpan(0, cut));
            using (var life = StoreLife.Open(disk, JournalImage.Options))
            {
                Assert.Equal((ulong)kept + 1, life.Store.NextSequence);
                if (kept == 0)
                    life.Commit(1000, StoreLife.Create(1, stream: true));
                life.Commit(1000, StoreLife.Append(1, 5));
                disk = disk.PowerCut((ulong)cut);
            }

            using var next = StoreLife.Open(disk, JournalImage.Options);
            long last = next.Log(1).End - 1;
            Assert.Equal(Math.Max(kept - 1, 0), last);
            Assert.Equal(5, next.Read(1, last)!.Value.Payload.Length);
        }
    }

    [Fact]
    public void A_journal_file_without_a_whole_header_is_refused_because_the_header_was_durable_before_the_name()
    {
        var image = JournalImage.Create();
        for (int cut = 0; cut < 64; cut++)
        {
            var disk = image.With(image.Bytes.AsSpan(0, cut));
            Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk, JournalImage.Options));
        }
    }

    [Fact]
    public void A_journal_cut_below_what_a_checkpoint_promised_is_refused()
    {
        var disk = new SimulatedDisk();
        using (var life = StoreLife.Open(disk, JournalImage.Options))
        {
            life.Commit(1000, StoreLife.Create(1));
            life.Commit(1000, StoreLife.Append(1, 10));
            life.Store.CheckpointNow(1000);
            disk = disk.KillProcess();
        }

        using (var file = disk.Open(JournalImage.Path, FileOpening.Existing))
            file.SetLength(8192);
        var refused = Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk, JournalImage.Options));
        Assert.Contains("2 was durable", refused.Message, StringComparison.Ordinal);
    }
}
