using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Journal;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Logs;

/// <summary>Segments of an earlier process have no index: places are found by looking.</summary>
public sealed class SegmentSearchTests
{
    private const uint Salt = 0xC0FFEE;

    /// <summary>Of a search that is given up: a block and four fakes, after halves of the segment that had no fake in
    /// reach.</summary>
    private const int MostReads = 20;

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 3_000)]
    [InlineData(3, 60_000)]
    public void The_place_is_at_or_a_block_before_the_wanted_offset_and_time(int seed, int largest)
    {
        var image = new Image(seed, 1_200_000, largest, static (random, body) => random.Fill(body));
        image.Check();
        Assert.InRange(image.Segment.Points.Length, 1, 32);
    }

    [Fact]
    public void Bodies_that_look_like_records_lead_nowhere()
    {
        // Headers of records that would be next, with a crc that only the store can make.
        var image = new Image(4, 600_000, 30_000, static (random, body) =>
        {
            for (int at = 0; at + SegmentFormat.RecordHeaderBytes <= body.Length; at += SegmentFormat.RecordHeaderBytes)
            {
                byte[] fake = new byte[SegmentFormat.RecordHeaderBytes + 200];
                SegmentFormat.WriteRecord(fake, Salt + 1, 1 + random.Next(59), 1_000 + random.Next(60), new byte[200]);
                fake.AsSpan(0, SegmentFormat.RecordHeaderBytes).CopyTo(body.AsSpan(at));
            }
        });
        image.Check(isExact: false);
    }

    [Fact]
    public void Bodies_full_of_long_fakes_are_given_up_after_a_few_reads()
    {
        // What such a header promises does not fit into what was read: each has to be fetched to be told from a record.
        const int FetchedBytes = 20_000;
        var image = new Image(7, 3_000_000, 100_000, static (random, body) =>
        {
            for (int at = 0; at + SegmentFormat.RecordHeaderBytes <= body.Length; at += SegmentFormat.RecordHeaderBytes)
            {
                byte[] fake = new byte[SegmentFormat.RecordHeaderBytes + FetchedBytes];
                SegmentFormat.WriteRecord(
                    fake, Salt + 1, 1 + random.Next(59), 1_000 + random.Next(60), new byte[FetchedBytes]);
                fake.AsSpan(0, SegmentFormat.RecordHeaderBytes).CopyTo(body.AsSpan(at));
            }
        });
        int before = image.File.Reads;
        SegmentSearch.FindOffset(image.File, image.Segment, 50);
        Assert.InRange(image.File.Reads - before, 1, MostReads);
    }

    [Fact]
    public void Damaged_records_are_passed_by()
    {
        var image = new Image(5, 600_000, 2_000, static (random, body) => random.Fill(body));
        var random = new SeededRandom(6);
        for (int i = 0; i < 500; i++)
            image.File.Flip((SegmentFormat.HeaderBytes * 8)
                + random.Next((image.Segment.Extent.Length - SegmentFormat.HeaderBytes) * 8));
        image.Check(isExact: false);
    }

    /// <summary>A segment whose offsets have holes, and some of whose records share a time.</summary>
    private sealed class Image
    {
        private readonly List<SegmentPoint> _records = [];

        public Image(int seed, int bytes, int largest, Action<SeededRandom, byte[]> fill)
        {
            var random = new SeededRandom((ulong)seed);
            byte[] file = new byte[bytes + largest + SegmentFormat.RecordHeaderBytes];
            int at = SegmentFormat.HeaderBytes;
            long offset = 0;
            long time = 1_000;
            while (at < bytes)
            {
                byte[] body = new byte[random.Next(largest)];
                fill(random, body);
                _records.Add(new SegmentPoint(at, offset, time));
                at += SegmentFormat.WriteRecord(file.AsSpan(at), Salt, offset, time, body);
                offset += 1 + random.Next(3);
                time += random.Next(3);
            }

            File = new MemoryFile(file[..at]);
            var extent = new SegmentExtent(at, 0, _records[^1].Offset, _records[^1].Time, _records.Count);
            Segment = new Segment(null!, new LogId(1, 0), 0, Salt, extent, isNew: false);
        }

        public MemoryFile File { get; }

        public Segment Segment { get; }

        /// <param name="isExact">Nothing may hinder the search.</param>
        public void Check(bool isExact = true)
        {
            for (int i = 0; i < _records.Count; i++)
            {
                Check(SegmentSearch.FindOffset(File, Segment, _records[i].Offset), _records[i].Position, isExact);
                int first = _records.FindIndex(record => record.Time >= _records[i].Time);
                Check(SegmentSearch.FindTime(File, Segment, _records[i].Time), _records[first].Position, isExact);
            }

            Check(SegmentSearch.FindOffset(File, Segment, -5), SegmentFormat.HeaderBytes, isExact: true);
        }

        private void Check(int found, int wanted, bool isExact)
        {
            Assert.True(found <= wanted, $"{found} is behind {wanted}.");
            Assert.True(found == SegmentFormat.HeaderBytes || _records.Exists(record => record.Position == found));
            if (!isExact) return;
            int between = _records.Count(record => record.Position > found + (16 << 10) && record.Position <= wanted);
            Assert.True(between <= 1, $"{between} records lie between {found} and {wanted}.");
        }
    }
}
