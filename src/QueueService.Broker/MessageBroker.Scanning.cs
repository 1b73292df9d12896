using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>Matching a topic's messages with filters: on the thread pool, page by page.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Called on the loop. In a simulation the page is matched at once, and told in the next turn.</summary>
    private void StartScanning(ScanPage page)
    {
        if (_thread is null)
        {
            _ = Scan(page);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Broker.Scan(work.Page), (Broker: this, Page: page), preferLocal: false);
    }

    private async Task Scan(ScanPage page)
    {
        using ReceivedMessages messages = page.Messages;
        while (page.FanOut.Topic is { IsDeleted: false } && !await TryFetch(messages))
        {
            // Whatever is passed over now, its subscriptions would never hear of.
            await PauseFetching();
            if (Volatile.Read(ref _disposed) == 1) return;
        }

        if (!messages.NeedsFetch) page.FanOut.Scan.Match(page);
        await Ask<bool>((shard, command) =>
        {
            command.Queue = page.FanOut.Topic;
            page.FanOut.Scan.Finish(shard, page);
            return true;
        });
        await ReportDamage(messages);
    }
}
