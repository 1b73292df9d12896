using System.Buffers.Binary;
using QueueService.Storage.Files;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tiering;

/// <summary>A run of whole records of a segment: what is read from the object store at once.</summary>
/// <param name="Position">In the segment.</param>
/// <param name="MaxTime">The latest of the segment's records up to the end of this block.</param>
internal readonly record struct Block(
    int Position, int Bytes, uint Crc, long FirstOffset, long LastOffset, long MaxTime);

/// <summary>
/// The blocks of a segment, written behind its bytes in the object. 32 bytes per block: 8 KiB of memory for 256 MiB.
/// <code>
/// object   0  the bytes of the segment
///          n  blocks  { u32 position, u32 crc of its bytes, i64 first offset, i64 last offset, i64 latest time so far
/// }
///             end     u32 magic "QSO1"   4 u32 crc of blocks and of what follows   8 u16 version   10 u16 0
///                     12 u32 blocks      16 u32 bytes of the segment              20 u32 0
/// </code>
/// Both crcs are salted as those of the segment's records are: the table of no other segment fits.
/// </summary>
internal sealed class BlockTable(Block[] blocks)
{
    private const int BlockBytes = 32;
    private const int EndBytes = 24;
    private const uint Magic = 0x314F5351;
    private const ushort Version = 1;

    public IReadOnlyList<Block> Blocks => blocks;

    public int Bytes => (blocks.Length * BlockBytes) + EndBytes;

    /// <summary>Of the first record, Unix milliseconds; known only where the table was built.</summary>
    public long FirstTime { get; private init; }

    /// <summary>Divides a segment after a check of all its records.</summary>
    /// <exception cref="SegmentDamagedException">Its bytes are not what was written.</exception>
    public static BlockTable Build(IFile file, SegmentExtent extent, uint salt, int blockBytes)
    {
        var blocks = new List<Block>();
        int records = 0;
        Block block = default;
        long firstTime = 0;
        long maxTime = long.MinValue;
        int damaged = SegmentScan.Visit(
            file, extent, salt, SegmentFormat.HeaderBytes, (position, offset, time, payload) =>
            {
                if (records == 0) firstTime = time;
                if (records++ == 0 || position - block.Position >= blockBytes)
                {
                    if (records > 1) blocks.Add(block);
                    block = new Block { Position = position, FirstOffset = offset };
                }

                maxTime = Math.Max(maxTime, time);
                int end = position + SegmentFormat.RecordHeaderBytes + payload.Length;
                block = block with { Bytes = end - block.Position, LastOffset = offset, MaxTime = maxTime };
                return true;
            });
        if (damaged > 0 || records != extent.Records || block.Position + block.Bytes != extent.Length)
            throw new SegmentDamagedException("A record of the segment is damaged on disk.");
        blocks.Add(block);
        return new BlockTable([.. blocks.Select(found => found with { Crc = CrcOf(file, found, salt) })])
        {
            FirstTime = firstTime,
        };
    }

    /// <summary>The block that may hold this offset; null when it is in a hole.</summary>
    public int? Find(long offset)
    {
        int low = 0;
        int high = blocks.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (blocks[middle].LastOffset < offset) low = middle + 1;
            else high = middle;
        }

        return low < blocks.Length && blocks[low].FirstOffset <= offset ? low : null;
    }

    /// <summary>The block with the first record of this time or later; null when there is none.</summary>
    public int? FindTime(long time)
    {
        int found = Array.FindIndex(blocks, block => block.MaxTime >= time);
        return found < 0 ? null : found;
    }

    public bool IsBlock(int index, ReadOnlySpan<byte> bytes, uint salt) =>
        bytes.Length == blocks[index].Bytes && CrcOf(blocks[index].Position, bytes, salt) == blocks[index].Crc;

    /// <summary>These bytes are the records of the block, each whole and undamaged. Answers how many; -1 when not.
    /// </summary>
    public int CountRecords(int index, ReadOnlySpan<byte> bytes, uint salt)
    {
        if (!IsBlock(index, bytes, salt)) return -1;
        int records = 0;
        long last = -1;
        while (!bytes.IsEmpty)
        {
            if (!SegmentFormat.IsRecord(bytes, salt)) return -1;
            (int length, long offset, _) = SegmentFormat.PeekRecord(bytes);
            if (records++ == 0 && offset != blocks[index].FirstOffset) return -1;
            last = offset;
            bytes = bytes[(SegmentFormat.RecordHeaderBytes + length)..];
        }

        return last == blocks[index].LastOffset ? records : -1;
    }

    public byte[] Write(int segmentBytes, uint salt)
    {
        byte[] bytes = new byte[Bytes];
        Span<byte> rest = bytes;
        foreach (Block block in blocks)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, block.Position);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], block.Crc);
            BinaryPrimitives.WriteInt64LittleEndian(rest[8..], block.FirstOffset);
            BinaryPrimitives.WriteInt64LittleEndian(rest[16..], block.LastOffset);
            BinaryPrimitives.WriteInt64LittleEndian(rest[24..], block.MaxTime);
            rest = rest[BlockBytes..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(rest, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(rest[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(rest[12..], blocks.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[16..], segmentBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[4..], CrcOf(bytes, salt));
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null when it is damaged or that of another segment.</summary>
    /// <exception cref="UnknownFormatException">A newer version wrote it.</exception>
    public static BlockTable? TryRead(ReadOnlySpan<byte> bytes, int segmentBytes, uint salt)
    {
        if (bytes.Length < EndBytes) return null;
        ReadOnlySpan<byte> end = bytes[^EndBytes..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(end[4..]) != CrcOf(bytes, salt)) return null;
        int version = BinaryPrimitives.ReadUInt16LittleEndian(end[8..]);
        if (version > Version) throw new UnknownFormatException($"object version {version}", Version);
        int count = BinaryPrimitives.ReadInt32LittleEndian(end[12..]);
        if (BinaryPrimitives.ReadInt32LittleEndian(end[16..]) != segmentBytes
            || (count * BlockBytes) + EndBytes != bytes.Length) return null;
        var blocks = new Block[count];
        for (int i = count - 1, next = segmentBytes; i >= 0; next = blocks[i--].Position)
        {
            ReadOnlySpan<byte> block = bytes.Slice(i * BlockBytes, BlockBytes);
            int position = BinaryPrimitives.ReadInt32LittleEndian(block);
            blocks[i] = new Block(
                position, next - position, BinaryPrimitives.ReadUInt32LittleEndian(block[4..]),
                BinaryPrimitives.ReadInt64LittleEndian(block[8..]), BinaryPrimitives.ReadInt64LittleEndian(block[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(block[24..]));
        }

        return new BlockTable(blocks);
    }

    private static uint CrcOf(ReadOnlySpan<byte> bytes, uint salt)
    {
        uint crc = Checksum.Compute(salt ^ (uint)bytes.Length, bytes[..^EndBytes]);
        return Checksum.Compute(crc, bytes[^(EndBytes - 8)..]);
    }

    private static uint CrcOf(int position, ReadOnlySpan<byte> bytes, uint salt) =>
        Checksum.Compute(salt ^ (uint)position, bytes);

    private static uint CrcOf(IFile file, Block block, uint salt)
    {
        byte[] bytes = new byte[block.Bytes];
        if (file.Read(bytes, block.Position) != block.Bytes)
            throw new SegmentDamagedException("The segment is shorter than it was.");
        return CrcOf(block.Position, bytes, salt);
    }
}

/// <summary>A segment on the local disk is not what was written: it stays where it is.</summary>
public sealed class SegmentDamagedException(string message) : IOException(message);
