using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>The bytes of a queue's settings in records and snapshots.</summary>
internal static class QueueConfigFormat
{
    private const ulong Version = 1;

    public static void Write(IBufferWriter<byte> output, QueueConfig config)
    {
        output.WriteVarint(Version);
        output.WriteVarint((ulong)config.Type);
        output.WriteVarint((ulong)config.VisibilityTimeoutSeconds);
        output.WriteVarint((ulong)config.DelaySeconds);
        output.WriteVarint((ulong)config.RetentionSeconds);
        output.WriteVarint((ulong)config.MaxMessageBytes);
        output.WriteVarint((ulong)config.ReceiveWaitSeconds);
        output.WriteVarint((ulong)config.Durability);
    }

    public static QueueConfig Read(ref SpanReader input)
    {
        input.ReadVarint();
        return new QueueConfig
        {
            Type = (QueueType)input.ReadVarint(),
            VisibilityTimeoutSeconds = (int)input.ReadVarint(),
            DelaySeconds = (int)input.ReadVarint(),
            RetentionSeconds = (int)input.ReadVarint(),
            MaxMessageBytes = (int)input.ReadVarint(),
            ReceiveWaitSeconds = (int)input.ReadVarint(),
            Durability = (Durability)input.ReadVarint(),
        };
    }
}
