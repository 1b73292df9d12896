using System.Text.Json.Nodes;
using QueueService.Testing;

namespace QueueService.Server.Tests.Histories;

/// <summary>Clients of one queue and its dead-letter queue that do at random, from a seed, all that clients can do.
/// </summary>
internal sealed class HistoryWorkload
{
    private const int Clients = 6;
    private const int LiveConsumers = 3;
    private const int MaxReceiveCount = 3;

    /// <summary>Long against the last lease and delay of a second each, and the sweep of each second.</summary>
    private const long DrainLimit = 30_000_000;

    private static readonly string[] States = ["available", "leased", "delayed", "blocked"];

    private readonly HistoryRecorder _recorder;
    private readonly HistorySetup _setup;
    private readonly ulong _seed;
    private readonly bool _survives;
    private readonly LiveSetup? _live;

    /// <param name="survives">The server stays: `ack=auto` is used, whose messages are gone when its answer is.</param>
    /// <param name="isLive">Half of the clients hold connections that last.</param>
    public HistoryWorkload(ServerSlot server, ulong seed, bool survives, bool isLive = false)
    {
        (_recorder, _seed, _survives) = (new HistoryRecorder(server), seed, survives);
        string queue = "/v1/queues/history-" + Guid.CreateVersion7().ToString("N");
        var random = new SeededRandom(seed);
        _setup = new HistorySetup(
            queue, queue + "-dead", random.Chance(1, 2), MaxReceiveCount, random.Chance(1, 4) ? 1000 : 0,
            random.Chance(1, 3))
        {
            DeduplicatesByGroup = random.Chance(1, 2),
        };
        if (isLive) _live = new LiveSetup(_setup, !survives || random.Chance(3, 4), survives ? 60_000 : 1_500);
    }

    /// <summary>Every client does this many things; then all that is there is received and acknowledged.</summary>
    public async Task<History> Run(int steps)
    {
        await Create();
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(client => Work(client, steps))];
        await Task.WhenAll(clients);
        return new History(_setup, _recorder.Operations, await Drain());
    }

    private async Task Create()
    {
        string type = _setup.IsFifo ? "fifo" : "standard";
        await _recorder.Manage("PUT", _setup.DeadLetterQueue, $$"""{"type":"{{type}}"}""");
        string name = _setup.DeadLetterQueue[(_setup.DeadLetterQueue.LastIndexOf('/') + 1)..];
        string retry = _setup.RetryMilliseconds == 0
            ? ""
            : """, "retryPolicy":{"kind":"fixed","minSeconds":1,"maxSeconds":1,"jitter":0}""";
        string redrive = $$"""{"deadLetterQueue":"{{name}}","maxReceiveCount":{{MaxReceiveCount}}}""";
        string scope = _setup is { IsFifo: true, DeduplicatesByGroup: true }
            ? """, "deduplicationScope":"group" """
            : "";
        await _recorder.Manage(
            "PUT", _setup.Queue, $$"""{"type":"{{type}}","redrivePolicy":{{redrive}}{{retry}}{{scope}}}""");
    }

    private async Task Work(int number, int steps)
    {
        var random = new SeededRandom((_seed * 1000) + (ulong)number + 1);
        var client = new HistoryClient(_recorder, _setup, random, number, _survives);
        if (_live is not null && number < LiveConsumers)
        {
            await new LiveConsumer(_recorder, _live, random, client).Run(steps * 2);
            return;
        }

        if (_live is not null && number == LiveConsumers)
        {
            await new StreamProducer(_recorder, _live, random, () => client.Item(inBatch: true)).Run(steps);
            return;
        }

        for (int step = 0; step < steps; step++)
        {
            if (_setup.IsRedriven && number == Clients - 1 && step % 10 == 9)
                await _recorder.Manage("POST", _setup.DeadLetterQueue + "/redrive");
            await client.Step();
        }
    }

    private async Task<HistoryEnd> Drain()
    {
        while (!await _recorder.Pause(_setup.Queue, pause: false) && _recorder.Now <= DrainLimit)
        {
        }

        while (true)
        {
            long left = 0;
            long deadLettered = 0;
            foreach (string queue in (string[])[_setup.Queue, _setup.DeadLetterQueue])
            {
                await DrainOne(queue);
                JsonNode? stats = (await _recorder.Manage("GET", queue))?["stats"];
                if (queue == _setup.Queue) deadLettered = (long?)stats?["deadLetteredTotal"] ?? 0;
                left += stats is null ? 1 : States.Sum(state => (long)stats[state]!);
            }

            if (left == 0 || _recorder.Now > DrainLimit) return new HistoryEnd(left, deadLettered, _recorder.Now);
        }
    }

    /// <summary>The wait of each receive is the pause between two looks at the statistics.</summary>
    private async Task DrainOne(string queue)
    {
        IReadOnlyList<Delivery> deliveries;
        do
        {
            deliveries = await _recorder.Receive(queue, 100, 200, 1000, auto: false);
            if (deliveries.Count > 0)
                await _recorder.Settle(
                    queue, SettleKind.Acknowledge, null, [.. deliveries.Select(static delivery => delivery.Receipt)]);
        }
        while (deliveries.Count > 0 && _recorder.Now <= DrainLimit);
    }
}
