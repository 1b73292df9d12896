using Xunit.Abstractions;
using Xunit.Sdk;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>The crash tests are worth something only if they fail when the store is wrong.</summary>
public sealed class SeededBugTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(nameof(Omission.FileSync), 20)]
    [InlineData(nameof(Omission.FolderSync), 20)]
    [InlineData(nameof(Omission.SnapshotSync), 200)]
    [InlineData(nameof(Omission.SegmentSync), 200)]
    [InlineData(nameof(Omission.RewriteOfUnprovenFrames), 600)]
    public void The_crash_tests_find_a_store_that_forgets_a_sync(string omission, int within)
    {
        var bug = Enum.Parse<Omission>(omission);
        for (int seed = 0; seed < within; seed++)
        {
            try
            {
                new CrashRun((ulong)seed, disk => new CarelessDisk(disk, bug)).Run(lives: 5);
            }
            catch (Exception found) when (found is XunitException or CorruptStoreException)
            {
                output.WriteLine($"Found by seed {seed}: {found.Message}");
                return;
            }
        }

        Assert.Fail($"{within} seeds did not find the bug {omission}.");
    }
}
