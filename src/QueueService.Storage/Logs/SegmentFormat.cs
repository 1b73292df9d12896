using System.Buffers.Binary;

namespace QueueService.Storage.Logs;

/// <summary>
/// The bytes of a segment file; no other file knows them. All integers are little-endian.
/// <code>
/// file    logs/0000000012-0/00000000000000004096.log, named by the lowest offset that it may hold; one that
///         compaction wrote has a generation, too: 00000000000000004096.3.log
///   0  u32 magic "QSL1"   4  u32 crc of 8..40   8  u16 version   10 u16 lane   12 u32 resource   16 i64 base offset
///  24  u32 salt          28  u32 0             32  u64 0
/// record
///   0  u32 bytes of payload   4  u32 crc of 8..end and of the length   8  i64 offset   16 i64 time, Unix ms   24
/// payload</code>
/// Offsets rise, with holes: records that were acknowledged before they were spilled are left out, and those that
/// compaction took.
/// </summary>
internal static class SegmentFormat
{
    public const string Folder = "logs";
    public const uint Magic = 0x314C5351;
    public const ushort Version = 1;
    public const int HeaderBytes = 40;
    public const int RecordHeaderBytes = 24;

    public static string FolderOf(LogId log) => $"{Folder}/{log.Resource:D10}-{log.Lane}";

    public static string PathOf(LogId log, long baseOffset, int generation = 0) => generation == 0
        ? $"{FolderOf(log)}/{baseOffset:D20}.log"
        : $"{FolderOf(log)}/{baseOffset:D20}.{generation}.log";

    public static uint SaltOf(ulong secret, LogId log, long baseOffset, int generation = 0) =>
        Checksum.Salt(secret ^ 0x5E6 ^ ((ulong)generation << 32), (log.Identity << 8) ^ (ulong)baseOffset);

    public static void WriteHeader(Span<byte> bytes, LogId log, long baseOffset, uint salt)
    {
        bytes[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[10..], log.Lane);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], log.Resource);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], baseOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[24..], salt);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Checksum.Compute(0, bytes[8..HeaderBytes]));
    }

    /// <summary>True when this is the header of that segment and of no other.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> bytes, LogId log, long baseOffset, uint salt)
    {
        Span<byte> expected = stackalloc byte[HeaderBytes];
        WriteHeader(expected, log, baseOffset, salt);
        return bytes.SequenceEqual(expected);
    }

    /// <summary>Writes a whole record; answers its bytes.</summary>
    public static int WriteRecord(Span<byte> bytes, uint salt, long offset, long time, ReadOnlySpan<byte> payload)
    {
        int length = RecordHeaderBytes + payload.Length;
        BinaryPrimitives.WriteInt32LittleEndian(bytes, payload.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], time);
        payload.CopyTo(bytes[RecordHeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes[4..], Checksum.Compute(salt ^ (uint)payload.Length, bytes[8..length]));
        return length;
    }

    /// <summary>The header fields, unchecked.</summary>
    public static (int Length, long Offset, long Time) PeekRecord(ReadOnlySpan<byte> bytes) =>
        (BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));

    /// <summary>True when a whole, undamaged record starts here.</summary>
    public static bool IsRecord(ReadOnlySpan<byte> bytes, uint salt)
    {
        if (bytes.Length < RecordHeaderBytes) return false;
        int payload = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return payload >= 0 && payload <= bytes.Length - RecordHeaderBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..])
            == Checksum.Compute(salt ^ (uint)payload, bytes[8..(RecordHeaderBytes + payload)]);
    }
}
