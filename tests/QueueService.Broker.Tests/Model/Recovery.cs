using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>
/// After a crash the model looks at what there is. Calls that were answered must hold to the letter; those that were
/// not may have happened, wholly or not at all; nothing else may have, but for what the broker does by itself.
/// </summary>
internal sealed class Recovery(NaiveBroker model, BrokerHarness harness, Aftermath aftermath, bool atRest)
{
    /// <summary>By id: where the messages are now.</summary>
    private readonly Dictionary<MessageId, string> _whereabouts = [];

    /// <summary>By id: where the messages were, as the model knew it.</summary>
    private readonly Dictionary<MessageId, (NaiveQueue Queue, NaiveMessage Message)> _before = [];

    private bool _mayBeLost;

    /// <summary>The process died in the periodic work.</summary>
    public bool IsSweeping { get; init; }

    public void Adopt(Func<Durability, bool> mayBeLost)
    {
        foreach (NaiveQueue queue in model.Queues.Values)
            foreach (NaiveMessage message in queue.Messages) _before[message.Id] = (queue, message);
        var seen = OperationSource.Names.ToDictionary(static name => name, ReadAll);
        foreach ((string name, List<Seen> messages) in seen)
        {
            foreach (Seen message in messages)
                ThrowUnless(_whereabouts.TryAdd(message.Id, name), $"{message} is in two places");
        }

        foreach (string name in OperationSource.Names)
        {
            Result<QueueDescription> found = harness.Run(() => harness.Broker.GetQueue(BrokerHarness.Name(name)));
            NaiveQueue? queue = model.Find(name);
            QueueAftermath effects = aftermath[name];
            if (!found.Succeeded)
            {
                ThrowUnless(queue is null || effects.Deleted, $"queue {name} is gone");
                model.Queues.Remove(name);
                continue;
            }

            if (queue?.Resource != NaiveBroker.ResourceOf(found.Value.ETag))
            {
                ThrowUnless(effects.Defined && (queue is null || effects.Deleted), $"queue {name} was invented");
                model.Queues.Remove(name);
                queue = model.Create(found.Value);
            }

            _mayBeLost = mayBeLost(queue.Config.Durability);
            AdoptMessages(queue, effects, seen[name]);
            AdoptDefinition(queue, found.Value, effects);
            if (atRest && !_mayBeLost) continue;
            QueueStats stats = found.Value.Stats;
            (queue.Sent, queue.Received, queue.DeadLettered) =
                (stats.SentTotal, stats.ReceivedTotal, stats.DeadLetteredTotal);
            (queue.Deleted, queue.Expired) = (stats.DeletedTotal, stats.ExpiredTotal);
        }
    }

    private static void AdoptDefinition(NaiveQueue queue, QueueDescription found, QueueAftermath effects)
    {
        bool same = queue.Config == found.Config && queue.ETag == found.ETag && queue.UpdatedAt == found.UpdatedAt;
        ThrowUnless(same || effects.Defined, $"the definition of {queue.Name} changed by itself");
        queue.Configure(found.Config);
        queue.ETag = found.ETag;
        queue.UpdatedAt = found.UpdatedAt;
    }

    private void AdoptMessages(NaiveQueue queue, QueueAftermath effects, List<Seen> present)
    {
        MessageQueue truth = harness.Broker.Shard.QueueOf(queue.Resource);
        for (int lane = 0; lane < (QueueConfigLimits.MaxPriority + 1) * Position.LanesPerPriority; lane++)
            queue.SkipTo(lane, truth.NextIn(lane));
        Dictionary<long, Seen> seen = present.ToDictionary(static message => message.Sequence);
        foreach (NaiveMessage message in queue.Messages.ToList())
        {
            if (seen.Remove(message.Sequence, out Seen? found)) AdoptMessage(queue, message, found, truth, effects);
            else
            {
                ThrowUnless(_mayBeLost || MayBeGone(queue, message, effects), $"{message} of {queue.Name} is gone");
                queue.Messages.Remove(message);
            }
        }

        if (_mayBeLost) AdoptReturned(queue, truth, seen);
        AdoptMoved(queue, truth, seen);
        AdoptSent(queue, truth, effects, seen);
    }

    private void AdoptMessage(
        NaiveQueue queue, NaiveMessage message, Seen found, MessageQueue truth, QueueAftermath effects)
    {
        truth.TryGetTouched(message.Sequence, out Touched touched);
        bool same =
            (message.ReceiveCount, message.VisibleAt, message.IsLeased, message.IsExpired, message.FirstFailedAt)
            == (touched.ReceiveCount, touched.Deadline, touched.IsLeased, touched.IsExpired, touched.FirstFailedAt);
        if (same)
        {
            queue.Expect(found);
            return;
        }

        bool received = effects.MayLease && touched.ReceiveCount > message.ReceiveCount;
        bool moved = touched.ReceiveCount == message.ReceiveCount && (MayBeMoved(message, effects)
            || (
                !atRest && (effects.Defined || MayBeDecided(queue, message, touched))
                    && !message.HoldsLease(model.Now)));
        ThrowUnless(received || moved || _mayBeLost, $"{message} of {queue.Name} changed by itself to {found}");
        if (received || _mayBeLost) message.Receipt = null;
        Adopt(message, touched);
        queue.Expect(found);
    }

    private bool MayBeMoved(NaiveMessage message, QueueAftermath effects) =>
        effects.Rescheduled.Contains(message.Id)
        || (effects.MayRepeat && message.HoldsLease(model.Now))
        || effects.Settled.Exists(settled => settled.Settlement != Settlement.Acknowledge
            && message.Receipt is { } receipt && settled.Receipts.Contains(receipt));

    /// <summary>By the retry policy, or because its time to live is over.</summary>
    private bool MayBeDecided(NaiveQueue queue, NaiveMessage message, in Touched touched) =>
        (touched.IsExpired && message.IsPast(model.Now) && !message.HoldsLease(model.Now))
        || (queue.FateOf(message, model.Now) == NaiveFate.Retry && !touched.IsLeased
            && touched.Deadline == message.VisibleAt + queue.DelayOf(message));

    private bool MayBeGone(NaiveQueue queue, NaiveMessage message, QueueAftermath effects)
    {
        bool isGivenUp = message.Receipt is { } held && effects.DeadLettered.Contains(held);
        bool isDoomed = IsSweeping && MayBeDoomed(queue, message);
        if ((isGivenUp || isDoomed) && _whereabouts.TryGetValue(message.Id, out string? name))
            return name == queue.Config.Redrive?.DeadLetterQueue;
        long before = model.Now - (queue.Config.RetentionSeconds * 1000L);
        return effects.Purged || effects.MayTake || effects.Removed.Contains(message.Id)
            || (isDoomed && aftermath[queue.Config.Redrive!.DeadLetterQueue].MayTake)
            || (IsSweeping && message.RetentionFrom < before)
            || (!atRest && queue.WillVanish(message, model.Now))
            || (message.IsPast(model.Now) && (MayBeMoved(message, effects)
                || (effects.Defined && !message.HoldsLease(model.Now))))
            || effects.Settled.Exists(settled => settled.Settlement == Settlement.Acknowledge
                && message.Receipt is { } receipt && settled.Receipts.Contains(receipt));
    }

    private bool MayBeDoomed(NaiveQueue queue, NaiveMessage message) =>
        queue.FateOf(message, model.Now) == NaiveFate.Doomed
        || (
            message.IsPast(model.Now) && !message.HoldsLease(model.Now)
                && queue.Config.Redrive is { IncludeExpired: true });

    /// <summary>A weak queue lost its newest past: acknowledgements too, so messages may be back.</summary>
    private static void AdoptReturned(NaiveQueue queue, MessageQueue truth, Dictionary<long, Seen> seen)
    {
        foreach ((long sequence, Seen found) in seen.ToList())
        {
            if (!queue.History.TryGetValue(sequence, out NaiveMessage? old)) continue;
            ThrowUnlessSame(old.Body, found.Body, "body of a message that came back");
            queue.Put(New(found, truth, old.AddedAt));
            seen.Remove(sequence);
        }
    }

    /// <summary>Dead letters whose move was not answered.</summary>
    private void AdoptMoved(NaiveQueue queue, MessageQueue truth, Dictionary<long, Seen> seen)
    {
        foreach ((long sequence, Seen found) in seen.ToList())
        {
            if (found.Origin is null || !_before.TryGetValue(found.Id, out var old)) continue;
            bool isGivenUp =
                old.Message.Receipt is { } receipt && aftermath[old.Queue.Name].DeadLettered.Contains(receipt);
            ThrowUnless(_mayBeLost || isGivenUp || (IsSweeping && MayBeDoomed(old.Queue, old.Message)),
                $"{found} was moved to {queue.Name} by itself");
            ThrowUnlessSame((old.Message.Body, old.Message.Group), (found.Body, found.Group), "a moved message");
            queue.Put(New(found, truth, model.Now));
            seen.Remove(sequence);
        }
    }

    private void AdoptSent(NaiveQueue queue, MessageQueue truth, QueueAftermath effects, Dictionary<long, Seen> seen)
    {
        foreach (IReadOnlyList<string> batch in effects.Sends)
        {
            List<Seen> arrived = [.. seen.Values.Where(message => batch.Contains(message.Body))];
            ThrowUnless(
                arrived.Count == 0 || arrived.Count == batch.Count || effects.MayTake || _mayBeLost
                || effects.HasPartialSends || queue.Config.ContentBasedDeduplication
                || IsRepeated(batch, effects.Sends),
                $"half of a batch arrived in {queue.Name}");
            foreach (Seen message in arrived)
            {
                queue.Put(New(message, truth, message.SentAt));
                seen.Remove(message.Sequence);
            }
        }

        ThrowUnless(seen.Count == 0, $"{queue.Name} has invented messages: {string.Join(", ", seen.Values)}");
    }

    /// <summary>Some of its bodies were sent twice: which of the two arrived cannot be told.</summary>
    private static bool IsRepeated(IReadOnlyList<string> batch, List<IReadOnlyList<string>> sends) =>
        batch.Distinct().Count() < batch.Count || sends.Count(other => other.Intersect(batch).Any()) > 1;

    private static NaiveMessage New(Seen found, MessageQueue truth, long addedAt)
    {
        var message = new NaiveMessage
        {
            Sequence = found.Sequence,
            Id = found.Id,
            Body = found.Body,
            SentAt = found.SentAt,
            AddedAt = addedAt,
            Group = found.Group,
            Priority = found.Priority,
            ExpiresAt = found.ExpiresAt,
            Origin = found.Origin,
        };
        truth.TryGetTouched(found.Sequence, out Touched touched);
        Adopt(message, touched);
        return message;
    }

    private static void Adopt(NaiveMessage message, in Touched touched)
    {
        message.VisibleAt = touched.Deadline;
        message.IsLeased = touched.IsLeased;
        message.IsExpired = touched.IsExpired;
        message.ReceiveCount = touched.ReceiveCount;
        message.FirstReceivedAt = touched.FirstReceivedAt;
        message.FirstFailedAt = touched.FirstFailedAt;
    }

    private List<Seen> ReadAll(string name)
    {
        var all = new List<Seen>();
        for (long? from = 0; from is { } start;)
        {
            var request = new BrowseRequest { From = start, Limit = 1_000 };
            Result<ReceivedMessages> answer =
                harness.Run(() => harness.Broker.Browse(BrokerHarness.Name(name), request));
            if (!answer.Succeeded) return all;
            using ReceivedMessages page = answer.Value;
            all.AddRange(Reading.ReadAll(page));
            from = page.Next;
        }

        return all;
    }
}
