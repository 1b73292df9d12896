using System.Text;
using QueueService.Benchmarks.Load;
using QueueService.Benchmarks.Measuring;
using QueueService.Benchmarks.Processes;

namespace QueueService.Benchmarks.Scenarios.Aws;

/// <summary>What the SQS protocol costs beside our own for the same messages.</summary>
internal static class AwsQueues
{
    private const int Batch = 10;

    public static async Task<int> RunAsync(Report report)
    {
        await using DataServer server = DataServer.Start(report.Options);
        await server.Process.WaitUntilReadyAsync(report.Cancellation);
        Target queue = new("aws", server.Process, "bench");
        await queue.CreateQueueAsync(report.Cancellation);
        int body = report.Options.Body;
        string authority = server.Process.Url.Authority;

        Table table =
            new("scenario", "conn.", "SQS msg/s", "CPU-s/M", "p99 ms", "/v1 msg/s", "/v1 CPU-s/M", "CPU ratio");
        foreach (int connections in report.Options.Connections)
        {
            Scenario[][] pairs =
            [
                [new Scenario("send-1", _ => Send(authority, queue.Queue, body)), SendSingle.ClosedLoop(body)],
                [
                    new Scenario("send-batch-10", _ => SendTen(authority, queue.Queue, body)),
                    SendBatch.Create(body, Batch, ndjson: false),
                ],
                [
                    new Scenario("e2e-1", _ => new AwsEndToEnd(authority, queue.Queue, body)),
                    EndToEndSingle.Create(body),
                ],
            ];
            foreach (Scenario[] pair in pairs)
            {
                Figures[] figures =
                    await AlternateAsync(queue, pair, LoadSettings.From(report.Options, connections), report);
                table.Add(
                    pair[0].Name, $"{connections}", $"{figures[0].PerSecond:N0}", $"{figures[0].Cpu:0.00}",
                    $"{figures[0].P99:0.00}", $"{figures[1].PerSecond:N0}", $"{figures[1].Cpu:0.00}",
                    $"{figures[0].Cpu / figures[1].Cpu:0.00}");

                // A backlog of sends would be what the next scenario receives.
                await queue.DeleteQueueAsync(report.Cancellation);
                await queue.CreateQueueAsync(report.Cancellation);
            }
        }

        return report.Finish(table);
    }

    /// <summary>Measures a server of the SQS protocol that is already running, ours or another one: --external, --pid.
    /// </summary>
    public static async Task<int> RunEndToEndAsync(Report report)
    {
        await using DataServer server = report.Options.External is { } url
            ? DataServer.Attach(url, report.Options.Pid!.Value)
            : DataServer.Start(report.Options);
        if (report.Options.External is null) await server.Process.WaitUntilReadyAsync(report.Cancellation);
        string authority = server.Process.Url.Authority;
        string name = $"bench-{Environment.ProcessId}";
        using HttpRequestMessage create = new(HttpMethod.Post, server.Process.Url);
        create.Content =
            new StringContent($$"""{"QueueName":"{{name}}"}""", Encoding.UTF8, "application/x-amz-json-1.0");
        create.Headers.Add("X-Amz-Target", "AmazonSQS.CreateQueue");

        // Emulators want credentials, whatever they are.
        create.Headers.TryAddWithoutValidation(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0");
        using HttpResponseMessage created = await server.Process.Client.SendAsync(create, report.Cancellation);
        if (!created.IsSuccessStatusCode)
            throw new BenchmarkException(
                $"CreateQueue: {await created.Content.ReadAsStringAsync(report.Cancellation)}");

        Table table = new("scenario", "conn.", "msg/s", "CPU-s/M", "p50 ms", "p99 ms");
        Scenario scenario = new("SQS e2e-1", _ => new AwsEndToEnd(authority, name, report.Options.Body));
        foreach (int connections in report.Options.Connections)
        {
            Figures[] figures = await Comparison.AlternateAsync(
                [new Target("SQS", server.Process, name)], scenario, LoadSettings.From(report.Options, connections),
                report);
            table.Add(
                scenario.Name, $"{connections}", $"{figures[0].PerSecond:N0}", $"{figures[0].Cpu:0.00}",
                $"{figures[0].P50:0.00}", $"{figures[0].P99:0.00}");
        }

        return report.Finish(table);
    }

    private static async Task<Figures[]> AlternateAsync(
        Target queue, Scenario[] pair, LoadSettings settings, Report report)
    {
        List<Measurement>[] measured = [.. pair.Select(static _ => new List<Measurement>())];
        for (int round = 0; round < report.Options.Rounds; round++)
        {
            for (int i = 0; i < pair.Length; i++)
            {
                LoadSettings current = round > 0 ? settings : settings with { WarmUp = 2 * settings.WarmUp };
                Measurement measurement = await LoadRun.MeasureAsync(queue, pair[i], current, report.Cancellation);
                measured[i].Add(measurement);
                string label = $"{pair[i].Name}, {settings.Connections} connections, {(i == 0 ? "SQS" : "/v1")}, round {round + 1}";
                Report.Progress(
                    $"{label}: {measurement.PerSecond:N0} msg/s, {measurement.ServerCpuPerMillion:0.00} CPU-s/M");
                report.AddFailures(label, measurement.Tally);
            }
        }

        return [.. measured.Select(Figures.MedianOf)];
    }

    private static RepeatedRequest Send(string authority, string queue, int length)
    {
        string body = Encoding.ASCII.GetString(Scenario.Body(length));
        string url = AwsRequests.QueueUrl(authority, queue);
        return new RepeatedRequest(
            AwsRequests.Post(authority, "SendMessage", $$"""{"QueueUrl":"{{url}}","MessageBody":"{{body}}"}"""), 1);
    }

    private static RepeatedRequest SendTen(string authority, string queue, int length)
    {
        string body = Encoding.ASCII.GetString(Scenario.Body(length));
        string url = AwsRequests.QueueUrl(authority, queue);
        string entries = string.Join(
            ",", Enumerable.Range(0, Batch).Select(i => $$"""{"Id":"{{i}}","MessageBody":"{{body}}"}"""));
        return new RepeatedRequest(
            AwsRequests.Post(authority, "SendMessageBatch", $$"""{"QueueUrl":"{{url}}","Entries":[{{entries}}]}"""),
            Batch);
    }
}
