using QueueService.Broker.Queues;
using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Crashes;

/// <summary>Several lives of a broker with many calls under way at once; each ends at a random operation of the disk,
/// by a power cut.</summary>
internal sealed class CrashLife(ulong seed, Func<SimulatedDisk, IFileSystem>? wrap = null) : IDisposable
{
    private const int Lives = 3;

    private readonly SeededRandom _random = new(seed);
    private readonly CrashLedger _ledger = new();
    private readonly BrokerHarness _harness = new(options: null, wrap);
    private readonly List<Received> _leased = [];
    private readonly List<Task> _calls = [];
    private int _bodies;

    public int Checked => _ledger.Checked;

    public void Run()
    {
        _harness.CreateQueue(config: new QueueConfig { VisibilityTimeoutSeconds = 1 });
        for (int life = 0; life < Lives; life++)
        {
            Live();
            _calls.Clear();
            _leased.Clear();
            _harness.CutPowerAndRestart(_random.Next());
            _ledger.Settle(ReadAll());
        }
    }

    public void Dispose() => _harness.Dispose();

    private void Live()
    {
        SynchronizationContext.SetSynchronizationContext(null);
        _harness.Disk.DieAfter(_random.Next(250));
        try
        {
            for (int turn = 0; turn < 120; turn++)
            {
                int calls = 1 + _random.Next(8);
                for (int i = 0; i < calls; i++) _calls.Add(Call());
                _harness.Broker.Loop.Turn(wait: false);
                if (_calls.Find(static call => call.IsFaulted) is { } failed) throw failed.Exception!.InnerException!;
                _calls.RemoveAll(static call => call.IsCompleted);
                if (_random.Chance(1, 3)) _harness.Advance(TimeSpan.FromMilliseconds(_random.Next(1_500)));
            }
        }
        catch (IOException)
        {
            // The step that the disk was told to die at.
        }
    }

    private Task Call() => _random.Next(10) switch
    {
        < 4 => Send(),
        < 7 => Receive(take: _random.Chance(1, 8)),
        < 9 => Acknowledge(),
        _ => Delete(),
    };

    private async Task Send()
    {
        string[] bodies = new string[_random.Chance(1, 4) ? 1 + _random.Next(6) : 1];
        for (int i = 0; i < bodies.Length; i++) bodies[i] = $"{_bodies++}.{new string('x', _random.Next(400))}";
        _ledger.AskSend(bodies);
        Result<SendOutcome> result = await _harness.Broker.Send(BrokerHarness.Name(), BrokerHarness.Batch(bodies));
        if (result.Succeeded) _ledger.Sent(bodies, result.Value);
    }

    private async Task Receive(bool take)
    {
        var request = new ReceiveRequest
        {
            Max = 1 + _random.Next(4), WaitMilliseconds = _random.Next(2) * 700, AcknowledgeOnReceipt = take,
        };
        if (take) _ledger.AskTake(request.Max);
        Result<ReceivedMessages> result =
            await _harness.Broker.Receive(BrokerHarness.Name(), request, CancellationToken.None);
        if (take) _ledger.Took(request.Max);
        if (!result.Succeeded) return;
        foreach (Received message in BrokerHarness.Read(result.Value))
        {
            _ledger.Received(message);
            if (take) _ledger.Ended(message.Body);
            else _leased.Add(message);
        }
    }

    private async Task Acknowledge()
    {
        if (_leased.Count == 0) return;
        Received message = _leased[_random.Next(_leased.Count)];
        _ledger.AskEnd(message.Body);
        Result<SettleOutcome> result =
            await _harness.Broker.Settle(BrokerHarness.Name(), Settlement.Acknowledge, [message.Receipt]);
        _ledger.Answered(message.Body);
        if (result.Succeeded && result.Value.Errors[0] == BrokerError.None) _ledger.Ended(message.Body);
    }

    private async Task Delete()
    {
        if (_leased.Count == 0) return;
        Received message = _leased[_random.Next(_leased.Count)];
        _ledger.AskEnd(message.Body);
        BrokerError error = await _harness.Broker.DeleteMessage(BrokerHarness.Name(), message.Id);
        _ledger.Answered(message.Body);
        if (error == BrokerError.None) _ledger.Ended(message.Body);
    }

    private List<Received> ReadAll()
    {
        var all = new List<Received>();
        for (long? from = 0; from is { } start;)
        {
            var request = new BrowseRequest { From = start, Limit = 1_000 };
            ReceivedMessages page = _harness.Run(() => _harness.Broker.Browse(BrokerHarness.Name(), request)).Value;
            from = page.Next;
            all.AddRange(BrokerHarness.Read(page));
        }

        return all;
    }
}
