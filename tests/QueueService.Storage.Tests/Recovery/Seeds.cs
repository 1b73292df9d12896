using System.Globalization;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>Runs a test once per seed on all processors. QUEUESERVICE_SOAK=1 takes the long run, QUEUESERVICE_SEED one
/// seed, and QUEUESERVICE_FROM and QUEUESERVICE_TO a range.</summary>
internal static class Seeds
{
    public static bool IsSoak => Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1";

    public static void RunAll(int ci, int soak, Action<ulong> run)
    {
        if (Number("QUEUESERVICE_SEED") is { } only)
        {
            run((ulong)only);
            return;
        }

        var failures = new SortedDictionary<long, Exception>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        long to = Number("QUEUESERVICE_TO") ?? (IsSoak ? soak : ci);
        Parallel.For(Number("QUEUESERVICE_FROM") ?? 0, to, parallel, (seed, loop) =>
        {
            try
            {
                run((ulong)seed);
            }
            catch (Exception failure)
            {
                lock (failures)
                    failures.Add(seed, failure);
                if (failures.Count >= 20)
                    loop.Stop();
            }
        });
        if (failures.Count == 0)
            return;
        var lines = failures.Select(static item => $"Seed {item.Key}: {item.Value.Message.ReplaceLineEndings(" ")}");
        throw new InvalidOperationException(string.Join('\n', lines), failures.First().Value);
    }

    private static long? Number(string variable) =>
        long.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out long number)
            ? number
            : null;
}
