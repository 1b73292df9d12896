namespace QueueService.Storage.Files;

/// <summary>
/// Proves at start, before anything is acknowledged, that a failing sync is seen and that the data directory can be
/// written and synced.
/// </summary>
public static class FsyncSelfTest
{
    private const string ProbeName = "sync-probe";

    // The kernel must refuse to sync a character device: EINVAL from fdatasync and fsync alike.
    private const string Unsyncable = "/dev/null";

    /// <exception cref="InvalidOperationException">A sync that failed returned as if it had worked.</exception>
    /// <exception cref="IOException">The directory cannot be written or synced.</exception>
    public static void Run(IFileSystem files)
    {
        using var device = new PhysicalFile(Unsyncable, Posix.OpenReadWrite);
        MustFail("fdatasync", device.Sync);
        MustFail("fsync", static () => PhysicalFileSystem.SyncFolder(Unsyncable));
        Probe(files);
    }

    internal static void MustFail(string call, Action sync)
    {
        try
        {
            sync();
        }
        catch (IOException)
        {
            return;
        }

        throw new InvalidOperationException(
            $"The self-test at start made {call} fail, and no error was seen. Acknowledged data could be lost without "
            + "notice here, so the server does not start. Report the kernel, sandbox and .NET runtime in use.");
    }

    private static void Probe(IFileSystem files)
    {
        // Left behind by a start that was killed between creation and removal.
        if (files.Exists(ProbeName))
            files.Delete(ProbeName);
        using (var probe = files.Open(ProbeName, FileOpening.New))
        {
            Span<byte> page = stackalloc byte[4096];
            page.Fill(0xA5);
            probe.Write(page, 0);
            probe.Sync();
        }

        files.SyncDirectory("");
        files.Delete(ProbeName);
        files.SyncDirectory("");
    }
}
