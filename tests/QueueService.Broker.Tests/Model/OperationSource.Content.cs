using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Model;

/// <content>What queues are like, and what is sent to them. Each run uses some of what there is: few messages with few
/// properties meet each other more often than all of them.</content>
internal sealed partial class OperationSource
{
    private readonly bool _fifo = profile.Groups && random.Chance(1, 2);
    private readonly bool _groups = profile.Groups && random.Chance(1, 2);
    private readonly bool _priorities = random.Chance(1, 3);
    private readonly bool _ttl = random.Chance(1, 2);
    private readonly bool _policies = random.Chance(1, 2);
    private readonly bool _named = random.Chance(1, 2);
    private readonly List<string> _sentBodies = [];
    private int _generation;

    /// <summary>The queues at the start; the first one is where dead letters go.</summary>
    public IEnumerable<(string Name, QueueConfig Config)> FirstQueues()
    {
        if (_policies) yield return ("b", Config("b") with { Redrive = null, Paused = false });
        yield return ("a", _policies || _groups ? Config("a") with { Paused = false } : new QueueConfig());
        yield return ("ab", _fifo || _policies
            ? Config("ab") with { VisibilityTimeoutSeconds = 1, Paused = false }
            : new QueueConfig { VisibilityTimeoutSeconds = 1 });
    }

    private QueueConfig Config(string name)
    {
        QueueConfig? current = model.Find(name)?.Config;
        bool keeps = current is not null && !random.Chance(1, 6);
        bool fifo = keeps ? current!.Type == QueueType.Fifo : _fifo && (name == "ab" || random.Chance(1, 2));
        return new QueueConfig
        {
            Type = fifo ? QueueType.Fifo : QueueType.Standard,
            VisibilityTimeoutSeconds = random.Next(4) switch { 0 => 1, 1 => 0, _ => 30 },
            DelaySeconds = random.Chance(1, 4) ? random.Next(4) : 0,
            RetentionSeconds = random.Chance(1, 2) ? 60 + random.Next(600) : 345_600,
            MaxMessageBytes = random.Chance(1, 4) ? 200 : 100_000,
            ReceiveWaitSeconds = random.Chance(1, 3) ? random.Next(30) : 0,
            Paused = random.Chance(1, 6),
            Durability = keeps ? current!.Durability
                : profile.Weak && random.Chance(1, 3) ? (Durability)random.Next(3) : Durability.Fsync,
            Retry = _policies && random.Chance(2, 3) ? Retry() : RetryPolicy.None,
            Redrive = _policies && random.Chance(2, 3) ? Redrive(name) : null,
            RedriveAllow =
                _policies && random.Chance(1, 6) ? RedriveAllowPolicy.ByQueue(["a"]) : RedriveAllowPolicy.All,
            ResetRetentionOnDeadLetter = _policies && random.Chance(1, 3),
            ContentBasedDeduplication = _named && random.Chance(1, 2) && (fifo || random.Chance(1, 10)),
            DeduplicationScope =
                _named && fifo && random.Chance(1, 2) ? DeduplicationScope.Group : DeduplicationScope.Queue,
        };
    }

    private RetryPolicy Retry() => new()
    {
        Kind = (RetryKind)random.Next(3),
        MinSeconds = 1 + random.Next(5),
        MaxSeconds = 5 + random.Next(20),
        FactorThousandths = random.Chance(1, 2) ? 2_000 : 1_000 + random.Next(3_000),
        JitterThousandths = random.Chance(1, 3) ? random.Next(1_001) : 0,
    };

    private RedrivePolicy Redrive(string name) =>
        new(random.Chance(1, 8) || name == "b" ? Names[random.Next(Names.Length)] : "b", 1 + random.Next(3))
        {
            IncludeExpired = random.Chance(1, 2),
        };

    private SendOperation Send(string name)
    {
        int count = random.Chance(1, 3) ? 2 + random.Next(6) : 1;
        var messages = new NaiveSend[count];
        for (int i = 0; i < count; i++)
            messages[i] = Message(name, random.Chance(1, 10) ? 300 + random.Next(700) : random.Next(60));
        return new SendOperation(name, messages, partial: random.Chance(1, 4));
    }

    /// <summary>A batch that may be larger than a frame.</summary>
    private SendOperation SendMuch(string name)
    {
        var messages = new NaiveSend[1 + random.Next(12)];
        for (int i = 0; i < messages.Length; i++) messages[i] = Message(name, random.Next(8_000));
        return new SendOperation(name, messages, partial: false);
    }

    private NaiveSend Message(string name, int padding)
    {
        bool fifo = model.Find(name)?.IsFifo ?? false;
        bool wrong = random.Chance(1, 60);
        bool groups = fifo || _groups;
        long? delay = Delay();
        return new NaiveSend(Body(padding))
        {
            Group = groups && random.Chance(5, 6) ? $"g{random.Next(random.Chance(1, 2) ? 2 : 7)}" : null,
            DeduplicationId =
                _named && fifo != wrong && random.Chance(1, 2) ? $"d{model.Generation}.{random.Next(12)}" : null,
            Options = new SendOptions
            {
                DelayMilliseconds = random.Chance(1, 4) ? null : delay,
                DeliverAt = delay is { } by && random.Chance(1, 3) ? model.Now + by - random.Next(100) : null,
                TtlMilliseconds =
                    _ttl && random.Chance(1, 3) ? 1 + random.Next(random.Chance(1, 2) ? 3_000 : 100_000) : null,
                Priority = _priorities && fifo == wrong ? random.Next(10) : 0,
            },
        };
    }

    /// <summary>A new one, or, where contents are compared, one that was sent before.</summary>
    private string Body(int padding)
    {
        // What a crash left in doubt is not sent again.
        if (_generation != model.Generation) _sentBodies.Clear();
        _generation = model.Generation;
        if (_named && _sentBodies.Count > 0 && random.Chance(1, 6)) return _sentBodies[random.Next(_sentBodies.Count)];
        string body = $"m{_bodies++}.{new string('x', padding)}";
        if (_named && padding < 100) _sentBodies.Add(body);
        return body;
    }

    private long? Delay() => random.Next(12) switch
    {
        0 => 0,
        1 => 1 + random.Next(50),
        2 => random.Next(20_000),
        3 => random.Next(600_000),
        _ => null,
    };

    private RescheduleOperation Reschedule(string name)
    {
        long delay = Delay() ?? random.Next(3_000);
        return new RescheduleOperation(name, Id(name), random.Chance(1, 3)
            ? new SendOptions { DeliverAt = model.Now + delay - random.Next(500) }
            : new SendOptions { DelayMilliseconds = delay });
    }

    private DeadLetterOperation? DeadLetter(string name) =>
        Receipts(name, 1) is [var receipt] ? new DeadLetterOperation(name, receipt) : null;
}
