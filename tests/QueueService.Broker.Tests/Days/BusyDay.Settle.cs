using QueueService.Broker.Operations;
using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Days;

/// <content>What becomes of leases, also of those that ended long ago.</content>
internal sealed partial class BusyDay
{
    private const string Poison = "poison";

    private void Settle()
    {
        for (int left = Math.Min(_receipts.Count, 1 + _random.Next(3)); left > 0; left--)
        {
            // Mostly the newest: those of today are worth something.
            int at = _random.Chance(1, 6) ? _random.Next(_receipts.Count)
                : _receipts.Count - 1 - _random.Next(Math.Min(8, _receipts.Count));
            (DayQueue queue, DayMessage message, ReceiptHandle receipt) = _receipts[at];
            int dice = _random.Next(20);
            if (dice == 0 && queue.Config.Redrive is not null) DeadLetter(queue, message, receipt);
            else if (dice < 12) Settle(queue, message, Settlement.Acknowledge, receipt);
            else if (dice < 17) Settle(queue, message, Settlement.Release, receipt);
            else Settle(queue, message, Settlement.Extend, receipt);
            if (dice < 17 && _random.Chance(9, 10)) _receipts.RemoveAt(at);
        }
    }

    private void Settle(DayQueue queue, DayMessage message, Settlement settlement, ReceiptHandle receipt)
    {
        long? time = settlement == Settlement.Extend ? _random.Next(900_000)
            : settlement == Settlement.Release && _random.Chance(1, 2) ? _random.Next(600_000) : null;
        Result<SettleOutcome> settled = _harness.Run(() =>
            _harness.Broker.Settle(BrokerHarness.Name(queue.Name), settlement, [receipt], time));
        ThrowUnlessSame(BrokerError.None, settled.Error, $"{settlement} in {queue.Name}");
        BrokerError error = settled.Value.Errors[0];
        _hash.Add($"{settlement} {queue.Name} {message.Position} {error}");
        if (!Holds(queue, message, receipt, error)) return;
        if (settlement == Settlement.Acknowledge) queue.Acknowledge(message);
        else if (settlement == Settlement.Extend && time > 0) queue.Lease(message, Now + time.Value);
        else queue.Release(message, time, Now);
    }

    private void DeadLetter(DayQueue queue, DayMessage message, ReceiptHandle receipt)
    {
        Result<Durability> moved = _harness.Run(() =>
            _harness.Broker.DeadLetter(BrokerHarness.Name(queue.Name), receipt, Poison));
        _hash.Add($"dead-letter {queue.Name} {message.Position} {moved.Error}");
        if (!Holds(queue, message, receipt, moved.Error)) return;
        _given.Add(message.Id);
        message.LeasedUntil = Now;
        Audit(isSwept: false);
        ThrowUnless(
            !queue.Messages.ContainsValue(message), $"{message} of {queue.Name} was given up and is still there");
    }

    /// <summary>Whether the lease is still worth something, as it must be.</summary>
    private bool Holds(DayQueue queue, DayMessage message, ReceiptHandle receipt, BrokerError error)
    {
        bool isHere = queue.Messages.GetValueOrDefault(receipt.SequenceNumber) == message;
        bool holds = isHere && message.IsLeased(Now) && message.ReceiveCount == receipt.ReceiveCount;

        // Retention ends leases, too.
        if (holds && error == BrokerError.ReceiptExpired && queue.MayHaveRetired(message, Now)) return false;
        BrokerError expected = holds ? BrokerError.None : BrokerError.ReceiptExpired;
        ThrowUnlessSame(expected, error, $"receipt of {message} of {queue.Name}");
        return holds;
    }

    /// <summary>Sends dead letters back to where they came from: they start again.</summary>
    private void Redrive(DayQueue dead)
    {
        Result<Operation> redrive = _harness.Run(() => _harness.Broker.Redrive(
            BrokerHarness.Name(dead.Name), new RedriveRequest(null, MessageFilter.All, Limit: 5)));
        ThrowUnlessSame(BrokerError.None, redrive.Error, $"redrive of {dead.Name}");
        _harness.Run(() => new ValueTask<long>(_harness.Broker.RunOperations(CancellationToken.None)), turns: 1_000);
        Audit(isSwept: false);
    }
}
