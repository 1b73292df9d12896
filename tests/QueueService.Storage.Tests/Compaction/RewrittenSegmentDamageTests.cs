using QueueService.Storage.Files;
using QueueService.Storage.Logs;
using QueueService.Storage.Tests.Recovery;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Compaction;

/// <summary>R3 and R4 for the files that compaction writes: cut at every byte, every bit flipped.</summary>
public sealed class RewrittenSegmentDamageTests : IDisposable
{
    private readonly KeyedLog _log = new();
    private readonly string _path;
    private readonly List<long> _offsets;

    public RewrittenSegmentDamageTests()
    {
        // Every other record is superseded by one of the last ones, so holes lie between those that are left.
        for (int key = 0; key < 160; key++) _log.Append(key);
        for (int key = 0; key < 160; key += 2) _log.Append(key);
        _log.Time += KeyedLog.Lag;
        Assert.Null(_log.Compact()!.Failure);
        _log.Checkpoints(4);
        _log.Restart(static disk => disk.KillProcess());
        _path = "logs/0000000001-0/" + _log.Files().First(static name => name.Split('.').Length == 3);
        _offsets = [.. Places().Select(static place => place.Offset)];
        Assert.True(
            _offsets.Count > 20 && _offsets[^1] - _offsets[0] >= _offsets.Count, "Nothing was rewritten with holes.");
    }

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_record_with_a_flipped_bit_is_never_served_and_its_neighbours_are()
    {
        List<(long Offset, int Start, int End)> places = Places();
        for (int i = 0; i < places.Count; i++)
        {
            for (int at = places[i].Start; at < places[i].End; at++)
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    _log.Disk.FlipBit(_path, at, bit);
                    Assert.Equal(ReadOutcome.Damaged, Read(places[i].Offset));
                    if (i > 0) Assert.Equal(ReadOutcome.Found, Read(places[i - 1].Offset));
                    if (i + 1 < places.Count) Assert.Equal(ReadOutcome.Found, Read(places[i + 1].Offset));
                    _log.Disk.FlipBit(_path, at, bit);
                }
            }
        }
    }

    [Fact]
    public void After_a_start_a_flipped_bit_of_a_header_makes_no_other_record_a_hole()
    {
        foreach ((long offset, int start, _) in Places())
        {
            int at = start + (int)(offset % SegmentFormat.RecordHeaderBytes);
            _log.Disk.FlipBit(_path, at, (int)(offset % 8));
            _log.Reopen(_log.Disk.KillProcess());
            Assert.Subset(_log.Offsets().ToHashSet(), _offsets.Where(other => other != offset).ToHashSet());
            _log.Disk.FlipBit(_path, at, (int)(offset % 8));
        }
    }

    [Fact]
    public void Cut_at_any_byte_it_is_refused_at_the_start()
    {
        long length;
        using (IFile file = _log.Disk.Open(_path, FileOpening.Read)) length = file.Length;
        for (long cut = 0; cut < length; cut++)
        {
            SimulatedDisk disk = _log.Disk.KillProcess();
            using (IFile file = disk.Open(_path, FileOpening.Existing)) file.SetLength(cut);
            Assert.Throws<CorruptStoreException>(() => StoreLife.Open(disk, KeyedLog.Options));
        }
    }

    private ReadOutcome Read(long offset)
    {
        using var reader = new SegmentReader();
        ReadOutcome outcome = reader.Read(_log.Log, offset, out _, out var payload);
        if (outcome == ReadOutcome.Found) Assert.Equal(_log.All[(int)offset].Payload, payload.ToArray());
        return outcome;
    }

    /// <summary>The records of the file, as its headers say.</summary>
    private List<(long Offset, int Start, int End)> Places()
    {
        using IFile file = _log.Disk.Open(_path, FileOpening.Read);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        var places = new List<(long, int, int)>();
        Segment segment = _log.Log.Segments.First(segment => segment.Path == _path);
        SegmentScan.Visit(
            file, segment.Extent, segment.Salt, SegmentFormat.HeaderBytes, (position, offset, _, payload) =>
        {
            places.Add((offset, position, position + SegmentFormat.RecordHeaderBytes + payload.Length));
            return true;
        });
        return places;
    }
}
