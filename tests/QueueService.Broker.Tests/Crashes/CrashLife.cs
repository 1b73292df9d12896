using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;
using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Crashes;

/// <summary>Several lives of a broker with many calls under way at once; each ends at a random operation of the disk,
/// by a power cut. One queue, FIFO in every second life story, and its dead letters.</summary>
internal sealed class CrashLife : IDisposable
{
    public const int MaxReceiveCount = 3;

    private const int Lives = 3;

    private readonly SeededRandom _random;
    private readonly CrashLedger _ledger;
    private readonly BrokerHarness _harness;
    private readonly List<(string Queue, Seen Message)> _leased = [];
    private readonly Dictionary<string, (string Group, long Until)> _holds = [];
    private readonly List<Task> _calls = [];
    private readonly QueueConfig _config;
    private int _bodies;

    public CrashLife(ulong seed, Func<SimulatedDisk, IFileSystem>? wrap = null)
    {
        _random = new SeededRandom(seed);
        _harness = new BrokerHarness(
            BrokerHarness.Small with { ReadAheadPerLane = _random.Chance(1, 3) ? 8 : 20_000 }, wrap);
        var redrive = new RedrivePolicy(CrashLedger.Dead, MaxReceiveCount) { IncludeExpired = _random.Chance(1, 2) };
        _config = new QueueConfig
        {
            Type = _random.Chance(1, 2) ? QueueType.Fifo : QueueType.Standard,
            VisibilityTimeoutSeconds = 1,
            Redrive = redrive,
            Retry = _random.Chance(1, 2) ? RetryPolicy.None : new RetryPolicy { Kind = RetryKind.Fixed },
        };
        _ledger = new CrashLedger(redrive.IncludeExpired);
    }

    public int Checked => _ledger.Checked;

    public int Buried => _ledger.Buried;

    private long Now => _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public void Run()
    {
        _harness.CreateQueue(CrashLedger.Dead, _config with { Redrive = null });
        _harness.CreateQueue(CrashLedger.Jobs, _config);
        for (int life = 0; life < Lives; life++)
        {
            Live();
            _calls.Clear();
            _leased.Clear();
            _harness.CutPowerAndRestart(_random.Next());
            _ledger.Settle(ReadAll(CrashLedger.Jobs), ReadAll(CrashLedger.Dead), Now);
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

    private Task Call() => _random.Next(20) switch
    {
        < 7 => Send(),
        < 13 => Receive(_random.Chance(1, 6) ? CrashLedger.Dead : CrashLedger.Jobs, take: _random.Chance(1, 8)),
        < 16 => End(EndBy.Acknowledgement),
        < 17 => End(EndBy.Deletion),
        < 18 => End(EndBy.DeadLetter),
        < 19 => Release(),
        _ => _harness.Broker.Sweep(),
    };

    private enum EndBy
    {
        Acknowledgement,
        Deletion,
        DeadLetter,
    }

    private async Task Send()
    {
        var messages = new LedgerMessage[_random.Chance(1, 4) ? 1 + _random.Next(6) : 1];
        MessageBatch batch = MessageBatch.Rent();
        for (int i = 0; i < messages.Length; i++)
        {
            bool fifo = _config.Type == QueueType.Fifo;
            messages[i] = new LedgerMessage(
                $"{_bodies++}.{new string('x', _random.Next(400))}",
                _random.Chance(2, 3) ? $"g{_random.Next(4)}" : null,
                fifo || _random.Chance(1, 2) ? 0 : _random.Next(10),
                _random.Chance(1, 6) ? 1 + _random.Next(5_000) : null);
            batch.Add(
                new MessageHeaders { GroupId = messages[i].Group }, Encoding.UTF8.GetBytes(messages[i].Body),
                new SendOptions { Priority = messages[i].Priority, TtlMilliseconds = messages[i].Ttl });
        }

        _ledger.AskSend(messages);
        Result<SendOutcome> result = await _harness.Broker.Send(BrokerHarness.Name(), batch);
        if (result.Succeeded) _ledger.Sent(messages, result.Value);
    }

    private async Task Receive(string queue, bool take)
    {
        var request = new ReceiveRequest
        {
            Max = 1 + _random.Next(4), WaitMilliseconds = _random.Next(2) * 700, AcknowledgeOnReceipt = take,
        };
        if (take) _ledger.AskTake(request.Max);
        Result<ReceivedMessages> result =
            await _harness.Broker.Receive(BrokerHarness.Name(queue), request, CancellationToken.None);
        if (take) _ledger.Took(request.Max);
        if (!result.Succeeded) return;
        using ReceivedMessages received = result.Value;
        List<Seen> messages = Reading.ReadAll(received);
        foreach (Seen message in messages) _ledger.Received(queue, message, Now);
        if (queue == CrashLedger.Jobs && _config.Type == QueueType.Fifo) CheckOrder(messages);
        foreach (Seen message in messages)
        {
            if (take) _ledger.Ended(message.Body);
            else Hold(queue, message);
        }
    }

    /// <summary>A group is one consumer's at a time, and comes in order.</summary>
    private void CheckOrder(List<Seen> messages)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            HashSet<string> before = [.. messages.Take(i).Select(static message => message.Body)];
            if (!_ledger.IsFirst(messages[i], before.Contains, Now))
                throw new LedgerException($"{messages[i]} came before earlier ones of its group");
            string group = messages[i].Group ?? "";
            if (_holds.Values.Any(hold => hold.Group == group && hold.Until > Now))
                throw new LedgerException($"{messages[i]} came while its group was leased");
        }
    }

    private void Hold(string queue, Seen message)
    {
        _leased.Add((queue, message));
        if (queue == CrashLedger.Jobs) _holds[message.Body] = (message.Group ?? "", message.VisibleAt);
    }

    private async Task End(EndBy way)
    {
        if (_leased.Count == 0) return;
        (string queue, Seen message) = _leased[_random.Next(_leased.Count)];
        if (way == EndBy.DeadLetter && queue == CrashLedger.Dead) return;
        if (way == EndBy.DeadLetter) _ledger.AskMove(message.Body);
        else _ledger.AskEnd(message.Body);
        _holds.Remove(message.Body);
        QueueName name = BrokerHarness.Name(queue);
        BrokerError error = way switch
        {
            EndBy.Acknowledgement =>
                (await _harness.Broker.Settle(name, Settlement.Acknowledge, [message.Receipt])).Value.Errors[0],
            EndBy.Deletion => await _harness.Broker.DeleteMessage(name, message.Id),
            _ => (await _harness.Broker.DeadLetter(name, message.Receipt, "poison")).Error,
        };
        _ledger.Answered(message.Body);
        if (error != BrokerError.None) return;
        if (way == EndBy.DeadLetter) _ledger.Moved(message.Body);
        else _ledger.Ended(message.Body);
    }

    private async Task Release()
    {
        if (_leased.Count == 0) return;
        (string queue, Seen message) = _leased[_random.Next(_leased.Count)];
        _holds.Remove(message.Body);
        await _harness.Broker.Settle(BrokerHarness.Name(queue), Settlement.Release, [message.Receipt]);
    }

    private List<Seen> ReadAll(string queue)
    {
        var all = new List<Seen>();
        for (long? from = 0; from is { } start;)
        {
            var request = new BrowseRequest { From = start, Limit = 1_000 };
            using ReceivedMessages page =
                _harness.Run(() => _harness.Broker.Browse(BrokerHarness.Name(queue), request)).Value;
            from = page.Next;
            all.AddRange(Reading.ReadAll(page));
        }

        return all;
    }
}
