using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>What only AWS knows of a queue, kept with its definition.</summary>
internal static class Annotations
{
    public static string? Find(QueueConfig config, string key)
    {
        foreach (Tag annotation in config.Annotations)
            if (annotation.Key == key) return annotation.Value;
        return null;
    }

    /// <summary>The definition with another value; null takes the key away.</summary>
    public static QueueConfig With(QueueConfig config, string key, string? value)
    {
        if (Find(config, key) == value) return config;
        Dictionary<string, string?> change = new(StringComparer.Ordinal) { [key] = value };
        return config with { Annotations = Tag.Merge(config.Annotations, change) };
    }
}
