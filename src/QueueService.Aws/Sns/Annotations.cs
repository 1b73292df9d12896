using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

/// <summary>Attributes of topics that only AWS knows, kept with the definition by their own names.</summary>
internal static class Annotations
{
    /// <summary>Null when it was never set.</summary>
    public static string? Find(QueueConfig config, string name)
    {
        foreach (Tag tag in config.Annotations)
            if (tag.Key == name) return tag.Value;
        return null;
    }

    /// <param name="value">Null takes it away.</param>
    public static QueueConfig Set(QueueConfig config, string name, string? value)
    {
        IEnumerable<Tag> others = config.Annotations.Where(tag => tag.Key != name);
        return config with
        {
            Annotations = new ValueList<Tag>(value is null ? others : others.Append(new Tag(name, value))),
        };
    }
}
