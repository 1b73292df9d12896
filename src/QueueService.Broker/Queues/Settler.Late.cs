using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>Receipts as SQS takes them: a lease that has ended is not always too late, and what cannot be done any more
/// is often no error.</summary>
internal sealed partial class Settler
{
    /// <summary>As in SQS, from the receive on.</summary>
    private const long MaxLeaseMilliseconds = QueueConfigLimits.MaxVisibilityTimeoutSeconds * 1000L;

    /// <summary>One outcome per receipt, in their order; <see cref="Offsets"/> has only those that something is to be
    /// done about.</summary>
    /// <param name="settlement">AcknowledgeLate or ExtendWithin12Hours.</param>
    /// <param name="milliseconds">Of the extension.</param>
    public BrokerError[] CheckLate(
        Shard shard, MessageQueue queue, IReadOnlyList<ReceiptHandle> receipts, Settlement settlement, long milliseconds)
    {
        Offsets.Clear();
        var errors = new BrokerError[receipts.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            ReceiptHandle receipt = receipts[i];
            bool holds;
            (holds, errors[i]) = settlement == Settlement.AcknowledgeLate
                ? CheckAcknowledge(shard, queue, receipt)
                : CheckExtend(shard, queue, receipt, milliseconds);
            if (holds) Offsets.Add(receipt.SequenceNumber);
        }

        SortDistinct();
        return errors;
    }

    private static (bool Holds, BrokerError Error) CheckAcknowledge(
        Shard shard, MessageQueue queue, in ReceiptHandle receipt)
    {
        BrokerError error = Check(shard, queue, receipt);
        if (error is BrokerError.None or BrokerError.ReceiptInvalid) return (error == BrokerError.None, error);
        if (!IsHere(queue, receipt)) return (false, BrokerError.None);
        if (queue.IsFifo) return (false, BrokerError.ReceiptExpired);
        return (WasLast(queue, receipt, out _), BrokerError.None);
    }

    private static (bool Holds, BrokerError Error) CheckExtend(
        Shard shard, MessageQueue queue, in ReceiptHandle receipt, long milliseconds)
    {
        BrokerError error = Check(shard, queue, receipt);
        if (error == BrokerError.ReceiptInvalid) return (false, error);
        if (!IsHere(queue, receipt)) return (false, BrokerError.MessageNotFound);
        if (error != BrokerError.None) return (false, BrokerError.MessageNotLeased);
        WasLast(queue, receipt, out Touched touched);
        return shard.Now + milliseconds > touched.LatestReceive(shard.Now) + MaxLeaseMilliseconds
            ? (false, BrokerError.ExtensionTooLong)
            : (true, BrokerError.None);
    }

    /// <summary>The message was not received again.</summary>
    private static bool WasLast(MessageQueue queue, in ReceiptHandle receipt, out Touched touched) =>
        queue.TryGetTouched(receipt.SequenceNumber, out touched) && touched.ReceiveCount == receipt.ReceiveCount;

    /// <summary>The message is neither done with nor purged since.</summary>
    private static bool IsHere(MessageQueue queue, in ReceiptHandle receipt) =>
        receipt.Epoch == queue.Epoch && queue.IsPresent(receipt.SequenceNumber);
}
