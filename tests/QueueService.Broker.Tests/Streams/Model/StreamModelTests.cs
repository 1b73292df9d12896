using System.Collections.Concurrent;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Streams.Model;

/// <summary>Streams under random appends, reads, consumer groups, retention, compaction and restarts, against the
/// simplest thing that could be right: a list of all records for each partition.</summary>
public sealed class StreamModelTests
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1";

    [Fact]
    public void A_stream_agrees_with_a_dictionary_of_lists_over_random_sequences() =>
        RunAll(1, Soak ? 200_000 : 19_900, steps: 25);

    [Fact]
    public void A_stream_agrees_with_a_dictionary_of_lists_over_long_random_sequences() =>
        RunAll(1_000_000, Soak ? 2_000 : 100, steps: 500);

    private static void RunAll(ulong first, int count, int steps)
    {
        // A seed that a failure printed, alone.
        if (Environment.GetEnvironmentVariable("QUEUESERVICE_SEED") is { } seed)
        {
            RunOne(ulong.Parse(seed, null), steps);
            return;
        }

        var failures = new ConcurrentQueue<Exception>();
        (int holes, int expired) = (0, 0);
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (i, loop) =>
        {
            try
            {
                (int Holes, int Expired) seen = RunOne(first + (ulong)i, steps);
                Interlocked.Add(ref holes, seen.Holes);
                Interlocked.Add(ref expired, seen.Expired);
            }
            catch (Exception failure)
            {
                failures.Enqueue(failure);
                loop.Stop();
            }
        });
        if (failures.TryDequeue(out Exception? failure)) Assert.Fail(failure.Message);
        Assert.True(holes > count && expired > count, $"{holes} compacted, {expired} expired: hardly anything");
    }

    private static (int Holes, int Expired) RunOne(ulong seed, int steps)
    {
        using var run = new StreamModelRun(new SeededRandom(seed));
        try
        {
            for (int step = 0; step < steps; step++) run.Step();
            run.ReadEverything();
            return (run.Holes, run.Expired);
        }
        catch (Exception failure)
        {
            throw new Xunit.Sdk.XunitException(
                $"Seed {seed}:\n{string.Join('\n', run.Trace.TakeLast(60))}\n{failure}", failure);
        }
    }
}
