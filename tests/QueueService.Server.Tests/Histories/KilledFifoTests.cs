using System.Text.Json.Nodes;
using QueueService.Server.Tests.Faults;
using QueueService.Server.Tests.Histories.Checkers;
using Xunit.Abstractions;
using SeededRandom = QueueService.Testing.SeededRandom;

namespace QueueService.Server.Tests.Histories;

/// <summary>R1 for groups, dead letters, times to live, delays and deduplication: kill -9 at random moments under load,
/// on one data directory, over HTTP.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledFifoTests(ITestOutputHelper output)
{
    private const int Writers = 2;
    private const int Consumers = 4;
    private const long DrainMicroseconds = 60_000_000;

    /// <summary>Of one life of the server: a third of a second on a quiet machine.</summary>
    private const int MaxRequests = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private static readonly HistorySetup Setup = new(
        "/v1/queues/orders", "/v1/queues/orders-dead", IsFifo: true, MaxReceiveCount: 3, 0, IsRedriven: false);

    private static readonly string[] States = ["available", "leased", "delayed", "blocked"];

    private readonly ServerSlot _slot = new();
    private volatile bool _isOver;

    /// <summary>A round of the soak is a new data directory: what a history can be is bounded by memory.</summary>
    private static int Rounds => ProcessTests.Soak ? 50 : 1;

    private static int Cycles => 20;

    [Fact]
    public async Task Groups_policies_and_deduplication_of_a_server_that_is_killed_again_and_again_hold()
    {
        for (int round = 0; round < Rounds; round++)
        {
            int seed = ProcessTests.Seed + round;
            History history = await Run(seed);
            IReadOnlyList<string> violations = [.. Checker.Judge(history), .. EndedTwice(history)];
            Assert.True(
                violations.Count == 0,
                $"seed {seed}: {violations.Count} violations\n" + string.Join('\n', violations.Take(20)));
        }
    }

    private async Task<History> Run(int seed)
    {
        using var directory = new ScratchDirectory();
        HistoryRecorder recorder = new(_slot);
        var random = new SeededRandom((ulong)seed * 1000);
        FifoWriter[] writers = [.. Enumerable.Range(0, Writers).Select(
            n => new FifoWriter(recorder, Setup, new SeededRandom(random.Next()), n))];
        FifoConsumer[] consumers = [.. Enumerable.Range(0, Consumers).Select(
            _ => new FifoConsumer(recorder, Setup, new SeededRandom(random.Next())))];
        Task users = Task.CompletedTask;
        _isOver = false;
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            await using ServerProcess server = await ServerProcess.Start(directory.Data);
            _slot.Arrive(server.Address);
            if (cycle == 0)
            {
                await Create(recorder);
                users = Task.WhenAll(
                    [.. writers.Select(writer => Repeat(writer.Step)), .. consumers.Select(one => Repeat(one.Step))]);
            }

            await Load(recorder, requests: random.Next(MaxRequests));
            _slot.Leave();
            await server.KillNow();
        }

        await using ServerProcess last = await ServerProcess.Start(directory.Data);
        _isOver = true;
        _slot.Arrive(last.Address);
        await users;
        var history = new History(Setup, recorder.Operations, await Drain(recorder));
        Tell(history, writers.Sum(static writer => writer.Repeats));
        return history;
    }

    /// <summary>Waits for so many more requests to be over: a slow machine gets the same load in more time.</summary>
    private static async Task Load(HistoryRecorder recorder, int requests)
    {
        int enough = recorder.Operations.Count + requests;

        // Another process is loaded: there is no clock to advance.
        while (recorder.Operations.Count < enough) await Task.Delay(Pause, TimeProvider.System);
    }

    private async Task Repeat(Func<Task> step)
    {
        while (!_isOver) await step();
    }

    private static async Task Create(HistoryRecorder recorder)
    {
        await recorder.Manage("PUT", Setup.DeadLetterQueue, """{"type":"fifo"}""");
        await recorder.Manage(
            "PUT", Setup.Queue,
            """{"type":"fifo","redrivePolicy":{"deadLetterQueue":"orders-dead","maxReceiveCount":3}}""");
    }

    private static async Task<HistoryEnd> Drain(HistoryRecorder recorder)
    {
        for (long limit = recorder.Now + DrainMicroseconds; ;)
        {
            long left = 0;
            long deadLettered = 0;
            foreach (string queue in (string[])[Setup.Queue, Setup.DeadLetterQueue])
            {
                while (await recorder.Receive(queue, 100, 200, 5_000, auto: false) is { Count: > 0 } deliveries)
                {
                    string[] receipts = [.. deliveries.Select(static delivery => delivery.Receipt)];
                    await recorder.Settle(queue, SettleKind.Acknowledge, null, receipts);
                }

                JsonNode stats = (await recorder.Manage("GET", queue))!["stats"]!;
                if (queue == Setup.Queue) deadLettered = (long)stats["deadLetteredTotal"]!;
                left += States.Sum(state => (long)stats[state]!);
            }

            if (left == 0 || recorder.Now > limit) return new HistoryEnd(left, deadLettered, recorder.Now);
        }
    }

    /// <summary>A message ends once: in its queue or in the dead-letter queue, by one acknowledgement.</summary>
    private static IEnumerable<string> EndedTwice(History history) => history.Seen
        .Where(seen => history.SettledAt(seen, SettleKind.Acknowledge) is not null)
        .GroupBy(static seen => seen.Delivery.Id)
        .Where(static ends => ends.Count() > 1)
        .Select(static ends => $"ended-once: {string.Join("; ", ends)}");

    private void Tell(History history, int repeats)
    {
        int unknown = history.Operations.Count(static operation => operation.IsUnknown);
        int dead = history.Seen.Count(static seen => seen.Receive.Queue == Setup.DeadLetterQueue);
        int duplicates = history.Sends.Count(static send => send.Succeeded && send.Items[0].IsDeduplicated);
        output.WriteLine(
            $"{Cycles} kills, {history.Sends.Count} sends, {duplicates} duplicates, {repeats} repeated after a kill, "
            + $"{history.Seen.Count} deliveries, {dead} of dead letters, {unknown} requests without an answer");
        Assert.True(
            unknown > Cycles && repeats > 0 && dead > Cycles && duplicates > Cycles && history.Seen.Count > Cycles * 20,
            "the load did nothing");
    }
}
