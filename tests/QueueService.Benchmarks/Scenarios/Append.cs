using System.Globalization;
using System.Text;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>What it costs to append to a stream of a few partitions and of many, and to read it back.</summary>
internal static class Append
{
    private const int Records = 1_000;
    private const int Page = 10_000;

    private static readonly int[] _partitions = [8, 1_000];

    public static async Task<int> RunAsync(Report report)
    {
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        List<Target> streams = [];
        foreach (int partitions in _partitions)
        {
            Target stream = new($"{partitions} partitions", server.Process, $"s{partitions}") { Kind = "streams" };
            await stream.PutAsync("", new { partitions, retentionSeconds = 3_600 }, report.Cancellation);
            streams.Add(stream);
        }

        Table table = new("job", "partitions", "conn.", "records/s", "CPU-s/M", "CPU ratio", "p99 ms");
        foreach (int connections in report.Options.Connections)
        {
            foreach (Scenario scenario in (Scenario[])[Write(report.Options), Read()])
            {
                Figures[] figures = await Comparison.AlternateAsync(
                    streams, scenario, LoadSettings.From(report.Options, connections), report);
                for (int i = 0; i < figures.Length; i++)
                {
                    table.Add(
                        scenario.Name, $"{_partitions[i]:N0}", $"{connections}", $"{figures[i].PerSecond:N0}",
                        $"{figures[i].Cpu:0.00}", $"{figures[i].Cpu / figures[0].Cpu:0.00}", $"{figures[i].P99:0.00}");
                }
            }
        }

        return report.Finish(table);
    }

    /// <summary>Each record with a key of its own, as many keys as records of a request.</summary>
    public static Scenario Write(BenchmarkOptions options) => new("append-1000 NDJSON", requests =>
    {
        RequestBuffer body = new();
        for (int i = 0; i < Records; i++)
        {
            body.Append(Encoding.ASCII.GetBytes($"{{\"key\":\"customer-{i}\",\"body\":\""));
            body.Append(Scenario.Body(options.Body));
            body.Append("\"}\n"u8);
        }

        return new RepeatedRequest(requests.Post("records/batch", Requests.Ndjson, body.Written.Span), Records);
    });

    private static Scenario Read() => new("read-10000 NDJSON", requests => new Pages(requests));

    /// <summary>Reads one partition from its beginning, page by page, and then again.</summary>
    private sealed class Pages(Requests requests) : Conversation
    {
        private readonly Dictionary<long, byte[]> _requests = [];
        private long _from;

        public override ReadOnlyMemory<byte> Request
        {
            get
            {
                if (!_requests.TryGetValue(_from, out byte[]? request))
                {
                    request = requests.Get(
                        string.Create(CultureInfo.InvariantCulture, $"partitions/0/records?from={_from}&limit={Page}"),
                        Requests.Ndjson);
                    _requests.Add(_from, request);
                }

                return request;
            }
        }

        public override Progress Advance(HttpReply reply)
        {
            int records = reply.Body.Count((byte)'\n');
            _from = records < Page ? 0 : _from + records;
            return Progress.Finished(records);
        }

        public override void Restart() => _from = 0;
    }
}
