using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Model;

/// <summary>Draws operations that are worth making in the model's current state: mostly sensible ones, some late, some
/// wrong.</summary>
internal sealed partial class OperationSource(SeededRandom random, NaiveBroker model, ModelProfile profile)
{
    /// <summary>One more than the model's limit of queues.</summary>
    public static readonly string[] Names = ["a", "ab", "b", "ab.c"];

    private readonly List<ReceiptHandle> _receipts = [];
    private readonly List<MessageId> _ids = [];
    private int _bodies;

    public void Learn(ReceiveOperation receive)
    {
        if (!receive.IsAnswered || !receive.Answer.Succeeded) return;
        foreach (Seen seen in receive.Seen)
        {
            _ids.Add(seen.Id);
            if (seen.Receipt != default) _receipts.Add(seen.Receipt);
        }
    }

    /// <summary>An operation that shares its turn with others: several of them are decided in one commit.</summary>
    public Operation Next()
    {
        int dice = random.Next(100);
        string name = Name();
        return dice switch
        {
            < 34 => Send(name),
            < 68 => Receive(name),
            < 92 => Settle(name),
            _ => (Operation?)Cancel() ?? Receive(name),
        };
    }

    /// <summary>An operation that has its turn for itself, because what it takes away may be read until then.</summary>
    public Operation NextAlone()
    {
        string name = Name();
        return random.Next(100) switch
        {
            < 18 => Define(name),
            < 20 => new DeleteQueueOperation(name, Condition(name, mayCreate: false)),
            < 23 => new PurgeOperation(name),
            < 32 => new DeleteMessageOperation(name, Id(name)),
            < 41 => Reschedule(name),
            < 49 => (Operation?)DeadLetter(name) ?? Browse(name),
            < 58 => new FindOperation(name, Id(name)),
            < 75 => new DescribeOperation(name),
            < 82 => List(),
            < 85 => SendMuch(name),
            _ => Browse(name),
        };
    }

    private DefineOperation Define(string name) =>
        new(name, Config(name), Condition(name, mayCreate: true), random.Chance(1, 3));

    private string Name() => Names[random.Chance(1, 12) ? random.Next(Names.Length) : random.Next(2)];

    private Precondition Condition(string name, bool mayCreate) => random.Next(8) switch
    {
        0 => new Precondition(["*"], MustNotExist: false),
        1 => new Precondition(["0-0", model.Find(name)?.ETag ?? "1-1"], MustNotExist: false),
        2 => new Precondition(["0-0"], MustNotExist: false),
        3 when mayCreate => new Precondition(IfMatch: null, MustNotExist: true),
        _ => Precondition.None,
    };

    private ListOperation List() => new(
        random.Next(4) switch { 0 => "a", 1 => "ab", 2 => "c", _ => "" },
        random.Chance(1, 2) ? null : random.Chance(1, 4) ? "aa" : Names[random.Next(Names.Length)],
        1 + random.Next(3));

    private ReceiveOperation Receive(string name)
    {
        bool auto = random.Chance(1, 5);
        var request = new ReceiveRequest
        {
            Max = 1 + random.Next(random.Chance(1, 4) ? 20 : 3),
            WaitMilliseconds =
                random.Next(4) switch { 0 => random.Next(60_001), 1 => random.Next(200), 2 => 0, _ => null },
            VisibilityMilliseconds = random.Next(8) switch
            {
                0 => 0,
                1 => 1 + random.Next(100),
                2 => random.Next(43_200_000),
                _ => null,
            },
            AcknowledgeOnReceipt = auto,
            AttemptId = !auto && _named && random.Chance(1, 2) ? $"r{model.Generation}.{random.Next(4)}" : null,
            Acknowledge = random.Chance(1, 4) ? Receipts(name, random.Next(4)) : null,
        };
#pragma warning disable CA2000 // The operation disposes it.
        return new ReceiveOperation(name, request, random.Chance(1, 2) ? new CancellationTokenSource() : null);
#pragma warning restore CA2000
    }

    private SettleOperation Settle(string name)
    {
        var settlement = (Settlement)random.Next(3);
        if (random.Chance(1, 2)) settlement = Settlement.Acknowledge;
        long? milliseconds = settlement == Settlement.Acknowledge || random.Chance(1, 3) ? 0
            : random.Next(random.Chance(1, 2) ? 100 : 60_000);
        if (settlement == Settlement.Release && random.Chance(1, 2)) milliseconds = null;
        return new SettleOperation(name, settlement, Receipts(name, 1 + random.Next(5)), milliseconds);
    }

    private CancelOperation? Cancel()
    {
        List<ReceiveOperation> waiters = [.. model.Queues.Values.SelectMany(static queue => queue.Waiters)
            .Where(static waiter => waiter.Cancellation is { IsCancellationRequested: false })];
        return waiters.Count == 0 ? null : new CancelOperation(waiters[random.Next(waiters.Count)]);
    }

    private List<ReceiptHandle> Receipts(string name, int count)
    {
        List<ReceiptHandle> current = [.. (model.Find(name)?.Messages ?? [])
            .Where(message => message.Receipt is not null && message.HoldsLease(model.Now))
            .Select(static message => message.Receipt!.Value)];
        var chosen = new List<ReceiptHandle>();
        for (int i = 0; i < count; i++)
        {
            bool old = current.Count == 0 || random.Chance(1, 4);
            List<ReceiptHandle> from = old ? _receipts : current;
            if (from.Count == 0) break;

            // The newest ones are those that are late by little.
            ReceiptHandle receipt = from[Math.Max(0, from.Count - 1 - random.Next(old ? 40 : from.Count))];
            chosen.Add(random.Chance(1, 30) ? Forge(receipt) : receipt);
        }

        return chosen;
    }

    private ReceiptHandle Forge(ReceiptHandle receipt) => random.Next(5) switch
    {
        0 => receipt with { Seal = receipt.Seal ^ (1UL << random.Next(64)) },
        1 => receipt with { ReceiveCount = receipt.ReceiveCount + 1 },
        2 => receipt with { Epoch = receipt.Epoch + 1 },
        3 => receipt with { SequenceNumber = receipt.SequenceNumber + 1 },
        _ => receipt with { Queue = receipt.Queue + 1 },
    };

    private MessageId Id(string name)
    {
        List<NaiveMessage> present = model.Find(name)?.Messages ?? [];
        if (present.Count > 0 && random.Chance(3, 4))
            return present[random.Next(present.Count)].Id;
        return _ids.Count > 0 && random.Chance(3, 4)
            ? _ids[random.Next(_ids.Count)] : new MessageId((uint)random.Next(5), random.Next(50));
    }

    private BrowseOperation Browse(string name)
    {
        List<NaiveMessage> present = model.Find(name)?.Messages ?? [];
        NaiveMessage? start = present.Count > 0 ? present[random.Next(present.Count)] : null;
        return new BrowseOperation(name, new BrowseRequest
        {
            From = random.Chance(1, 2) ? 0 : start?.Sequence ?? random.Next(20),
            Limit = 1 + random.Next(random.Chance(1, 2) ? 4 : 1_000),
            State = random.Chance(1, 2) ? null : (MessageState)random.Next(4),
            Since = random.Chance(1, 3) ? (start?.SentAt ?? model.Now) + random.Next(3) - 1 : null,
        });
    }
}
