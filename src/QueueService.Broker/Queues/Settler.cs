using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>Decides which receipts still hold: the lease that each one proves must be the current one, with time left.
/// </summary>
internal sealed partial class Settler
{
    /// <summary>The offsets of the receipts that hold, ascending, each once.</summary>
    public List<long> Offsets { get; } = [];

    /// <summary>One outcome per receipt, in their order.</summary>
    public BrokerError[] Check(Shard shard, MessageQueue queue, IReadOnlyList<ReceiptHandle> receipts)
    {
        Offsets.Clear();
        var errors = new BrokerError[receipts.Count];
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = Check(shard, queue, receipts[i]);
            if (errors[i] == BrokerError.None) Offsets.Add(receipts[i].SequenceNumber);
        }

        SortDistinct();
        return errors;
    }

    public static BrokerError Check(Shard shard, MessageQueue queue, in ReceiptHandle receipt)
    {
        if (receipt.Queue != queue.Resource || !shard.Seal.Verify(receipt)) return BrokerError.ReceiptInvalid;
        return receipt.Epoch == queue.Epoch
            && queue.TryGetTouched(receipt.SequenceNumber, out Touched touched)
            && touched.IsLeased && touched.ReceiveCount == receipt.ReceiveCount && touched.Deadline > shard.Now
            ? BrokerError.None
            : queue.IsGone(receipt.SequenceNumber) ? BrokerError.RecordExpired : BrokerError.ReceiptExpired;
    }

    /// <summary>Whoever has no receipt of a pushed subscription is not the server itself.</summary>
    public static bool IsStranger(BrokerError error) => error == BrokerError.ReceiptInvalid;

    private void SortDistinct()
    {
        bool sorted = true;
        for (int i = 1; i < Offsets.Count; i++) sorted &= Offsets[i - 1] < Offsets[i];
        if (sorted) return;
        Offsets.Sort();
        int kept = 0;
        for (int i = 0; i < Offsets.Count; i++)
            if (i == 0 || Offsets[i] != Offsets[kept - 1]) Offsets[kept++] = Offsets[i];
        Offsets.RemoveRange(kept, Offsets.Count - kept);
    }
}
