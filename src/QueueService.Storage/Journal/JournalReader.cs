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

            // Numbers may be left out: a file whose name did not become durable never held a frame.
            if (i > 0 && (header.FirstSequence != end.NextSequence || header.PreviousCrc != end.Crc))
            {
                throw new CorruptStoreException(
                    $"{JournalFiles.PathOf(end.FileNumber)} should hold the frames up to sequence " +
                    $"{header.FirstSequence - 1}, but only those before {end.NextSequence} are whole, up to byte " +
                    $"{end.UnprovenTo}.");
            }

            end = ReadFile(files, header, end with { FileNumber = header.Number }, visitor);
        }

        return end;
    }

    /// <summary>Makes sure that the disk holds what was read. The last process may have been killed before its sync,
    /// and after a sync that failed the kernel shows pages that it never wrote and calls clean; only writing the same
    /// bytes again makes them dirty. Nothing may be built on these frames before.</summary>
    public static void Harden(IFileSystem files, in JournalEnd end)
    {
        if (end.UnprovenFrom >= end.UnprovenTo) return;
        using IFile file = files.Open(JournalFiles.PathOf(end.FileNumber), FileOpening.Existing);
        byte[] block = new byte[(int)Math.Min(1 << 20, end.UnprovenTo - end.UnprovenFrom)];
        for (long at = end.UnprovenFrom; at < end.UnprovenTo;)
        {
            int count = file.Read(block.AsSpan(0, (int)Math.Min(block.Length, end.UnprovenTo - at)), at);
            if (count == 0) break;
            file.Write(block.AsSpan(0, count), at);
            at += count;
        }

        file.Sync();
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
        int valid = position;
        int torn = 0;
        var unproven = new Queue<(ulong Sequence, int Position)>();
        while (position < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[position..];
            if (!JournalFormat.TryReadBatchHeader(rest, header.Salt, out BatchHeader batch)
                || batch.FirstSequence != end.NextSequence || batch.PreviousCrc != end.Crc
                || batch.Incarnation != header.Incarnation) break;
            while (unproven.TryPeek(out (ulong Sequence, int Position) first)
                && first.Sequence <= batch.DurableSequence)
                unproven.Dequeue();
            unproven.Enqueue((batch.FirstSequence, position));
            int there = Math.Min(batch.FrameBytes, rest.Length - JournalFormat.BatchHeaderBytes);
            int whole = ReadFrames(rest.Slice(JournalFormat.BatchHeaderBytes, there), header, batch, ref end, visitor);
            valid = position + JournalFormat.RoundUpToPage(JournalFormat.BatchHeaderBytes + whole);
            torn = batch.FrameBytes - whole;
            if (torn > 0) break;
            position = valid;
        }

        RefuseWhenDurableFollows(path, bytes, position, header, end.NextSequence);
        int from = unproven.TryPeek(out (ulong Sequence, int Position) tail) ? tail.Position : valid;
        return end with { UnprovenFrom = from, UnprovenTo = Math.Min(valid, bytes.Length), TornBytes = torn };
    }

    /// <summary>Answers the bytes of the whole frames.</summary>
    private static int ReadFrames(
        ReadOnlySpan<byte> frames, in JournalFileHeader header, in BatchHeader batch, ref JournalEnd end,
        FrameVisitor visitor)
    {
        int whole = 0;
        while (whole < frames.Length)
        {
            if (!JournalFormat.TryReadFrame(frames[whole..], header.Salt, end.NextSequence, header.Incarnation, end.Crc,
                out int length, out uint crc)) break;
            visitor(end.NextSequence, batch.Time, frames.Slice(whole, length)[JournalFormat.FrameHeaderBytes..]);
            end = new JournalEnd(end.FileNumber, end.NextSequence + 1, crc, batch.Time);
            whole += length;
        }

        return whole;
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
