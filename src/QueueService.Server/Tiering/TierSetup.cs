using System.Diagnostics.CodeAnalysis;
using QueueService.Server.Hosting;
using QueueService.Storage.Files;
using QueueService.Storage.Tiering;

namespace QueueService.Server.Tiering;

/// <summary>Opens what the settings name.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "The store owns its disk, and is disposed with the broker.")]
internal static class TierSetup
{
    /// <summary>Readers that all fail for one reason fill no log with it.</summary>
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    /// <summary>Null when the settings name none.</summary>
    public static TierOptions? Open(TierSettings settings, TimeProvider time, ILogger log)
    {
        if (OpenStore(settings) is not { } objects) return null;
        long reportedAt = time.GetTimestamp() - time.TimestampFrequency;
        return new TierOptions
        {
            Objects = objects,
            Time = time,
            CacheBytes = settings.CacheBytes,
            BlockBytes = settings.BlockBytes,
            UploadBytesPerSecond = settings.UploadBytesPerSecond,
            Failed = failure =>
            {
                long last = Volatile.Read(ref reportedAt);
                long now = time.GetTimestamp();
                if (time.GetElapsedTime(last, now) < ReportInterval) return;
                if (Interlocked.CompareExchange(ref reportedAt, now, last) == last)
                    log.ObjectStoreFailed(failure.Message);
            },
        };
    }

    private static IObjectStore? OpenStore(TierSettings settings) =>
        settings.S3 is { } s3 ? new S3ObjectStore(s3)
        : settings.Directory is { } directory
            ? new DirectoryObjectStore(new PhysicalFileSystem(Path.GetFullPath(directory)))
            : null;
}
