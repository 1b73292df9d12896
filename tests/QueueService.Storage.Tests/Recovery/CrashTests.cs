using System.Globalization;
using Xunit.Abstractions;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>R2: nothing acknowledged is lost and nothing is invented, whatever moment the crash chooses.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int LivesPerSeed = 5;

    private static readonly int Seeds =
        Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1" ? 100_000 : 1_000;

    [Fact]
    public void After_a_crash_at_any_step_every_acknowledged_frame_is_there_and_nothing_else()
    {
        // One seed can be run again by itself.
        if (Environment.GetEnvironmentVariable("QUEUESERVICE_SEED") is { Length: > 0 } only)
        {
            new CrashRun(ulong.Parse(only, CultureInfo.InvariantCulture)).Run(LivesPerSeed);
            return;
        }

        int lives = 0;
        Parallel.For(0, Seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var run = new CrashRun((ulong)seed);
            try
            {
                run.Run(LivesPerSeed);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}: {failure.Message}", failure);
            }

            Interlocked.Add(ref lives, run.Checked);
        });
        output.WriteLine($"{Seeds} seeds, {lives} recoveries.");
        Assert.True(lives > 3 * Seeds);
    }

    [Fact]
    public void The_same_seed_does_the_same_to_the_disk_twice()
    {
        for (ulong seed = 0; seed < 20; seed++)
            Assert.Equal(new CrashRun(seed).Run(LivesPerSeed), new CrashRun(seed).Run(LivesPerSeed));
    }
}
