using System.Globalization;
using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The attributes of a queue as a client sees them.</summary>
internal static class QueueAttributes
{
    private const string All = "All";

    /// <summary>Attributes that are answered only when they are set, and so can be asked for in vain.</summary>
    private static readonly HashSet<string> Optional = new(StringComparer.Ordinal)
    {
        Policies.Name, Redrive.Name, Redrive.AllowName, Encryption.KeyId, Encryption.ReusePeriod, FifoAttributes.Type,
        FifoAttributes.ContentBased, FifoAttributes.Scope, FifoAttributes.Throughput,
    };

    /// <summary>Those of the names that are set; answers the first name that no attribute has.</summary>
    public static string? Select(
        AwsCall call, QueueDescription queue, IReadOnlyList<string> names, out Dictionary<string, string>? selected)
    {
        Dictionary<string, string> all = ReadAll(call, queue);
        selected = null;
        foreach (string? name in names)
        {
            if (name is null) return "null";
            if (name == All) selected = new Dictionary<string, string>(all);
            else if (all.TryGetValue(name, out string? value)) (selected ??= [])[name] = value;
            else if (!Optional.Contains(name)) return name;
        }

        return null;
    }

    private static Dictionary<string, string> ReadAll(AwsCall call, QueueDescription queue)
    {
        Dictionary<string, string> all = [];
        QueueConfig config = queue.Config;
        Add("QueueArn", QueueAddresses.ArnOf(call.Options, QueueAddresses.NameFor(queue.Name, config)));

        // What waits for its group is there to be received, to AWS.
        Add("ApproximateNumberOfMessages", Text(queue.Stats.Available + queue.Stats.Blocked));
        Add("ApproximateNumberOfMessagesNotVisible", Text(queue.Stats.Leased));
        Add("ApproximateNumberOfMessagesDelayed", Text(queue.Stats.Delayed));
        Add("CreatedTimestamp", Text(queue.CreatedAt / 1_000));
        Add("LastModifiedTimestamp", Text(queue.UpdatedAt / 1_000));
        foreach ((string name, NumberAttribute attribute) in AttributeEdits.Numbers)
            Add(name, Text(attribute.Read(config)));
        Add(Policies.Name, Annotations.Find(config, Policies.Name));
        Redrive.Write(call.Host, config, Add);
        Encryption.Write(config, Add);
        FifoAttributes.Write(config, Add);
        return all;

        void Add(string name, string? value)
        {
            if (value is not null) all[name] = value;
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
