using System.Buffers.Binary;

namespace QueueService.Storage.Checkpoints;

/// <summary>
/// The bytes of a snapshot file; no other file knows them. Little-endian.
/// <code>
/// entry   0 u32 bytes of payload   4 u32 crc of the rest, salted by the generation   8 u8 kind   9 payload
/// kind 1  log:      u32 resource, u16 lane, i64 end offset
/// kind 2  records:  u32 resource, u16 lane, then records { i64 offset, i64 time, u32 length, bytes }
/// kind 3  resource: u32 resource, u64 last sequence applied, state as the fold wrote it
/// kind 9  end:      u32 entries before this one
/// </code>
/// A resource's logs stand before it. Records that fill no run of their own ride here instead of in a file per log.
/// </summary>
internal static class SnapshotFormat
{
    public const byte LogKind = 1;
    public const byte RecordsKind = 2;
    public const byte ResourceKind = 3;
    public const byte EndKind = 9;
    public const int EntryHeaderBytes = 9;
    public const int LogHeaderBytes = 6;
    public const int RiderHeaderBytes = 20;

    public static uint SaltOf(ulong secret, long generation) => Checksum.Salt(secret ^ 0x5A, (ulong)generation);

    public static void SealEntry(Span<byte> entry, byte kind, uint salt)
    {
        BinaryPrimitives.WriteInt32LittleEndian(entry, entry.Length - EntryHeaderBytes);
        entry[8] = kind;
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Checksum.Compute(salt ^ (uint)entry.Length, entry[8..]));
    }

    /// <summary>Splits a checked entry off; answers false when it is damaged.</summary>
    public static bool TryReadEntry(
        ReadOnlySpan<byte> bytes, uint salt, out byte kind, out ReadOnlySpan<byte> payload)
    {
        kind = 0;
        payload = default;
        if (bytes.Length < EntryHeaderBytes) return false;
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length < 0 || length > bytes.Length - EntryHeaderBytes) return false;
        ReadOnlySpan<byte> entry = bytes[..(EntryHeaderBytes + length)];
        if (BinaryPrimitives.ReadUInt32LittleEndian(entry[4..])
            != Checksum.Compute(salt ^ (uint)entry.Length, entry[8..])) return false;
        kind = entry[8];
        payload = entry[EntryHeaderBytes..];
        return true;
    }

    /// <summary>Splits the next record off an entry of kind 2; answers false at its end.</summary>
    public static bool TryReadRider(
        ref ReadOnlySpan<byte> records, out long offset, out long time, out ReadOnlySpan<byte> payload)
    {
        (offset, time) = (0, 0);
        payload = default;
        if (records.IsEmpty) return false;
        offset = BinaryPrimitives.ReadInt64LittleEndian(records);
        time = BinaryPrimitives.ReadInt64LittleEndian(records[8..]);
        payload = records.Slice(RiderHeaderBytes, BinaryPrimitives.ReadInt32LittleEndian(records[16..]));
        records = records[(RiderHeaderBytes + payload.Length)..];
        return true;
    }

    public static void WriteLogId(Span<byte> bytes, LogId log)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, log.Resource);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[4..], log.Lane);
    }

    public static LogId ReadLogId(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]));
}
