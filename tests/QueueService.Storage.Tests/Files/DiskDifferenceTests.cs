using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Storage.Tests.Files;

/// <summary>Seeded operations on both disks must leave the same files, through syncs, kills and power cuts.</summary>
public sealed class DiskDifferenceTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("queueservice-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_simulated_disk_holds_what_the_physical_one_holds(ulong seed)
    {
        using var physical = new PhysicalFileSystem(_root);
        var random = new SeededRandom(seed);
        var simulated = new SimulatedDisk();
        for (var step = 0; step < 1500; step++)
        {
            var path = $"f{random.Next(4)}";
            switch (random.Next(20))
            {
                case 0:
                    ApplyToBoth(disk => disk.Delete(path));
                    break;
                case 1:
                    var target = $"f{random.Next(4)}";
                    ApplyToBoth(disk => disk.Rename(path, target));
                    break;
                case 2:
                    var length = random.Next(100_000);
                    ApplyToBoth(disk => WithFile(disk, path, file => file.SetLength(length)));
                    break;
                case 3:
                    // Only the simulated disk is synced: it must make no difference to what can be read.
                    if (simulated.Exists(path))
                        WithFile(simulated, path, static file => file.Sync());
                    break;
                case 4:
                    simulated = simulated.KillProcess();
                    break;
                case 5:
                    simulated.SyncAll();
                    simulated = simulated.PowerCut(random.Next());
                    break;
                case 6:
                    AssertSame(physical, simulated);
                    break;
                default:
                    var bytes = new byte[random.Next(40_000)];
                    if (random.Chance(3, 4))
                        random.Fill(bytes);
                    var position = random.Next(100_000);
                    ApplyToBoth(disk => WithFile(disk, path, file => file.Write(bytes, position)));
                    break;
            }
        }

        AssertSame(physical, simulated);

        void ApplyToBoth(Action<IFileSystem> operation)
        {
            var expected = Record.Exception(() => operation(physical));
            var actual = Record.Exception(() => operation(simulated));
            Assert.Equal(expected?.GetType(), actual?.GetType());
        }
    }

    private static void WithFile(IFileSystem disk, string path, Action<IFile> operation)
    {
        using var file = disk.Open(path, disk.Exists(path) ? FileOpening.Existing : FileOpening.New);
        operation(file);
    }

    private static void AssertSame(PhysicalFileSystem physical, SimulatedDisk simulated)
    {
        Assert.Equal(physical.ListFiles(""), simulated.ListFiles(""));
        foreach (var name in physical.ListFiles(""))
            Assert.Equal(ReadAll(physical, name), ReadAll(simulated, name));
    }

    private static byte[] ReadAll(IFileSystem disk, string path)
    {
        using var file = disk.Open(path, FileOpening.Read);
        var bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }
}
