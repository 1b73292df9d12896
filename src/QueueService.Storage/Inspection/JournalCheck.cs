using QueueService.Storage.Files;
using QueueService.Storage.Journaling;

namespace QueueService.Storage.Inspection;

/// <summary>The journal: the headers of its files, the chain of its frames, and how it ends.</summary>
internal sealed class JournalCheck(IFileSystem files, Findings findings)
{
    /// <summary>Answers what a start would replay.</summary>
    public (long Frames, long Bytes) Run(CheckpointCheck checkpoints)
    {
        var headers = new List<JournalFileHeader>();
        bool isWhole = true;
        foreach (string path in JournalFiles.ListPaths(files))
        {
            if (!JournalFiles.TryReadHeader(files, path, out JournalFileHeader header))
            {
                isWhole = false;
                findings.Refusal($"{path} is damaged at byte 0: it has no whole header.");
            }
            else if (JournalFiles.PathOf(header.Number) == path)
            {
                headers.Add(header);
            }
            else
            {
                findings.Note($"{path} was recycled, and its old name came back: a start deletes it.");
            }
        }

        // The chain leads through every header.
        return isWhole ? Run(checkpoints, headers) : default;
    }

    private (long Frames, long Bytes) Run(CheckpointCheck checkpoints, List<JournalFileHeader> headers)
    {
        ulong captured = checkpoints.Chosen?.Captured ?? 0;
        if (headers.Count == 0)
        {
            if (checkpoints.IsNew) findings.Note("There is no journal.");
            else findings.Refusal("The journal is missing.");
            return default;
        }

        int first = headers.FindLastIndex(header => header.FirstSequence <= captured + 1);
        if (first < 0)
            findings.Refusal($"The journal does not reach back to the frame {captured + 1}.");
        else if (first > 0)
            CheckOlder(headers[..first], headers[first]);
        return Read(headers[Math.Max(first, 0)..], captured, checkpoints.Promised);
    }

    /// <summary>What only the older checkpoint needs.</summary>
    private void CheckOlder(List<JournalFileHeader> older, in JournalFileHeader next)
    {
        try
        {
            JournalEnd end = JournalReader.Read(files, older, static (_, _, _) => { });
            if (end.NextSequence == next.FirstSequence && end.Crc == next.PreviousCrc) return;
            findings.Damage(
                $"{JournalFiles.PathOf(end.FileNumber)} is damaged near byte {end.UnprovenTo}: its frames end before " +
                $"{end.NextSequence}, and the next file starts with {next.FirstSequence}.");
        }
        catch (CorruptStoreException damage)
        {
            findings.Damage($"{damage.Message} Only the older checkpoint needs it.");
        }
    }

    private (long Frames, long Bytes) Read(List<JournalFileHeader> headers, ulong captured, ulong last)
    {
        long frames = 0;
        long replayed = 0;
        long bytes = 0;
        try
        {
            JournalEnd end = JournalReader.Read(files, headers, (sequence, _, records) =>
            {
                frames++;
                if (sequence <= captured) return;
                replayed++;
                bytes += records.Length;
            });
            Describe(end, frames);
            if (end.NextSequence <= last)
                findings.Refusal($"The journal ends before the frame {end.NextSequence}, and {last} was durable.");
        }
        catch (CorruptStoreException damage)
        {
            findings.Refusal(damage.Message);
        }

        return (replayed, bytes);
    }

    private void Describe(in JournalEnd end, long frames)
    {
        string path = JournalFiles.PathOf(end.FileNumber);
        findings.Note(
            $"{path}: the journal ends at byte {end.UnprovenTo}, after frame {end.NextSequence - 1} of " +
            $"{RecordText.Time(end.Time)}; {frames} frames were read.");
        if (end.TornBytes > 0)
        {
            findings.Note(
                $"{path}: the last batch lacks {end.TornBytes} bytes. Nothing shows that it was ever durable: a " +
                "start cuts it there.");
        }
    }
}
