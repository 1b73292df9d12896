using System.Buffers.Binary;

namespace QueueService.Storage.Journaling;

/// <summary>
/// The bytes of a journal file; no other file knows them. All integers are little-endian.
/// <code>
/// file    journal/00000000000000000007.journal, of a fixed size, zero-filled before its first use
///   0  u32 magic "QSJ1"    4  u32 crc of 8..64        8  u16 version   10 u16 0     12 u32 incarnation
///  16  u64 file number    24  u64 first sequence     32  u32 crc of the frame before   36 u32 salt of this file
///  40  u64 secret of the store                       48  16 zero bytes                 64.. zero to 4096
/// batch   starts on a 4 KiB page: one commit
///   0  u32 magic "QSB1"    4  u32 crc of 8..48        8  u64 first sequence           16 u64 durable sequence
///  24  i64 shard time     32  u32 incarnation        36  u32 bytes of frames          40 u32 crc of the frame before
///  44  u32 0              48  frames, then zeros to the next page
/// frame   one atomic command result
///   0  u32 bytes of records   4  u32 crc of 8..end    8  u64 sequence   16 u32 incarnation   20 u32 crc of the frame
/// before
///  24  records
/// record  0  u32 resource   4  u8 type   5  u32 bytes of payload   9  payload
/// </code>
/// A record costs 9 bytes and a frame 24, so a single send carries 33 bytes of overhead. Every crc is seeded with the
/// salt of its file: a stale frame in a recycled file never fits.
/// </summary>
internal static class JournalFormat
{
    public const uint FileMagic = 0x314A5351;
    public const uint BatchMagic = 0x31425351;
    public const ushort Version = 1;
    public const int PageBytes = 4096;
    public const int FileHeaderBytes = 64;
    public const int BatchHeaderBytes = 48;
    public const int FrameHeaderBytes = 24;
    public const int RecordHeaderBytes = 9;

    public static int RoundUpToPage(int bytes) => (bytes + PageBytes - 1) & ~(PageBytes - 1);

    public static void WriteFileHeader(Span<byte> page, in JournalFileHeader header)
    {
        page.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(page, FileMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], header.Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(page[16..], header.Number);
        BinaryPrimitives.WriteUInt64LittleEndian(page[24..], header.FirstSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(page[32..], header.PreviousCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(page[36..], header.Salt);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], header.Secret);
        BinaryPrimitives.WriteUInt32LittleEndian(page[4..], Checksum.Compute(0, page[8..FileHeaderBytes]));
    }

    public static bool TryReadFileHeader(ReadOnlySpan<byte> page, out JournalFileHeader header)
    {
        header = default;
        if (page.Length < FileHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(page) != FileMagic) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(page[4..]) != Checksum.Compute(0, page[8..FileHeaderBytes]))
            return false;
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(page[8..]);
        if (version > Version) throw new UnknownFormatException($"journal file version {version}", Version);
        header = new JournalFileHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(page[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(page[12..]),
            BinaryPrimitives.ReadUInt32LittleEndian(page[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(page[36..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[40..]));
        return true;
    }

    public static void WriteBatchHeader(Span<byte> bytes, uint salt, in BatchHeader header)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, BatchMagic);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], header.FirstSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], header.DurableSequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], header.Time);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[32..], header.Incarnation);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], header.FrameBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[40..], header.PreviousCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[44..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Checksum.Compute(salt, bytes[8..BatchHeaderBytes]));
    }

    public static bool TryReadBatchHeader(ReadOnlySpan<byte> bytes, uint salt, out BatchHeader header)
    {
        header = default;
        if (bytes.Length < BatchHeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != BatchMagic)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])
            != Checksum.Compute(salt, bytes[8..BatchHeaderBytes])) return false;
        header = new BatchHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]));
        return header.FrameBytes >= 0;
    }

    /// <summary>Completes a frame whose length and records are in place; answers its crc.</summary>
    public static uint SealFrame(Span<byte> frame, uint salt, ulong sequence, uint incarnation, uint previousCrc)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(frame[8..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[16..], incarnation);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[20..], previousCrc);
        uint crc = Checksum.Compute(salt, frame[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], crc);
        return crc;
    }

    /// <summary>Checks the frame at the start of these bytes; answers false when it is not the expected one.</summary>
    public static bool TryReadFrame(
        ReadOnlySpan<byte> bytes, uint salt, ulong sequence, uint incarnation, uint previousCrc, out int length,
        out uint crc)
    {
        length = 0;
        crc = 0;
        if (bytes.Length < FrameHeaderBytes) return false;
        int records = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (records < 0 || records > bytes.Length - FrameHeaderBytes) return false;
        length = FrameHeaderBytes + records;
        crc = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) == sequence
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) == incarnation
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) == previousCrc
            && Checksum.Compute(salt, bytes[8..length]) == crc;
    }

    /// <summary>Splits the first record off.</summary>
    public static (uint Resource, byte Type, int Length) ReadRecordHeader(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadUInt32LittleEndian(bytes), bytes[4], BinaryPrimitives.ReadInt32LittleEndian(bytes[5..]));

    public static void WriteRecordHeader(Span<byte> bytes, uint resource, byte type, int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, resource);
        bytes[4] = type;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[5..], length);
    }
}

/// <summary>What a journal file says about itself.</summary>
internal readonly record struct JournalFileHeader(
    ulong Number, ulong FirstSequence, uint Incarnation, uint PreviousCrc, uint Salt, ulong Secret);

/// <summary>What a batch says about itself.</summary>
internal readonly record struct BatchHeader(
    ulong FirstSequence, ulong DurableSequence, long Time, uint Incarnation, int FrameBytes, uint PreviousCrc);
