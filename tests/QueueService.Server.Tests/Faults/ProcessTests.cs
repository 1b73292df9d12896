using System.Diagnostics.CodeAnalysis;

namespace QueueService.Server.Tests.Faults;

/// <summary>Tests that start server processes run one after another: two cores, and timing of their own.</summary>
[SuppressMessage("Design", "CA1515", Justification = "xunit finds public collection definitions only.")]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessTests
{
    public const string Name = "server processes";

    /// <summary>Set by `tests/run --soak`.</summary>
    internal static bool Soak => Environment.GetEnvironmentVariable("QUEUESERVICE_SOAK") == "1";

    /// <summary>The seed of this run: QUEUESERVICE_SEED, or a fixed one. It is part of every failure message.</summary>
    internal static int Seed =>
        int.TryParse(Environment.GetEnvironmentVariable("QUEUESERVICE_SEED"), out int seed) ? seed : 20261121;
}
