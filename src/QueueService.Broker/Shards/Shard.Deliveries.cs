using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>Records of deliveries, in the open frame.</summary>
internal sealed partial class Shard
{
    public bool TryFindQueue(uint resource, [NotNullWhen(true)] out MessageQueue? queue) =>
        _queues.TryGetValue(resource, out queue);

    public void WriteAttempt(MessageQueue subscription, DeliveryReport report)
    {
        Span<byte> bytes = Store.AddRecord(
            subscription.Resource, (byte)QueueRecord.Attempted, DeliveryRecord.HeadBytes + report.Attempt.Length);
        DeliveryRecord.Write(bytes, report);
        subscription.Apply(new JournalRecord(
            subscription.Resource, (byte)QueueRecord.Attempted, Store.NextSequence, Now, bytes));
    }

    /// <param name="reason">Empty when it is enabled again.</param>
    public void WriteDisabled(MessageQueue subscription, string reason)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteText(reason);
        Write(subscription, QueueRecord.Disabled, _scratch.WrittenSpan);
    }

    public void WriteFailing(MessageQueue subscription, long since)
    {
        _scratch.ResetWrittenCount();
        _scratch.WriteVarint((ulong)since);
        Write(subscription, QueueRecord.Failing, _scratch.WrittenSpan);
    }
}
