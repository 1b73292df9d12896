using QueueService.Storage.Files;
using QueueService.Storage.Journaling;

namespace QueueService.Storage.Inspection;

/// <summary>Prints the frames of the journal, from its oldest file on.</summary>
public static class JournalDump
{
    /// <summary>Changes nothing; answers false when the journal is damaged, and says where.</summary>
    /// <exception cref="IOException">A running server holds the directory, or the disk fails.</exception>
    public static bool Write(IFileSystem files, TextWriter output)
    {
        using IDisposable held = files.LockExclusively();
        try
        {
            List<JournalFileHeader> headers = JournalFiles.List(files);
            if (headers.Count == 0)
            {
                output.WriteLine("There is no journal.");
                return true;
            }

            JournalEnd end = JournalReader.Read(
                files, headers, (sequence, time, records) => WriteFrame(sequence, time, records, output));
            output.WriteLine($"The journal ends after frame {end.NextSequence - 1}.");
            return true;
        }
        catch (CorruptStoreException damage)
        {
            output.WriteLine($"! {damage.Message}");
            return false;
        }
    }

    private static void WriteFrame(ulong sequence, long time, ReadOnlySpan<byte> records, TextWriter output)
    {
        output.WriteLine($"frame {sequence}  {RecordText.Time(time)}");
        while (!records.IsEmpty)
        {
            (uint resource, byte type, int length) = JournalFormat.ReadRecordHeader(records);
            output.WriteLine($"  resource {resource}  type {type}  {length} bytes");
            records = records[(JournalFormat.RecordHeaderBytes + length)..];
        }
    }
}
