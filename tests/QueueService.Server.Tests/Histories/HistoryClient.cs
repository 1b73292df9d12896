using QueueService.Testing;

namespace QueueService.Server.Tests.Histories;

/// <summary>One client: sends, receives, and settles or forgets what it holds.</summary>
internal sealed partial class HistoryClient(
    HistoryRecorder recorder, HistorySetup setup, SeededRandom random, int number, bool survives)
{
    private static readonly int[] Visibilities = [60, 150, 400, 1000];
    private static readonly int[] Priorities = [0, 0, 4, 9];
    private static readonly int[] Delays = [0, 1000, 1000, 150, 400, 700];

    /// <summary>Long against the start of a server, else a lease whose extension was lost has ended when it is asked
    /// for.</summary>
    private readonly int _extensionSeconds = survives ? 1 : 5;

    private readonly List<(string Queue, string Receipt)> _held = [];
    private int _sent;
    private int _keys;

    public async Task Step()
    {
        int choice = random.Next(48);
        if (choice == 0) await PauseForAWhile();
        else if (choice < 6) await RescheduleOrCancel();
        else if (choice < 10) await ReceiveNamed();
        else if (choice < 25) await Send();
        else if (choice < 36) await Receive(random.Chance(1, 6) ? setup.DeadLetterQueue : setup.Queue);
        else await Settle();
    }

    private async Task Send()
    {
        if (random.Chance(1, 3))
        {
            SentItem[] batch = [.. Enumerable.Range(0, 2 + random.Next(5)).Select(_ => Item(inBatch: true))];
            Remember(await recorder.Send(setup.Queue, Key(), batch));
            return;
        }

        SentItem item = Item(inBatch: false);
        string? key = Key();
        Task<SendOperation> first = recorder.Send(setup.Queue, key, item);

        // A client that does not know whether its first request arrived: the second comes at the same time, or later.
        if (key is not null && random.Chance(1, 2)) await Task.WhenAll(first, recorder.Send(setup.Queue, key, item));
        SendOperation sent = await first;
        Remember(sent);
        if (key is not null && (sent.IsUnknown || random.Chance(1, 2))) await recorder.Send(setup.Queue, key, item);
    }

    private string? Key() => random.Chance(1, 5) ? $"{setup.Queue[^12..]}-{number}-k{_keys++}" : null;

    /// <param name="inBatch">There, delays and times to live are whole seconds.</param>
    public SentItem Item(bool inBatch)
    {
        var item = new SentItem($"{number}-{_sent++}")
        {
            Group = setup.IsFifo || random.Chance(1, 4) ? "g" + random.Next(3) : null,
            Priority = setup.IsFifo ? 0 : Priorities[random.Next(Priorities.Length)],
        };
        return random.Next(8) switch
        {
            0 => item with { DelayMilliseconds = inBatch ? 1000 : 50 + random.Next(400) },
            1 => item with { TtlMilliseconds = inBatch ? 1000 : 50 + random.Next(400) },
            2 or 3 when setup.IsFifo => item with { DeduplicationId = "d" + random.Next(8) },
            _ => item,
        };
    }

    private async Task Receive(string queue)
    {
        bool auto = survives && random.Chance(1, 8);
        int visibility = Visibilities[random.Next(Visibilities.Length)];
        string[] carried = [];
        if (random.Chance(1, 4))
        {
            carried = [.. _held.Where(held => held.Queue == queue).Select(static held => held.Receipt)];
            _held.RemoveAll(held => held.Queue == queue);
        }

        IReadOnlyList<Delivery> deliveries = await recorder.Receive(
            queue, 1 + random.Next(4), random.Next(3) * 40, visibility, auto, carried);
        if (!auto) _held.AddRange(deliveries.Select(delivery => (queue, delivery.Receipt)));
    }

    private async Task Settle()
    {
        if (_held.Count == 0)
        {
            await Receive(setup.Queue);
            return;
        }

        int at = random.Next(_held.Count);
        (string queue, string receipt) = _held[at];
        int choice = random.Next(20);
        if (choice == 0 || (choice == 1 && !survives))
        {
            await recorder.Settle(queue, SettleKind.Extend, _extensionSeconds, receipt);
            return;
        }

        _held.RemoveAt(at);
        if (choice < 4) await recorder.Settle(queue, SettleKind.Release, random.Chance(1, 3) ? 1 : null, receipt);
        else if (choice < 6 && queue == setup.Queue) await recorder.Settle(queue, SettleKind.DeadLetter, null, receipt);
        else if (choice < 9) await AcknowledgeTogether(queue, receipt);

        // Forgotten: its lease runs out.
        else if (choice >= 11) await recorder.Settle(queue, SettleKind.Acknowledge, null, receipt);
    }

    private async Task AcknowledgeTogether(string queue, string receipt)
    {
        string[] receipts = [receipt, .. _held.Where(held => held.Queue == queue).Select(static held => held.Receipt)];
        _held.RemoveAll(held => held.Queue == queue);
        await recorder.Settle(queue, SettleKind.Acknowledge, null, receipts);
    }
}
