using QueueService.Storage.Journaling;
using QueueService.Storage.Tests.Recovery;

namespace QueueService.Storage.Tests.Journal;

/// <summary>R4 for the journal: a flipped bit is refused, or cut when nothing says that it was durable.</summary>
public sealed class JournalDamageTests
{
    [Fact]
    public void A_flipped_bit_in_a_batch_that_a_later_one_calls_durable_is_refused_and_one_in_the_last_batch_is_cut()
    {
        var image = JournalImage.Create();
        var header = image.Header;
        var all = JournalImage.Read(image.Disk, header);
        int last = image.Frames[^1].Batch;
        using var file = new MemoryFile(image.Bytes);
        int refused = 0;
        for (int bit = 4096 * 8; bit < image.End * 8; bit++)
        {
            bool matters = IsCovered(image, bit / 8);
            file.Flip(bit);
            try
            {
                var frames = JournalImage.Read(file, header);
                Assert.True(!matters || bit / 8 >= last, $"The flipped bit {bit} was not seen.");
                JournalImage.AssertPrefix(all, frames, KeptBy(image, matters, bit / 8));
            }
            catch (CorruptStoreException)
            {
                Assert.True(matters && bit / 8 < last, $"The flipped bit {bit} was refused.");
                refused++;
            }

            file.Flip(bit);
        }

        Assert.True(refused > 1000);
    }

    [Fact]
    public void A_flipped_bit_in_the_header_of_a_file_is_refused()
    {
        var image = JournalImage.Create();
        for (int bit = 0; bit < 48 * 8; bit++)
        {
            byte[] bytes = [.. image.Bytes];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(JournalFormat.TryReadFileHeader(bytes.AsSpan(0, 64), out _));
            if (bit % 8 != 0)
                continue;
            var disk = image.With(bytes);
            Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk, JournalImage.Options));
        }
    }

    [Fact]
    public void A_damaged_batch_among_unsynced_ones_is_cut_with_everything_after_it()
    {
        var image = JournalImage.Create(sync: false);
        var (batch, start, _) = image.Frames[image.Frames.Count / 2];
        byte[] bytes = [.. image.Bytes];
        bytes[start + 30] ^= 1;
        using var life = StoreLife.Open(image.With(bytes), JournalImage.Options);
        Assert.Equal(image.Frames.Count(frame => frame.End <= start), (int)life.Store.NextSequence - 1);
        Assert.True(batch < start);
    }

    private static bool IsCovered(JournalImage image, int position) => image.Frames.Exists(
        frame => (position >= frame.Batch && position < frame.Batch + 48)
            || (position >= frame.Start && position < frame.End));

    private static bool InHeader(JournalImage image, int position) =>
        image.Frames.Exists(frame => position >= frame.Batch && position < frame.Batch + 48);

    private static int KeptBy(JournalImage image, bool matters, int position)
    {
        if (!matters)
            return image.Frames.Count;
        return InHeader(image, position)
            ? image.Frames.Count(frame => frame.Batch < image.Frames[^1].Batch)
            : image.Frames.Count(frame => frame.End <= position);
    }
}
