using System.IO.Pipelines;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>The answer to a poll as JSON, written piece by piece.</summary>
internal static class PollJson
{
    public static async Task Write(HttpContext http, PollAnswer answer)
    {
        JsonOutput output = JsonOutput.Rent();
        http.Response.ContentType = Answers.Json;
        output.Raw("{\"generation\":"u8).Number(answer.Generation).Raw(",\"assignment\":"u8);
        GroupJson.WriteNumbers(output, answer.Assignment);
        if (answer.Revoked.Count > 0)
        {
            output.Raw(",\"revoked\":"u8);
            GroupJson.WriteNumbers(output, answer.Revoked);
        }

        output.Raw(",\"records\":["u8);
        bool first = true;
        for (int i = 0; i < answer.Records!.Count; i++)
        {
            first &= !WriteRecord(output, answer.Records, i, first);
            if (output.Length >= Limits.ResponseChunk && !await Flush(http, output)) break;
        }

        WriteEnd(output, answer);
        await Flush(http, output);
        output.Return();
    }

    /// <summary>Answers false for one that is damaged on disk: it is left out.</summary>
    private static bool WriteRecord(JsonOutput output, ReceivedMessages records, int n, bool isFirst)
    {
        if (!records.TryRead(n, out MessageView record)) return false;
        if (!isFirst) output.Raw(","u8);
        RecordJson.Write(output, in record);
        return true;
    }

    private static void WriteEnd(JsonOutput output, PollAnswer answer)
    {
        output.Raw("],\"nextOffsets\":{"u8);
        bool first = true;
        foreach ((int partition, long next) in answer.NextOffsets)
        {
            output.Raw(first ? "\""u8 : ",\""u8).Number(partition).Raw("\":"u8).Number(next);
            first = false;
        }

        output.Raw("},\"lag\":"u8).Number(answer.Lag);
        for (int i = 0; i < answer.Gaps.Count; i++)
        {
            RecordGap gap = answer.Gaps[i];
            output.Raw(i == 0 ? ",\"gaps\":[{\"partition\":"u8 : ",{\"partition\":"u8).Number(gap.Partition)
                .Raw(",\"from\":"u8).Number(gap.From).Raw(",\"to\":"u8).Number(gap.To).Raw("}"u8);
        }

        output.Raw(answer.Gaps.Count > 0 ? "]}"u8 : "}"u8);
    }

    private static async ValueTask<bool> Flush(HttpContext http, JsonOutput output)
    {
        FlushResult flushed = await http.Response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
        output.Clear();
        return !flushed.IsCompleted && !http.RequestAborted.IsCancellationRequested;
    }
}
