using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>
/// After a crash the model looks at what there is. Calls that were answered must hold to the letter; those that were
/// not may have happened, wholly or not at all; nothing else may have.
/// </summary>
internal sealed class Recovery(NaiveBroker model, BrokerHarness harness, Aftermath aftermath, bool atRest)
{
    public void Adopt(Func<Durability, bool> mayBeLost)
    {
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

            AdoptDefinition(queue, found.Value, effects);
            AdoptMessages(queue, effects, mayBeLost(queue.Config.Durability));
            if (atRest && !mayBeLost(queue.Config.Durability)) continue;
            QueueStats stats = found.Value.Stats;
            (queue.Sent, queue.Received) = (stats.SentTotal, stats.ReceivedTotal);
            (queue.Deleted, queue.Expired) = (stats.DeletedTotal, stats.ExpiredTotal);
        }
    }

    private static void AdoptDefinition(NaiveQueue queue, QueueDescription found, QueueAftermath effects)
    {
        bool same = queue.Config == found.Config && queue.ETag == found.ETag && queue.UpdatedAt == found.UpdatedAt;
        ThrowUnless(same || effects.Defined, $"the definition of {queue.Name} changed by itself");
        queue.Config = found.Config;
        queue.ETag = found.ETag;
        queue.UpdatedAt = found.UpdatedAt;
    }

    private void AdoptMessages(NaiveQueue queue, QueueAftermath effects, bool mayBeLost)
    {
        MessageQueue truth = harness.Broker.Shard.QueueOf(queue.Resource);
        ThrowUnless(truth.Main.End >= queue.NextSequence, $"an offset of {queue.Name} may be given twice");
        Dictionary<long, Seen> seen = ReadAll(queue.Name).ToDictionary(static message => message.Id.SequenceNumber);
        foreach (NaiveMessage message in queue.Messages.ToList())
        {
            if (seen.Remove(message.Sequence, out Seen? found)) AdoptMessage(queue, message, found, truth, effects, mayBeLost);
            else
            {
                ThrowUnless(mayBeLost || MayBeGone(message, effects), $"{message} of {queue.Name} is gone");
                queue.Messages.Remove(message);
            }
        }

        if (mayBeLost) AdoptReturned(queue, truth, seen);
        AdoptSent(queue, truth, effects, seen, mayBeLost);
        queue.NextSequence = truth.Main.End;
        queue.Messages.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
    }

    private static void AdoptMessage(
        NaiveQueue queue, NaiveMessage message, Seen found, MessageQueue truth, QueueAftermath effects, bool mayBeLost)
    {
        queue.Expect(found);
        truth.TryGetTouched(message.Sequence, out Touched touched);
        bool same = message.ReceiveCount == found.ReceiveCount && message.VisibleAt == touched.Deadline
            && message.IsLeased == touched.IsLeased;
        if (same) return;
        bool received = effects.MayLease && found.ReceiveCount > message.ReceiveCount;
        bool moved = found.ReceiveCount == message.ReceiveCount && effects.Settled.Exists(settled =>
            settled.Settlement != Settlement.Acknowledge && message.Receipt is { } receipt && settled.Receipts.Contains(receipt));
        ThrowUnless(received || moved || mayBeLost, $"{message} of {queue.Name} changed by itself to {found}");
        if (received || mayBeLost) message.Receipt = null;
        message.ReceiveCount = found.ReceiveCount;
        message.FirstReceivedAt = found.FirstReceivedAt;
        message.VisibleAt = touched.Deadline;
        message.IsLeased = touched.IsLeased;
    }

    private static bool MayBeGone(NaiveMessage message, QueueAftermath effects) =>
        effects.Purged || effects.MayTake || effects.Removed.Contains(message.Sequence)
        || effects.Settled.Exists(settled => settled.Settlement == Settlement.Acknowledge
            && message.Receipt is { } receipt && settled.Receipts.Contains(receipt));

    /// <summary>A weak queue lost its newest past: acknowledgements too, so messages may be back.</summary>
    private static void AdoptReturned(NaiveQueue queue, MessageQueue truth, Dictionary<long, Seen> seen)
    {
        foreach ((long sequence, Seen found) in seen.ToList())
        {
            if (!queue.History.TryGetValue(sequence, out string? body)) continue;
            ThrowUnlessSame(body, found.Body, "body of a message that came back");
            queue.Messages.Add(New(found, truth));
            seen.Remove(sequence);
        }
    }

    private static void AdoptSent(
        NaiveQueue queue, MessageQueue truth, QueueAftermath effects, Dictionary<long, Seen> seen, bool mayBeLost)
    {
        foreach (IReadOnlyList<string> batch in effects.Sends)
        {
            List<Seen> arrived = [.. seen.Values.Where(message => batch.Contains(message.Body))];
            ThrowUnless(
                arrived.Count == 0 || arrived.Count == batch.Count || effects.MayTake || mayBeLost || effects.HasPartialSends,
                $"half of a batch arrived in {queue.Name}");
            foreach (Seen message in arrived)
            {
                queue.Messages.Add(New(message, truth));
                queue.History.Add(message.Id.SequenceNumber, message.Body);
                seen.Remove(message.Id.SequenceNumber);
            }
        }

        ThrowUnless(seen.Count == 0, $"{queue.Name} has invented messages: {string.Join(", ", seen.Values)}");
    }

    private static NaiveMessage New(Seen found, MessageQueue truth)
    {
        truth.TryGetTouched(found.Id.SequenceNumber, out Touched touched);
        return new NaiveMessage
        {
            Sequence = found.Id.SequenceNumber,
            Body = found.Body,
            SentAt = found.SentAt,
            VisibleAt = touched.Deadline,
            IsLeased = touched.IsLeased,
            ReceiveCount = found.ReceiveCount,
            FirstReceivedAt = found.FirstReceivedAt,
        };
    }

    private List<Seen> ReadAll(string name)
    {
        var all = new List<Seen>();
        for (long? from = 0; from is { } start;)
        {
            var request = new BrowseRequest { From = start, Limit = 1_000 };
            using ReceivedMessages page = harness.Run(() => harness.Broker.Browse(BrokerHarness.Name(name), request)).Value;
            all.AddRange(Reading.ReadAll(page));
            from = page.Next;
        }

        return all;
    }
}
