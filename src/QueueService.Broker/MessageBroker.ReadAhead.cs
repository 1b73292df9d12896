using QueueService.Broker.Queues;
using QueueService.Storage.Tiering;

namespace QueueService.Broker;

/// <summary>Reading ahead: a page of a lane is read on the thread pool and given back to the loop.</summary>
public sealed partial class MessageBroker
{
    /// <summary>Called on the loop. In a simulation the page is read at once, and taken in the next turn.</summary>
    private void StartReading(ReadAheadPage page)
    {
        if (_thread is null)
        {
            _ = Read(page);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static work => _ = work.Broker.Read(work.Page), (Broker: this, Page: page), preferLocal: false);
    }

    private async Task Read(ReadAheadPage page)
    {
        using ReceivedMessages messages = page.Messages;
        try
        {
            if (messages.NeedsFetch) await messages.Fetch(_shard.Store.Tier!);
            page.Read();
        }
        catch (IOException failure)
        {
            // Those up to the failure count; the others are tried again by the next receive.
            page.End = page.Groups.Count > 0 ? page.Groups[^1].Position + 1 : page.Lane.KnownEnd;
            if (failure is ObjectStoreException) await PauseFetching();
        }

        await Ask<bool>((shard, command) =>
        {
            command.Queue = page.Queue;
            return ReadAhead.Finish(shard, page);
        });
        await ReportDamage(messages);
    }
}
