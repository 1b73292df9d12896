namespace QueueService.Server.Tests.Histories;

/// <summary>What a client does with messages that it only knows by their ids, with named receives, and with the queue.
/// </summary>
internal sealed partial class HistoryClient
{
    private const int RecentMessages = 12;

    private readonly List<string> _ids = [];
    private string? _attempt;
    private int _attemptVisibility;
    private int _attempts;

    private void Remember(SendOperation sent)
    {
        foreach (SentItem item in sent.Items)
        {
            // Another time must be within the time to live.
            if (item is { Id.Length: > 0, TtlMilliseconds: 0 }) _ids.Add(item.Id);
        }
    }

    private async Task RescheduleOrCancel()
    {
        if (_ids.Count == 0)
        {
            await Send();
            return;
        }

        string id = _ids[^(1 + random.Next(Math.Min(RecentMessages, _ids.Count)))];
        if (random.Chance(1, 3)) await recorder.Cancel(setup.Queue, id);
        else await recorder.Reschedule(setup.Queue, id, Delays[random.Next(Delays.Length)]);
    }

    /// <summary>Twice at the same time, or again while the messages are leased, or when they are not any
    /// more.</summary>
    private async Task ReceiveNamed()
    {
        if (_attempt is null || random.Chance(1, 4))
        {
            _attempt = $"{setup.Queue[^12..]}-{number}-a{_attempts++}";
            _attemptVisibility = Visibilities[random.Next(Visibilities.Length)];
        }

        int times = random.Chance(1, 3) ? 2 : 1;
        int max = 1 + random.Next(4);
        IReadOnlyList<Delivery>[] answers = await Task.WhenAll(Enumerable.Range(0, times).Select(
            _ => recorder.ReceiveNamed(setup.Queue, _attempt, max, _attemptVisibility)));
        foreach (Delivery delivery in answers.SelectMany(static deliveries => deliveries))
        {
            if (!_held.Contains((setup.Queue, delivery.Receipt))) _held.Add((setup.Queue, delivery.Receipt));
        }
    }

    private async Task PauseForAWhile()
    {
        await recorder.Pause(setup.Queue, pause: true);
        for (int i = 0; i < 2; i++)
        {
            if (random.Chance(1, 2)) await Send();
            else await Receive(setup.Queue);
        }

        await recorder.Pause(setup.Queue, pause: false);
    }
}
