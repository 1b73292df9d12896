using QueueService.Broker.Queues;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Model;

/// <summary>Draws operations that are worth making in the model's current state: mostly sensible ones, some late, some
/// wrong.</summary>
internal sealed class OperationSource(SeededRandom random, NaiveBroker model, bool weak)
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
            < 20 => Define(name),
            < 24 => new DeleteQueueOperation(name, Condition(name, mayCreate: false)),
            < 28 => new PurgeOperation(name),
            < 48 => new DeleteMessageOperation(name, Id(name)),
            < 58 => new FindOperation(name, Id(name)),
            < 75 => new DescribeOperation(name),
            < 82 => List(),
            < 85 => SendMuch(name),
            _ => Browse(name),
        };
    }

    public DefineOperation Define(string name) => new(name, Config(), Condition(name, mayCreate: true), random.Chance(1, 3));

    private string Name() => Names[random.Chance(1, 12) ? random.Next(Names.Length) : random.Next(2)];

    private QueueConfig Config() => new()
    {
        VisibilityTimeoutSeconds = random.Next(4) switch { 0 => 1, 1 => 0, _ => 30 },
        DelaySeconds = random.Chance(1, 4) ? random.Next(4) : 0,
        RetentionSeconds = random.Chance(1, 2) ? 60 + random.Next(600) : 345_600,
        MaxMessageBytes = random.Chance(1, 4) ? 200 : 100_000,
        ReceiveWaitSeconds = random.Chance(1, 3) ? random.Next(30) : 0,
        Paused = random.Chance(1, 6),
        Durability = weak && random.Chance(1, 3) ? (Durability)random.Next(3) : Durability.Fsync,
    };

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

    private SendOperation Send(string name)
    {
        int count = random.Chance(1, 3) ? 2 + random.Next(6) : 1;
        var messages = new (string, long?)[count];
        for (int i = 0; i < count; i++)
            messages[i] = (Body(random.Chance(1, 10) ? 300 + random.Next(700) : random.Next(60)), Delay());
        return new SendOperation(name, messages, partial: random.Chance(1, 4));
    }

    /// <summary>A batch that may be larger than a frame.</summary>
    private SendOperation SendMuch(string name)
    {
        var messages = new (string, long?)[1 + random.Next(12)];
        for (int i = 0; i < messages.Length; i++) messages[i] = (Body(random.Next(8_000)), Delay());
        return new SendOperation(name, messages, partial: false);
    }

    private string Body(int padding) => $"m{_bodies++}.{new string('x', padding)}";

    private long? Delay() => random.Next(12) switch
    {
        0 => 0,
        1 => 1 + random.Next(50),
        2 => random.Next(20_000),
        3 => random.Next(600_000),
        _ => null,
    };

    private ReceiveOperation Receive(string name) => new(
        name,
        new ReceiveRequest
        {
            Max = 1 + random.Next(random.Chance(1, 4) ? 20 : 3),
            WaitMilliseconds = random.Next(4) switch { 0 => random.Next(60_001), 1 => random.Next(200), 2 => 0, _ => null },
            VisibilityMilliseconds = random.Next(8) switch
            {
                0 => 0,
                1 => 1 + random.Next(100),
                2 => random.Next(43_200_000),
                _ => null,
            },
            AcknowledgeOnReceipt = random.Chance(1, 5),
            Acknowledge = random.Chance(1, 4) ? Receipts(name, random.Next(4)) : null,
        },
#pragma warning disable CA2000 // The operation disposes it.
        random.Chance(1, 2) ? new CancellationTokenSource() : null);
#pragma warning restore CA2000

    private SettleOperation Settle(string name)
    {
        var settlement = (Settlement)random.Next(3);
        if (random.Chance(1, 2)) settlement = Settlement.Acknowledge;
        long milliseconds = settlement == Settlement.Acknowledge || random.Chance(1, 3) ? 0
            : random.Next(random.Chance(1, 2) ? 100 : 60_000);
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
            .Where(message => message.Receipt is not null && message.VisibleAt > model.Now)
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
            return new MessageId(model.Find(name)!.Resource, present[random.Next(present.Count)].Sequence);
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
            State = random.Chance(1, 2) ? null : (MessageState)random.Next(3),
            Since = random.Chance(1, 3) ? (start?.SentAt ?? model.Now) + random.Next(3) - 1 : null,
        });
    }
}
