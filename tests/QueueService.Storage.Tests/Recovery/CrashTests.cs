using Xunit.Abstractions;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>R2: nothing acknowledged is lost and nothing is invented, whatever moment the crash chooses.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int LivesPerSeed = 5;

    [Fact]
    public void After_a_crash_at_any_step_every_acknowledged_frame_is_there_and_nothing_else()
    {
        int lives = 0;
        Seeds.RunAll(ci: 1_000, soak: 100_000, seed =>
        {
            var run = new CrashRun(seed);
            run.Run(LivesPerSeed);
            Interlocked.Add(ref lives, run.Checked);
        });
        output.WriteLine($"{lives} recoveries were checked.");
    }

    [Fact]
    public void The_same_seed_does_the_same_to_the_disk_twice()
    {
        for (ulong seed = 0; seed < 20; seed++)
            Assert.Equal(new CrashRun(seed).Run(LivesPerSeed), new CrashRun(seed).Run(LivesPerSeed));
    }
}
