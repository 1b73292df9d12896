using System.Globalization;
using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The attributes of encryption at rest: they are kept and answered as AWS does, and encrypt
/// nothing.</summary>
internal static class Encryption
{
    public const string KeyId = "KmsMasterKeyId";
    public const string ReusePeriod = "KmsDataKeyReusePeriodSeconds";
    public const string ManagedName = "SqsManagedSseEnabled";

    private const int MinReuse = 60;
    private const int MaxReuse = 86_400;
    private const string DefaultReuse = "300";

    public static AwsError? Read(string name, string value, out Func<QueueConfig, QueueConfig> change)
    {
        switch (name)
        {
            case KeyId:
                change = queue => WithKey(queue, value.Length == 0 ? null : value);
                return null;
            case ReusePeriod:
                // The default is kept as nothing, so that it does not outlive the key that it belongs to.
                change = queue => Annotations.With(queue, ReusePeriod, value == DefaultReuse ? null : value);
                bool isPeriod = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                    && seconds is >= MinReuse and <= MaxReuse;
                return isPeriod ? null : SqsErrors.BadAttribute(name);
            default:
                change = queue => WithManaged(queue, value);
                return value is "true" or "false" ? null : SqsErrors.BadAttribute(name);
        }
    }

    public static void Write(QueueConfig config, Action<string, string?> add)
    {
        string? key = Annotations.Find(config, KeyId);
        add(ManagedName, Annotations.Find(config, ManagedName) ?? "true");
        add(KeyId, key);
        add(ReusePeriod, Annotations.Find(config, ReusePeriod) ?? (key is null ? null : DefaultReuse));
    }

    /// <summary>A key switches the other kind of encryption off, and taking it away does not switch it on
    /// again.</summary>
    private static QueueConfig WithKey(QueueConfig queue, string? key)
    {
        QueueConfig changed = Annotations.With(Annotations.With(queue, KeyId, key), ManagedName, "false");
        return key is null ? Annotations.With(changed, ReusePeriod, null) : changed;
    }

    /// <summary>"true" is the default, and kept as nothing.</summary>
    private static QueueConfig WithManaged(QueueConfig queue, string value) => value == "true"
        ? Annotations.With(Annotations.With(Annotations.With(queue, KeyId, null), ReusePeriod, null), ManagedName, null)
        : Annotations.With(queue, ManagedName, value);
}
