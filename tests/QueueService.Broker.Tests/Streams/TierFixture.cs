using QueueService.Storage.Tiering;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Streams;

/// <summary>An object store on another simulated disk, and a broker whose segments are small enough to go there.</summary>
internal static class TierFixture
{
    public static BrokerOptions Options(SimulatedDisk objects) => BrokerHarness.Small with
    {
        Storage = BrokerHarness.Small.Storage with
        {
            SegmentBytes = 8 << 10,
            TailCacheBytes = 16 << 10,
            Tier = new TierOptions
            {
                Objects = new DirectoryObjectStore(objects),
                Time = new ManualTimeProvider(),
                BlockBytes = 2 << 10,
                CacheBytes = 64 << 10,
                UploadBytesPerSecond = 0,
            },
        },
    };

    /// <summary>Of a record: tells its place, in different lengths.</summary>
    public static string Body(int i) => $"{i}:{new string((char)('a' + (i % 26)), 100 + (i % 200))}";

    public static TieringPass Move(BrokerHarness harness) => harness.Run(
        () => new ValueTask<TieringPass>(harness.Broker.RunTiering(CancellationToken.None)), turns: 10_000);
}
