using QueueService.Testing;

namespace QueueService.Server.Tests.Histories;

/// <summary>Sends to the groups of a FIFO queue; what has a deduplication id is sent again until an answer comes, and
/// now and then much later.</summary>
internal sealed class FifoWriter(HistoryRecorder recorder, HistorySetup setup, SeededRandom random, int number)
{
    private const int Groups = 24;

    /// <summary>Far longer than the test: such a message must not be lost.</summary>
    private const int LongTtlMilliseconds = 600_000;

    private readonly List<SentItem> _named = [];
    private int _sent;

    /// <summary>Sends after a kill of which it was not known whether it had arrived before.</summary>
    public int Repeats { get; private set; }

    public async Task Step()
    {
        if (_named.Count > 0 && random.Chance(1, 8))
        {
            await recorder.Send(setup.Queue, null, _named[random.Next(_named.Count)]);
            return;
        }

        SentItem item = Next();
        SendOperation sent = await recorder.Send(setup.Queue, null, item);
        if (item.DeduplicationId is null) return;
        while (sent.IsUnknown)
        {
            Repeats++;
            sent = await recorder.Send(setup.Queue, null, item);
        }

        _named.Add(item);
    }

    private SentItem Next()
    {
        string body = $"{number}-{_sent++}";
        var item = new SentItem(body)
        {
            Group = "g" + random.Next(Groups),
            DeduplicationId = random.Chance(1, 2) ? "once-" + body : null,
        };
        return random.Next(12) switch
        {
            0 => item with { DelayMilliseconds = 50 + random.Next(1_500) },
            1 => item with { TtlMilliseconds = 50 + random.Next(1_500) },
            2 => item with { TtlMilliseconds = LongTtlMilliseconds },
            _ => item,
        };
    }
}

/// <summary>Receives from a FIFO queue and its dead-letter queue, and settles or forgets what it got.</summary>
internal sealed class FifoConsumer(HistoryRecorder recorder, HistorySetup setup, SeededRandom random)
{
    private const int VisibilityMilliseconds = 1_500;

    private readonly List<(string Queue, string Receipt)> _held = [];

    public async Task Step()
    {
        string queue = random.Chance(1, 5) ? setup.DeadLetterQueue : setup.Queue;
        string[] carried = random.Chance(1, 3) ? Take(queue) : [];
        IReadOnlyList<Delivery> deliveries = await recorder.Receive(
            queue, 1 + random.Next(10), wait: 100, VisibilityMilliseconds, auto: false, carried);
        _held.AddRange(deliveries.Select(delivery => (queue, delivery.Receipt)));
        if (random.Chance(1, 3) && Take(queue) is { Length: > 0 } receipts)
            await recorder.Settle(queue, SettleKind.Acknowledge, null, receipts);
        else
            while (_held.Count > 8 || (_held.Count > 0 && random.Chance(1, 2))) await SettleOne();
    }

    private string[] Take(string queue)
    {
        string[] receipts = [.. _held.Where(held => held.Queue == queue).Select(static held => held.Receipt)];
        _held.RemoveAll(held => held.Queue == queue);
        return receipts;
    }

    private async Task SettleOne()
    {
        int at = random.Next(_held.Count);
        (string queue, string receipt) = _held[at];
        int dice = random.Next(20);
        if (dice == 0)
        {
            // Long against the start of a server.
            await recorder.Settle(queue, SettleKind.Extend, 4, receipt);
            return;
        }

        _held.RemoveAt(at);
        if (dice < 5) await recorder.Settle(queue, SettleKind.Release, random.Chance(1, 3) ? 1 : null, receipt);
        else if (dice < 7 && queue == setup.Queue) await recorder.Settle(queue, SettleKind.DeadLetter, null, receipt);

        // The others are forgotten: their leases run out.
        else if (dice < 18) await recorder.Settle(queue, SettleKind.Acknowledge, null, receipt);
    }
}
