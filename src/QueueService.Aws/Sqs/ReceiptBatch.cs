using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The entries of a batch of receipts, each with what is known of its outcome.</summary>
internal sealed class ReceiptBatch(AwsCall call)
{
    private readonly List<Entry> _entries = [];

    /// <param name="wrong">Why the entry fails without being tried.</param>
    /// <param name="seconds">Of an extension.</param>
    public void Add(string id, string? text, AwsError? wrong, ReceiptHandle handle, int? seconds = null) =>
        _entries.Add(new Entry(id, text, handle, seconds) { Error = wrong });

    /// <summary>Settles the entries of the same duration together: a commit for each duration.</summary>
    public async ValueTask<Reply<BatchResult<BatchResultEntry>>> Settle(Settlement settlement)
    {
        foreach (IGrouping<int?, Entry> some in _entries.Where(static entry => entry.Error is null)
            .GroupBy(static entry => entry.Seconds).ToList())
        {
            Entry[] entries = [.. some];
            Result<SettleOutcome> settled = await call.Broker.Settle(
                call.Queue.Queue, settlement, [.. entries.Select(static entry => entry.Handle)], some.Key * 1_000L);
            if (settled.Error == BrokerError.QueueNotFound) return SqsErrors.NoSuchQueue;
            for (int i = 0; i < entries.Length; i++)
            {
                BrokerError error = settled.Succeeded ? settled.Value.Errors[i] : settled.Error;
                entries[i].Error = Receipts.Of(call.Host, error, entries[i].Text!);
            }
        }

        BatchResult<BatchResultEntry> result = new();
        foreach (Entry entry in _entries)
        {
            if (entry.Error is { } error) result.Fail(entry.Id, error);
            else result.Successful.Add(new BatchResultEntry(entry.Id));
        }

        return result;
    }

    private sealed record Entry(string Id, string? Text, ReceiptHandle Handle, int? Seconds)
    {
        public AwsError? Error { get; set; }
    }
}
