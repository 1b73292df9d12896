using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Model;

/// <summary>A whole broker for 24 hours of virtual time: producers with delays, consumers that keep, extend, release
/// and forget their leases, retention, and a crash now and then. Checked by rules, not by a model.</summary>
internal sealed class VirtualDay(ulong seed) : IDisposable
{
    private const int RetentionSeconds = 7_200;

    private readonly SeededRandom _random = new(seed);
    private readonly BrokerHarness _harness = new();
    private readonly AnswerHash _hash = new();
    private readonly Dictionary<string, (long SentAt, long VisibleAt)> _open = [];
    private readonly Dictionary<string, (ReceiptHandle Receipt, long Until)> _leases = [];
    private int _bodies;

    private long Now => _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public int Delivered { get; private set; }

    public int Expired { get; private set; }

    public ulong Run()
    {
        _harness.CreateQueue(
            config: new QueueConfig { RetentionSeconds = RetentionSeconds, VisibilityTimeoutSeconds = 60 });
        long end = Now + 86_400_000;
        while (Now < end)
        {
            _harness.AdvanceMilliseconds(1 + _random.Next(60_000));
            int calls = _random.Next(4);
            for (int i = 0; i < calls; i++) Call();
            if (_random.Chance(1, 4)) Sweep();
            if (_random.Chance(1, 100)) Crash();
        }

        _hash.Add($"{_harness.Disk.TraceHash}");
        return _hash.Value;
    }

    public void Dispose() => _harness.Dispose();

    private void Call()
    {
        int dice = _random.Next(10);
        if (dice < 4) Send();
        else if (dice < 7) Receive();
        else if (_leases.Count > 0) Settle();
    }

    private void Send()
    {
        string body = $"{_bodies++}";
        long delay = _random.Chance(1, 2) ? 0 : _random.Next(3_600_000);
        Assert.True(_harness.TrySend(body, delay).Succeeded);
        _open.Add(body, (Now, Now + delay));
    }

    private void Receive()
    {
        long visibility = _random.Next(600_000);
        foreach (Received message in _harness.Receive(1 + _random.Next(3), visibility))
        {
            Delivered++;
            _hash.Add($"{message}");
            Assert.True(_open.TryGetValue(message.Body, out var times), $"{message} was acknowledged or has expired");
            Assert.True(times.VisibleAt <= Now, $"{message} came {times.VisibleAt - Now} ms early");
            Assert.True(
                !_leases.TryGetValue(message.Body, out var lease) || lease.Until <= Now, $"{message} has two leases");
            _leases[message.Body] = (message.Receipt, Now + visibility);
        }
    }

    private void Settle()
    {
        (string body, (ReceiptHandle receipt, long until)) = _leases.ElementAt(_random.Next(_leases.Count));
        var settlement = (Settlement)_random.Next(3);
        long milliseconds = settlement == Settlement.Acknowledge ? 0 : _random.Next(600_000);
        BrokerError error = Assert.Single(_harness.Settle(settlement, milliseconds, receipt));
        _hash.Add($"{body} {settlement} {error}");
        Assert.Equal(until > Now && _open.ContainsKey(body) ? BrokerError.None : BrokerError.ReceiptExpired, error);
        if (error != BrokerError.None || settlement != Settlement.Extend) _leases.Remove(body);
        if (error != BrokerError.None) return;
        if (settlement == Settlement.Acknowledge) _open.Remove(body);
        else if (settlement == Settlement.Release) _open[body] = (_open[body].SentAt, Now + milliseconds);
        else _leases[body] = (receipt, Now + milliseconds);
    }

    /// <summary>What went must have been too old, and what is too old goes with the second sweep at the
    /// latest.</summary>
    private void Sweep()
    {
        for (int pass = 0; pass < 3; pass++)
        {
            _harness.AdvanceMilliseconds(10_000);
            _harness.Run(async () =>
            {
                await _harness.Broker.Sweep();
                return true;
            });
        }

        HashSet<string> present = [.. _harness.Browse().Select(static message => message.Body)];
        foreach ((string body, (long sentAt, _)) in _open.ToList())
        {
            long age = Now - sentAt;
            if (present.Contains(body)) Assert.True(age <= (RetentionSeconds + 20) * 1000L, $"{body} is {age} ms old");
            else
            {
                Assert.True(age > RetentionSeconds * 1000L, $"{body} is gone after {age} ms");
                Expired++;
                _open.Remove(body);
            }
        }
    }

    private void Crash()
    {
        if (_random.Chance(1, 2)) _harness.KillAndRestart();
        else _harness.CutPowerAndRestart(_random.Next());
    }
}
