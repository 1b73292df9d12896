using System.Collections.Concurrent;

namespace QueueService.Broker.Tests.Model;

public sealed class ModelTests
{
    private static readonly bool Soak = Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1";

    [Fact]
    public void Broker_and_naive_model_agree_over_random_sequences_with_restarts() =>
        RunAll(1, Soak ? 100_000 : 20_000, new ModelProfile(Steps: 30));

    [Fact]
    public void Broker_and_naive_model_agree_over_long_random_sequences() =>
        RunAll(1_000_000, Soak ? 2_000 : 60, new ModelProfile(Steps: 1_500));

    [Fact]
    public void Broker_and_naive_model_agree_when_every_queue_is_synced() =>
        RunAll(2_000_000, Soak ? 20_000 : 500, new ModelProfile(Steps: 100, Weak: false));

    [Fact]
    public void The_same_seed_gives_the_same_answers_and_the_same_disk_operations()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var profile = new ModelProfile(Steps: 150);
            Assert.Equal(RunOne(seed, profile).Trace, RunOne(seed, profile).Trace);
        }
    }

    [Fact]
    public void Replay_alone_gives_the_state_that_snapshot_and_replay_give()
    {
        for (ulong seed = 1; seed <= 40; seed++)
        {
            // Without groups: which of their messages a receive gets depends on what has been read ahead.
            var profile = new ModelProfile(
                Steps: 150, Weak: false, Sweeps: false, Crashes: false, TailCacheBytes: 64 << 10, Groups: false);
            Assert.Equal(
                RunOne(seed, profile).State,
                RunOne(seed, profile with { Checkpoints = false, TailCacheBytes = 64 << 20 }).State);
        }
    }

    private static void RunAll(ulong first, int count, ModelProfile profile)
    {
        // A seed that a failure printed, alone.
        if (Environment.GetEnvironmentVariable("QUEUESERVICE_SEED") is { } seed)
        {
            RunOne(ulong.Parse(seed), profile);
            return;
        }

        var failures = new ConcurrentQueue<Exception>();
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 2 }, (i, loop) =>
        {
            try
            {
                RunOne(first + (ulong)i, profile);
            }
            catch (Exception failure)
            {
                failures.Enqueue(failure);
                loop.Stop();
            }
        });
        if (failures.TryDequeue(out Exception? failure)) Assert.Fail(failure.Message);
    }

    private static (ulong Trace, ulong State) RunOne(ulong seed, ModelProfile profile)
    {
        using var run = new ModelRun(seed, profile);
        try
        {
            return (run.Run(), run.StateHash);
        }
        catch (Exception failure)
        {
            throw new ModelMismatchException(
                $"Seed {seed}, {profile}:\n{string.Join('\n', run.Steps.TakeLast(60))}\n{failure}");
        }
    }
}
