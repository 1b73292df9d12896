using System.Runtime.InteropServices;
using QueueService.Storage.Files;

namespace QueueService.Storage.Journaling;

/// <summary>Gets one valid frame at a time, in order.</summary>
internal delegate void FrameVisitor(ulong sequence, long time, ReadOnlySpan<byte> records);

/// <summary>
/// Reads the journal after a start. A bad frame at the end is a torn batch and is cut, because nothing of it was
/// acknowledged. A bad frame that a later batch, or the next file, calls durable is corruption and refuses the start.
/// </summary>
internal static unsafe class JournalReader
{
    /// <summary>Visits all valid frames of these files and answers where they end.</summary>
    /// <param name="headers">Consecutive files in order; the first one's first frame starts the chain.</param>
    /// <exception cref="CorruptStoreException">A durable frame is damaged or missing.</exception>
    public static JournalEnd Read(IFileSystem files, IReadOnlyList<JournalFileHeader> headers, FrameVisitor visitor)
    {
        JournalEnd end = new(headers[0].Number, headers[0].FirstSequence, headers[0].PreviousCrc, 0);
        for (int i = 0; i < headers.Count; i++)
        {
            JournalFileHeader header = headers[i];
            if (i > 0 && (header.Number != end.FileNumber + 1 || header.FirstSequence != end.NextSequence
                || header.PreviousCrc != end.Crc))
            {
                throw new CorruptStoreException(
                    $"{JournalFiles.PathOf(end.FileNumber)} should hold the frames up to sequence " +
                    $"{header.FirstSequence - 1}, but only those before {end.NextSequence} are whole.");
            }

            end = ReadFile(files, header, end with { FileNumber = header.Number }, visitor);
        }

        return end;
    }

    private static JournalEnd ReadFile(
        IFileSystem files, in JournalFileHeader header, JournalEnd end, FrameVisitor visitor)
    {
        string path = JournalFiles.PathOf(header.Number);
        using IFile file = files.Open(path, FileOpening.Read);
        int length = checked((int)file.Length);

        // Native memory, so that the 64 MiB go back to the system and not into the collector's reserve.
        void* memory = NativeMemory.Alloc((nuint)Math.Max(length, 1));
        try
        {
            var bytes = new Span<byte>(memory, length);
            length = file.Read(bytes, 0);
            return ReadBatches(path, bytes[..length], header, end, visitor);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private static JournalEnd ReadBatches(
        string path, ReadOnlySpan<byte> bytes, in JournalFileHeader header, JournalEnd end, FrameVisitor visitor)
    {
        int position = JournalFormat.PageBytes;
        while (position < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[position..];
            if (!JournalFormat.TryReadBatchHeader(rest, header.Salt, out BatchHeader batch)
                || batch.FirstSequence != end.NextSequence || batch.PreviousCrc != end.Crc
                || batch.Incarnation != header.Incarnation) break;
            if (!ReadFrames(rest.Slice(JournalFormat.BatchHeaderBytes, batch.FrameBytes), header, batch, ref end, visitor))
                break;
            position += JournalFormat.RoundUpToPage(JournalFormat.BatchHeaderBytes + batch.FrameBytes);
        }

        RefuseWhenDurableFollows(path, bytes, position, header, end.NextSequence);
        return end;
    }

    private static bool ReadFrames(
        ReadOnlySpan<byte> frames, in JournalFileHeader header, in BatchHeader batch, ref JournalEnd end,
        FrameVisitor visitor)
    {
        while (!frames.IsEmpty)
        {
            if (!JournalFormat.TryReadFrame(frames, header.Salt, end.NextSequence, header.Incarnation, end.Crc,
                out int length, out uint crc)) return false;
            visitor(end.NextSequence, batch.Time, frames[JournalFormat.FrameHeaderBytes..length]);
            end = new JournalEnd(end.FileNumber, end.NextSequence + 1, crc, batch.Time);
            frames = frames[length..];
        }

        return true;
    }

    private static void RefuseWhenDurableFollows(
        string path, ReadOnlySpan<byte> bytes, int position, in JournalFileHeader header, ulong firstMissing)
    {
        for (int at = position; at < bytes.Length; at += JournalFormat.PageBytes)
        {
            if (!JournalFormat.TryReadBatchHeader(bytes[at..], header.Salt, out BatchHeader later)
                || later.Incarnation != header.Incarnation || later.DurableSequence < firstMissing) continue;
            throw new CorruptStoreException(
                $"{path}: the frame {firstMissing} near byte {position} is damaged, yet the batch at byte {at} says " +
                $"that the frames up to {later.DurableSequence} were durable. Run `verify` on the data directory.");
        }
    }
}
