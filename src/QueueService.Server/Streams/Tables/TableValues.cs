using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Tables;

/// <summary>The records of some rows. Those that retention has taken meanwhile are left out.</summary>
/// <param name="Last">The last row that was looked at: there may be more than one answer carries.</param>
internal sealed record TableValues(ReceivedMessages Records, TableRow Last) : IDisposable
{
    public static async ValueTask<(TableValues? Values, Problem? Problem)> Read(
        BrokerHost host, StreamName stream, ReadOnlyMemory<TableRow> rows)
    {
        long[] positions = new long[rows.Length];
        for (int i = 0; i < positions.Length; i++) positions[i] = rows.Span[i].Position;
        Result<ReceivedMessages> read = await host.Broker.ReadRecordsAt(stream, positions);
        if (!read.Succeeded) return (null, BrokerProblems.Of(read.Error));
        ReceivedMessages records = read.Value;
        int last = records.Count == 0 ? positions.Length - 1 : Array.IndexOf(positions, records.LastNumber);
        return (new TableValues(records, last < 0 ? default : rows.Span[last]), null);
    }

    public void WriteRows(JsonOutput output)
    {
        bool first = true;
        for (int i = 0; i < Records.Count; i++)
        {
            if (!Records.TryRead(i, out MessageView record)) continue;
            if (!first) output.Raw(","u8);
            RecordJson.Write(output, in record);
            first = false;
        }
    }

    /// <summary>Answers how many.</summary>
    public int WriteEvents(JsonOutput output)
    {
        int count = 0;
        for (int i = 0; i < Records.Count; i++)
        {
            if (!Records.TryRead(i, out MessageView record)) continue;
            output.BeginEvent("record"u8, default);
            RecordJson.Write(output, in record);
            output.EndEvent();
            count++;
        }

        return count;
    }

    public void Dispose() => Records.Dispose();
}
