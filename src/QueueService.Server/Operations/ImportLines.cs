using System.Buffers;
using System.IO.Pipelines;
using QueueService.Server.Http;

namespace QueueService.Server.Operations;

/// <summary>Cuts the body of an import into lines while it arrives. Only a line that is not complete is held.</summary>
internal static class ImportLines
{
    private const byte NewLine = (byte)'\n';

    /// <summary>Reads to the end, or until the import is over for another reason: then that is not read any more.
    /// Answers what ends the request; a cancelled import is none.</summary>
    public static async ValueTask<Problem?> Read(PipeReader reader, ImportIntake intake)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync(CancellationToken.None);
            ReadOnlySequence<byte> rest = result.Buffer;
            while (!intake.IsOver && rest.PositionOf(NewLine) is { } end)
            {
                Take(rest.Slice(0, end), intake);
                rest = rest.Slice(rest.GetPosition(1, end));
                if (intake.IsFull) await intake.Flush();
            }

            bool tooLong = rest.Length > Limits.RequestBytes;
            if (result.IsCompleted && !intake.IsOver)
            {
                Take(rest, intake);
                rest = rest.Slice(rest.End);
                await intake.Flush();
            }

            intake.Digest?.Add(result.Buffer.Slice(0, rest.Start));

            // A line that is not complete yet stays in the connection's buffer, examined.
            reader.AdvanceTo(rest.Start, result.Buffer.End);
            if (result.IsCompleted || intake.IsOver) return intake.Problem;
            if (tooLong) return new Problem(ProblemKind.RequestTooLarge, "A line is longer than 16 MiB.");
        }
    }

    private static void Take(ReadOnlySequence<byte> line, ImportIntake intake)
    {
        if (line.IsSingleSegment)
        {
            intake.Add(line.FirstSpan);
            return;
        }

        byte[] gathered = ArrayPool<byte>.Shared.Rent((int)line.Length);
        line.CopyTo(gathered);
        intake.Add(gathered.AsSpan(0, (int)line.Length));
        ArrayPool<byte>.Shared.Return(gathered);
    }
}
