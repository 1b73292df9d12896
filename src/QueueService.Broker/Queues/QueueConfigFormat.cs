using System.Buffers;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Queues;

/// <summary>The bytes of a queue's settings in records and snapshots.</summary>
internal static class QueueConfigFormat
{
    private const ulong Version = 9;

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
        output.WriteVarint((config.Paused ? 1UL : 0) | (config.ResetRetentionOnDeadLetter ? 2UL : 0)
            | (config.ContentBasedDeduplication ? 4UL : 0)
            | (config.DeduplicationScope == DeduplicationScope.Group ? 8UL : 0)
            | (config.Redrive is { IncludeExpired: true } ? 16UL : 0));
        output.WriteVarint((ulong)config.Retry.Kind);
        output.WriteVarint((ulong)config.Retry.MinSeconds);
        output.WriteVarint((ulong)config.Retry.MaxSeconds);
        output.WriteVarint((ulong)config.Retry.FactorThousandths);
        output.WriteVarint((ulong)config.Retry.JitterThousandths);
        output.WriteText(config.Redrive?.DeadLetterQueue ?? "");
        output.WriteVarint((ulong)(config.Redrive?.MaxReceiveCount ?? 0));
        output.WriteVarint((ulong)config.RedriveAllow.Permission);
        output.WriteText(config.RedriveAllow.SourceQueues);
        output.WriteVarint((ulong)config.MaxMessages);
        output.WriteVarint((ulong)config.MaxBytes);
        output.WriteVarint((ulong)config.Overflow);
        Write(output, config.Tags);
        output.WriteVarint((ulong)config.Alarms.Count);
        foreach (Alarm alarm in config.Alarms)
        {
            output.WriteText(alarm.Name);
            output.WriteVarint((ulong)alarm.Metric);
            output.WriteVarint((ulong)alarm.Above);
            output.WriteVarint((ulong)alarm.ForSeconds);
        }

        output.WriteVarint(config.Subscription is null ? 0UL : 1UL);
        if (config.Subscription is { } subscription) Write(output, subscription);
        output.WriteVarint(config.Stream is null ? 0UL : 1UL);
        if (config.Stream is { } stream) Write(output, stream);
        output.WriteVarint(config.Durable is null ? 0UL : 1UL);
        if (config.Durable is { } durable) Write(output, durable);
        output.WriteVarint(config.Stream?.Tier is null ? 0UL : 1UL);
        if (config.Stream?.Tier is { } tier) Write(output, tier);
        Write(output, config.Annotations);
        output.WriteVarint((ulong)config.GroupLock);
        output.WriteVarint((ulong)(config.Subscription?.Numbers ?? NumberMatching.NumbersInStrings));
    }

    private static void Write(IBufferWriter<byte> output, ValueList<Tag> tags)
    {
        output.WriteVarint((ulong)tags.Count);
        foreach (Tag tag in tags)
        {
            output.WriteText(tag.Key);
            output.WriteText(tag.Value);
        }
    }

    private static void Write(IBufferWriter<byte> output, StreamConfig stream)
    {
        output.WriteVarint((ulong)stream.Partitions);
        output.WriteVarint((ulong)stream.RetentionBytes);
        output.WriteVarint((ulong)stream.Cleanup);
        output.WriteVarint((ulong)stream.DeleteRetentionSeconds);
        output.WriteVarint((ulong)stream.MinCompactionLagSeconds);
    }

    private static void Write(IBufferWriter<byte> output, StreamTier tier)
    {
        output.WriteVarint((ulong)(tier.AfterSeconds + 1 ?? 0));
        output.WriteVarint((ulong)(tier.LocalBytes + 1 ?? 0));
    }

    private static void Write(IBufferWriter<byte> output, DurableStreamConfig durable)
    {
        output.WriteText(durable.ContentType);
        output.WriteVarint((ulong)(durable.TtlSeconds + 1 ?? 0));
        output.WriteVarint((ulong)(durable.ExpiresAt + 1 ?? 0));
        output.WriteVarint(durable.Source);
        output.WriteText(durable.SourcePath);
        output.WriteVarint((ulong)durable.ForkOffset);
        output.WriteVarint((ulong)durable.ForkSubOffset);
    }

    private static void Write(IBufferWriter<byte> output, SubscriptionConfig subscription)
    {
        output.WriteVarint(subscription.Topic);
        output.WriteVarint((ulong)subscription.Target);
        output.WriteText(subscription.Destination);
        output.WriteText(subscription.Filter);
        output.WriteVarint((ulong)subscription.Format);
        output.WriteText(subscription.From);
    }

    public static QueueConfig Read(ref SpanReader input)
    {
        ulong version = input.ReadVarint();
        var config = new QueueConfig
        {
            Type = (QueueType)input.ReadVarint(),
            VisibilityTimeoutSeconds = (int)input.ReadVarint(),
            DelaySeconds = (int)input.ReadVarint(),
            RetentionSeconds = (int)input.ReadVarint(),
            MaxMessageBytes = (int)input.ReadVarint(),
            ReceiveWaitSeconds = (int)input.ReadVarint(),
            Durability = (Durability)input.ReadVarint(),
        };
        if (version >= 2) config = ReadPolicies(ref input, config);
        if (version >= 4 && input.ReadVarint() == 1)
            config = config with { Subscription = ReadSubscription(ref input) };
        if (version >= 5 && input.ReadVarint() == 1) config = config with { Stream = ReadStream(ref input, version) };
        if (version >= 6 && input.ReadVarint() == 1) config = config with { Durable = ReadDurable(ref input) };
        if (version >= 8 && input.ReadVarint() == 1)
            config = config with { Stream = config.Stream! with { Tier = ReadTier(ref input) } };
        return version >= 9 ? ReadProtocols(ref input, config) : config;
    }

    /// <summary>What version 9 added.</summary>
    private static QueueConfig ReadProtocols(ref SpanReader input, QueueConfig config)
    {
        config = config with { Annotations = ReadTags(ref input), GroupLock = (GroupLock)input.ReadVarint() };
        var numbers = (NumberMatching)input.ReadVarint();
        return config.Subscription is { } subscription
            ? config with { Subscription = subscription with { Numbers = numbers } }
            : config;
    }

    /// <summary>What version 2 added.</summary>
    private static QueueConfig ReadPolicies(ref SpanReader input, QueueConfig config)
    {
        ulong flags = input.ReadVarint();
        var retry = new RetryPolicy
        {
            Kind = (RetryKind)input.ReadVarint(),
            MinSeconds = (int)input.ReadVarint(),
            MaxSeconds = (int)input.ReadVarint(),
            FactorThousandths = (int)input.ReadVarint(),
            JitterThousandths = (int)input.ReadVarint(),
        };
        string deadLetterQueue = input.ReadText();
        int maxReceiveCount = (int)input.ReadVarint();
        var permission = (RedrivePermission)input.ReadVarint();
        return config with
        {
            Paused = (flags & 1) != 0,
            ResetRetentionOnDeadLetter = (flags & 2) != 0,
            ContentBasedDeduplication = (flags & 4) != 0,
            DeduplicationScope = (flags & 8) != 0 ? DeduplicationScope.Group : DeduplicationScope.Queue,
            Retry = retry,
            Redrive = maxReceiveCount == 0 ? null : new RedrivePolicy(deadLetterQueue, maxReceiveCount)
            {
                IncludeExpired = (flags & 16) != 0,
            },
            RedriveAllow = new RedriveAllowPolicy(permission, input.ReadText()),
            MaxMessages = (long)input.ReadVarint(),
            MaxBytes = (long)input.ReadVarint(),
            Overflow = (OverflowPolicy)input.ReadVarint(),
            Tags = ReadTags(ref input),
            Alarms = ReadAlarms(ref input),
        };
    }

    private static SubscriptionConfig ReadSubscription(ref SpanReader input) => new()
    {
        Topic = (uint)input.ReadVarint(),
        Target = (SubscriptionTarget)input.ReadVarint(),
        Destination = input.ReadText(),
        Filter = input.ReadText(),
        Format = (DeliveryFormat)input.ReadVarint(),
        From = input.ReadText(),
    };

    private static StreamConfig ReadStream(ref SpanReader input, ulong version)
    {
        var stream = new StreamConfig
        {
            Partitions = (int)input.ReadVarint(),
            RetentionBytes = (long)input.ReadVarint(),
        };
        return version < 7 ? stream : stream with
        {
            Cleanup = (CleanupPolicy)input.ReadVarint(),
            DeleteRetentionSeconds = (int)input.ReadVarint(),
            MinCompactionLagSeconds = (int)input.ReadVarint(),
        };
    }

    private static StreamTier ReadTier(ref SpanReader input) => new(
        input.ReadVarint() is > 0 and var seconds ? (long)seconds - 1 : null,
        input.ReadVarint() is > 0 and var bytes ? (long)bytes - 1 : null);

    private static DurableStreamConfig ReadDurable(ref SpanReader input) => new()
    {
        ContentType = input.ReadText(),
        TtlSeconds = input.ReadVarint() is > 0 and var ttl ? (long)ttl - 1 : null,
        ExpiresAt = input.ReadVarint() is > 0 and var expiresAt ? (long)expiresAt - 1 : null,
        Source = (uint)input.ReadVarint(),
        SourcePath = input.ReadText(),
        ForkOffset = (long)input.ReadVarint(),
        ForkSubOffset = (long)input.ReadVarint(),
    };

    private static ValueList<Tag> ReadTags(ref SpanReader input)
    {
        int count = (int)input.ReadVarint();
        if (count == 0) return ValueList<Tag>.Empty;
        var tags = new Tag[count];
        for (int i = 0; i < count; i++) tags[i] = new Tag(input.ReadText(), input.ReadText());
        return new ValueList<Tag>(tags);
    }

    private static ValueList<Alarm> ReadAlarms(ref SpanReader input)
    {
        int count = (int)input.ReadVarint();
        if (count == 0) return ValueList<Alarm>.Empty;
        var alarms = new Alarm[count];
        for (int i = 0; i < count; i++)
        {
            string name = input.ReadText();
            var metric = (AlarmMetric)input.ReadVarint();
            alarms[i] = new Alarm(name, metric, (long)input.ReadVarint(), (int)input.ReadVarint());
        }

        return new ValueList<Alarm>(alarms);
    }
}
