using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Journal;
using QueueService.Storage.Tests.Recovery;

namespace QueueService.Storage.Tests.Logs;

/// <summary>R4: every bit of a 64 KiB segment is flipped.</summary>
public sealed class SegmentDamageTests
{
    private const uint SaltSeed = 0x5EC2E7;

    [Fact]
    public void Every_flipped_bit_of_a_record_is_seen_by_its_checksum()
    {
        using var image = new SegmentImage();
        byte[] bytes = image.Bytes();
        uint salt = SegmentFormat.SaltOf(SaltSeed, new LogId(1, 0), 0);
        var places = SegmentImage.Places();
        Assert.True(places[^1] > 64 << 10);
        for (int record = 0; record + 1 < places.Count; record++)
        {
            Assert.True(SegmentFormat.IsRecord(bytes.AsSpan(places[record]), salt));
            for (int bit = places[record] * 8; bit < places[record + 1] * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(SegmentFormat.IsRecord(bytes.AsSpan(places[record]), salt));
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void A_record_with_a_flipped_bit_is_never_served_and_its_neighbours_are()
    {
        using var image = new SegmentImage();
        var places = SegmentImage.Places();
        Assert.Equal(ReadOutcome.Found, image.Read(0));
        for (int record = 0; record + 1 < places.Count; record++)
        {
            for (int at = places[record]; at < places[record + 1]; at++)
            {
                // All bits of all bytes when there is time, else all bits of the header and one of each other byte.
                bool all = Seeds.IsSoak || at < places[record] + SegmentFormat.RecordHeaderBytes;
                for (int bit = all ? 0 : at % 8; bit < (all ? 8 : (at % 8) + 1); bit++)
                {
                    image.Disk.FlipBit(image.Path, at, bit);
                    Assert.Equal(ReadOutcome.Damaged, image.Read(record));
                    if (record > 0)
                        Assert.Equal(ReadOutcome.Found, image.Read(record - 1));
                    if (record + 2 < places.Count)
                        Assert.Equal(ReadOutcome.Found, image.Read(record + 1));
                    image.Disk.FlipBit(image.Path, at, bit);
                }
            }
        }
    }

    [Fact]
    public void A_scan_finds_every_record_but_the_damaged_one_whatever_bit_of_its_header_is_flipped()
    {
        using var image = new SegmentImage();
        byte[] bytes = image.Bytes();
        uint salt = SegmentFormat.SaltOf(SaltSeed, new LogId(1, 0), 0);
        var places = SegmentImage.Places();
        using var file = new MemoryFile(bytes);
        var extent = new SegmentExtent(places[^1], 0, places.Count - 2, 3000, places.Count - 1);
        for (int record = 0; record + 1 < places.Count; record += 3)
        {
            for (int bit = 0; bit < SegmentFormat.RecordHeaderBytes * 8; bit++)
            {
                file.Flip((places[record] * 8) + bit);
                int found = 0;
                int damaged = SegmentScan.Visit(file, extent, salt, SegmentFormat.HeaderBytes, (_, offset, _, _) =>
                {
                    Assert.NotEqual(record, offset);
                    found++;
                    return true;
                });
                Assert.Equal(1, damaged);
                Assert.Equal(places.Count - 2, found);
                file.Flip((places[record] * 8) + bit);
            }
        }
    }

    [Fact]
    public void A_segment_cut_below_its_synced_length_is_refused()
    {
        using var image = new SegmentImage();
        var disk = image.Disk.KillProcess();
        using (var file = disk.Open(image.Path, FileOpening.Existing))
            file.SetLength(file.Length - 1);
        Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk));
    }

    [Fact]
    public void Bytes_behind_the_synced_length_are_cut_off_at_the_start_and_never_served()
    {
        using var image = new SegmentImage();
        var disk = image.Disk.KillProcess();
        long length;
        using (var file = disk.Open(image.Path, FileOpening.Existing))
        {
            length = file.Length;
            file.Write(new byte[5000], length);
        }

        using var life = StoreLife.Open(disk);
        using var cut = disk.Open(image.Path, FileOpening.Read);
        Assert.Equal(length, cut.Length);
        Assert.Null(life.Read(1, life.Log(1).End));
    }
}
