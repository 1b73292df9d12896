using System.Buffers;
using System.IO.Pipelines;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Reads an NDJSON batch as it arrives: a line goes into the batch once it is complete, so the request is
/// never held as a whole.</summary>
internal static class LineReader
{
    private const byte NewLine = (byte)'\n';

    public static async ValueTask<Problem?> Read(HttpContext http, BrokerHost host, BatchIntake intake)
    {
        HttpRequest request = http.Request;
        if (request.Headers.ContentEncoding.Count > 0) return new Problem(ProblemKind.UnsupportedContentEncoding);
        long reserved = request.ContentLength ?? Limits.RequestBytes;
        if (reserved > Limits.RequestBytes) return BodyProblems.TooLarge(http);
        if (!host.Bodies.TryEnter(reserved)) return new Problem(ProblemKind.Overloaded);
        try
        {
            return await ReadLines(request.BodyReader, intake) ?? BatchReader.RefuseEmpty(intake, "");
        }
        finally
        {
            host.Bodies.Leave(reserved);
        }
    }

    private static async ValueTask<Problem?> ReadLines(PipeReader reader, BatchIntake intake)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync(CancellationToken.None);
            ReadOnlySequence<byte> rest = result.Buffer;
            Problem? problem = TakeLines(ref rest, intake);
            if (problem is null && result.IsCompleted)
            {
                problem = Take(rest, intake);
                rest = rest.Slice(rest.End);
            }

            // A line that is not complete yet stays in the connection's buffer, examined.
            reader.AdvanceTo(rest.Start, result.Buffer.End);
            if (problem is not null || result.IsCompleted) return problem;
        }
    }

    private static Problem? TakeLines(ref ReadOnlySequence<byte> rest, BatchIntake intake)
    {
        while (rest.PositionOf(NewLine) is { } end)
        {
            if (Take(rest.Slice(0, end), intake) is { } problem) return problem;
            rest = rest.Slice(rest.GetPosition(1, end));
        }

        return null;
    }

    private static Problem? Take(ReadOnlySequence<byte> line, BatchIntake intake)
    {
        if (line.IsSingleSegment) return Take(line.FirstSpan, intake);
        byte[] gathered = ArrayPool<byte>.Shared.Rent((int)line.Length);
        line.CopyTo(gathered);
        Problem? problem = Take(gathered.AsSpan(0, (int)line.Length), intake);
        ArrayPool<byte>.Shared.Return(gathered);
        return problem;
    }

    private static Problem? Take(ReadOnlySpan<byte> line, BatchIntake intake)
    {
        line = line.Trim(" \t\r"u8);
        return line.IsEmpty ? null : BatchReader.ReadLine(line, intake);
    }
}
