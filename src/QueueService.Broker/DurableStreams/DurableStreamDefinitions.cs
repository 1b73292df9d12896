using QueueService.Broker.Control;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker.DurableStreams;

/// <summary>Creating, finding and ending durable streams, on the loop.</summary>
internal static class DurableStreamDefinitions
{
    private const string DefaultContentType = "application/octet-stream";

    public static Result<DurableStreamChange> Put(
        Shard shard, PlainCommand<Result<DurableStreamChange>> command, DurableStreamDraft draft, MessageBatch batch)
    {
        MessageQueue? existing = shard.FindQueue(draft.Name.Address);
        bool isOver = existing is not null && existing.HasEnded(shard.Now) && !shard.Forks.Any(existing.Resource);
        if (existing is not null && !isOver)
        {
            return existing.IsRetired || existing.HasEnded(shard.Now) || !Matches(existing, draft)
                ? BrokerError.DurableStreamExists
                : new DurableStreamChange(Describe(existing), Created: false);
        }

        if (shard.WhyNoNewData() is var reason and not BrokerError.None) return reason;
        if (shard.Catalog.Count(QueueKind.DurableStream) >= shard.Options.MaxQueues) return BrokerError.TooManyQueues;
        if (IsTooLarge(shard, batch)) return BrokerError.MessageTooLarge;
        Result<DurableStreamConfig> config = Complete(shard, draft);
        if (!config.Succeeded) return config.Error;
        if (isOver) Remove(shard, existing!);
        var append = new DurableStreamAppend(draft.Name) { Closes = draft.IsClosed };
        MessageQueue stream = shard.Define(
            shard.Catalog.NextResource, ControlRecord.QueueCreated, QueueRecord.Created, draft.Name.Address,
            new QueueConfig
            {
                RetentionSeconds = QueueConfigLimits.MaxRetentionSeconds,
                MaxMessageBytes = QueueConfigLimits.MaxMessageBytes,
                Durable = config.Value,
            },
            created => shard.WriteDurable(created, append, batch));
        command.Wrote = true;
        return new DurableStreamChange(Describe(stream), Created: true);
    }

    /// <summary>The stream, unless it was deleted or has expired.</summary>
    public static Result<MessageQueue> Find(Shard shard, DurableStreamName name)
    {
        if (shard.FindQueue(name.Address) is not { } stream) return BrokerError.DurableStreamNotFound;
        if (stream.IsRetired) return BrokerError.DurableStreamGone;
        if (!stream.HasEnded(shard.Now)) return stream;
        return shard.Forks.Any(stream.Resource) ? BrokerError.DurableStreamGone : BrokerError.DurableStreamNotFound;
    }

    public static BrokerError Delete(Shard shard, PlainCommand<BrokerError> command, DurableStreamName name)
    {
        Result<MessageQueue> found = Find(shard, name);
        if (!found.Succeeded) return found.Error;
        End(shard, found.Value);
        command.Wrote = true;
        return BrokerError.None;
    }

    /// <summary>Ends what has expired, and what was only kept for forks that are gone. Answers how many
    /// ended.</summary>
    public static long Sweep(Shard shard, PlainCommand<long> command)
    {
        List<MessageQueue> over = [.. shard.Queues.Where(queue => queue.IsDurable
            && (queue.IsRetired ? !shard.Forks.Any(queue.Resource) : queue.HasEnded(shard.Now)))];
        foreach (MessageQueue stream in over)
            if (!stream.IsDeleted) End(shard, stream);
        command.Wrote = over.Count > 0;
        return over.Count;
    }

    public static DurableStreamState Describe(MessageQueue stream) =>
        new(stream.Resource, stream.Config.Durable!, stream.DurableEnd, stream.IsClosed);

    public static bool IsTooLarge(Shard shard, MessageBatch batch) =>
        batch.Bytes + (batch.Count * 16L) > shard.MaxFrameBytes;

    /// <summary>Content types are compared without parameters and case.</summary>
    public static bool IsSameType(string one, string other) =>
        MediaType(one).Equals(MediaType(other), StringComparison.OrdinalIgnoreCase);

    private static ReadOnlySpan<char> MediaType(string contentType)
    {
        int end = contentType.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? contentType : contentType.AsSpan(0, end)).Trim();
    }

    /// <summary>Its records stay while forks begin with them; its path stays taken as long.</summary>
    private static void End(Shard shard, MessageQueue stream)
    {
        if (!shard.Forks.Any(stream.Resource))
        {
            Remove(shard, stream);
            return;
        }

        shard.EndWaits(stream);
        shard.Store.BeginFrame();
        shard.Write(stream, QueueRecord.Retired, []);
        shard.Store.EndFrame();
    }

    /// <summary>With a fork may go what was only kept for it.</summary>
    private static void Remove(Shard shard, MessageQueue stream)
    {
        for (MessageQueue? next = stream; next is not null;)
        {
            shard.EndWaits(next);
            uint source = next.Config.Durable!.Source;
            shard.Define(next.Resource, ControlRecord.QueueDeleted, QueueRecord.Deleted, next.Name, config: null);
            if (source == 0 || shard.Forks.Any(source)) return;
            next = shard.QueueOf(source) is { IsRetired: true } kept ? kept : null;
        }
    }

    private static bool Matches(MessageQueue stream, DurableStreamDraft draft)
    {
        DurableStreamConfig config = stream.Config.Durable!;
        if (config.SourcePath != (draft.Source?.Path ?? "") || stream.IsClosed != draft.IsClosed) return false;
        if (config.ForkSubOffset != draft.ForkSubOffset) return false;
        if (draft.ForkOffset is { } offset && offset != config.ForkOffset) return false;
        bool inherits = draft.Source is not null;
        bool isTimed = draft.TtlSeconds is not null || draft.ExpiresAt is not null;
        if ((isTimed || !inherits) && (config.TtlSeconds != draft.TtlSeconds || config.ExpiresAt != draft.ExpiresAt))
            return false;
        return (inherits && draft.ContentType is null)
            || IsSameType(config.ContentType, draft.ContentType ?? DefaultContentType);
    }

    private static Result<DurableStreamConfig> Complete(Shard shard, DurableStreamDraft draft)
    {
        var config = new DurableStreamConfig
        {
            ContentType = draft.ContentType ?? DefaultContentType,
            TtlSeconds = draft.TtlSeconds,
            ExpiresAt = draft.ExpiresAt,
            ForkSubOffset = draft.ForkSubOffset,
        };
        if (draft.Source is not { } name) return config;
        Result<MessageQueue> found = Find(shard, name);
        if (!found.Succeeded)
        {
            return found.Error == BrokerError.DurableStreamGone
                ? BrokerError.ForkSourceGone
                : BrokerError.ForkSourceNotFound;
        }

        MessageQueue source = found.Value;
        DurableStreamConfig origin = source.Config.Durable!;
        if (draft.SourceResource is { } read && read != source.Resource) return BrokerError.ForkSourceNotFound;
        if (draft.ContentType is not null && !IsSameType(draft.ContentType, origin.ContentType))
            return BrokerError.ContentTypeMismatch;
        if (draft.ForkOffset > source.DurableEnd) return BrokerError.ForkOffsetBeyondEnd;
        if (Depth(shard, source) >= DurableStreamLimits.MaxForkDepth) return BrokerError.ForkTooDeep;
        bool isTimed = draft.TtlSeconds is not null || draft.ExpiresAt is not null;
        return config with
        {
            ContentType = draft.ContentType ?? origin.ContentType,
            TtlSeconds = isTimed ? draft.TtlSeconds : origin.TtlSeconds,
            ExpiresAt = isTimed ? draft.ExpiresAt : origin.ExpiresAt,
            Source = source.Resource,
            SourcePath = name.Path,
            ForkOffset = draft.ForkOffset ?? source.DurableEnd,
        };
    }

    private static int Depth(Shard shard, MessageQueue stream)
    {
        int depth = 1;
        for (; stream.Config.Durable!.Source is > 0 and var source; depth++) stream = shard.QueueOf(source);
        return depth;
    }
}
