namespace QueueService.Benchmarks.Processes;

/// <summary>The size of the machine, without which no figure means anything.</summary>
internal static class Machine
{
    public static string Describe(string dataDirectory)
    {
        double gibibytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        string fileSystem = new DriveInfo(dataDirectory).DriveFormat;
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return $"{Environment.ProcessorCount} cores, {gibibytes:0.0} GiB of memory, Linux {kernel}, " +
            $".NET {Environment.Version}, data on {fileSystem}";
    }
}
