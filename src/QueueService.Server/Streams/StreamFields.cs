using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>What the owner of a stream declares.</summary>
internal static class StreamFields
{
    public static readonly DefinitionFields All = new(
        new QueueConfig { RetentionSeconds = StreamLimits.DefaultRetentionSeconds, Stream = new StreamConfig() },
        [
            new("partitions", 1, StreamLimits.MaxPartitions,
                config => config.Stream!.Partitions,
                (config, value) => config with { Stream = config.Stream! with { Partitions = (int)value } })
            {
                OnlyGrows = true,
                Description =
                    "How many partitions the stream has: the order of records is kept within each, and a group " +
                    "has at most one reader for each. Can grow and not shrink. When it grows, keys may go to other " +
                    "partitions from then on, and what is there stays where it is.",
            },
            QueueFields.Named("retentionSeconds") with
            {
                Description = "How long records are kept.",
            },
            new("retentionBytes", StreamLimits.MinRetentionBytes, QueueConfigLimits.MaxMaxBytes,
                config => config.Stream!.RetentionBytes,
                (config, value) => config with { Stream = config.Stream! with { RetentionBytes = value } })
            {
                IsOptional = true,
                Description =
                    "How many bytes of records each partition keeps, as they are stored. The oldest go, 256 at a " +
                    "time; the newest 1 to 256 always stay.",
            },
            new("cleanup", 0, 2,
                config => (long)config.Stream!.Cleanup,
                (config, value) => config with { Stream = config.Stream! with { Cleanup = (CleanupPolicy)value } })
            {
                Choices = ["delete", "compact", "compactAndDelete"],
                Schema = "Cleanup",
                Description =
                    "How records end: `delete` by `retentionSeconds` and `retentionBytes`; `compact` when a " +
                    "newer record has the same key, and then nothing is deleted by time or size, so those two must " +
                    "keep their defaults; `compactAndDelete` by whichever of both is first. What is appended to a " +
                    "stream that is compacted needs a key.",
            },
            new("deleteRetentionSeconds", 0, StreamLimits.MaxCompactionSeconds,
                config => config.Stream!.DeleteRetentionSeconds,
                (config, value) =>
                    config with { Stream = config.Stream! with { DeleteRetentionSeconds = (int)value } })
            {
                Description =
                    "How long compaction keeps a tombstone at least, after it has taken the older records of " +
                    "its key.",
            },
            new("minCompactionLagSeconds", 0, StreamLimits.MaxCompactionSeconds,
                config => config.Stream!.MinCompactionLagSeconds,
                (config, value) =>
                    config with { Stream = config.Stream! with { MinCompactionLagSeconds = (int)value } })
            {
                Description = "Only records that are older than this count as newer ones of their key.",
            },
            QueueFields.Named("maxMessageBytes") with
            {
                Description = "The largest record that is accepted, in bytes.",
            },
            QueueFields.Named("durability"),
        ],
        [
            new("tier", "StreamTier", TierJson.Read, TierJson.Write, static config => TierJson.With(config, null))
            {
                IsOptional = true,
                Description = "When segments go to the object store of the server. Default: never.",
            },
            QueuePolicies.Named("tags"),
            QueuePolicies.Named("alarms") with { Read = AlarmsJson.ReadOfStream },
        ]);
}
