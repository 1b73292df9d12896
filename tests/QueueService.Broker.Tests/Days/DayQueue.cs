using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Days;

/// <summary>A queue of the day: the messages that must be in it, and what its settings say about each.</summary>
internal sealed partial class DayQueue(string name, QueueConfig config)
{
    /// <summary>Beyond its retention a message on disk may live 10 s, and a sweep comes at most 10 s later.</summary>
    private const long RetentionSlack = 20_000;

    private readonly Dictionary<string, (MessageId Id, long SentAt)> _sentOnce = [];

    public string Name => name;

    public QueueConfig Config { get; set; } = config;

    /// <summary>By position: within a group the order of sending.</summary>
    public SortedDictionary<long, DayMessage> Messages { get; } = [];

    public bool IsFifo => Config.Type == QueueType.Fifo;

    public long Acknowledged { get; private set; }

    /// <summary>It goes to the dead-letter queue, and nowhere else.</summary>
    public bool IsDoomed(DayMessage message, long now) => !message.IsLeased(now) && Config.Redrive is { } redrive
        && (message.ReceiveCount >= redrive.MaxReceiveCount || (redrive.IncludeExpired && message.ExpiresAt <= now));

    /// <summary>Its time to live is over: nobody gets it any more.</summary>
    public bool Vanishes(DayMessage message, long now) =>
        !message.IsLeased(now) && message.ExpiresAt <= now && !IsDoomed(message, now);

    public bool MayHaveRetired(DayMessage message, long now) =>
        now - message.RetentionFrom > Config.RetentionSeconds * 1000L;

    public bool MustHaveRetired(DayMessage message, long now) =>
        now - message.AddedAt > (Config.RetentionSeconds * 1000L) + RetentionSlack;

    public bool MayBeGone(DayMessage message, long now) => MayHaveRetired(message, now) || Vanishes(message, now);

    public bool MayCome(DayMessage message, long now) => !message.IsLeased(now) && message.Visible.Earliest <= now
        && message.ExpiresAt > now && !IsDoomed(message, now);

    public bool MustCome(DayMessage message, long now) =>
        MayCome(message, now) && message.Visible.Latest <= now && !MayHaveRetired(message, now);

    /// <summary>The message of an earlier send that makes this one a duplicate.</summary>
    public MessageId? FindDuplicate(DaySend sent, long now) =>
        KeyOf(sent) is { } key && _sentOnce.TryGetValue(key, out var first) && first.SentAt > now - 300_000
            ? first.Id : null;

    public void Add(DayMessage message, DaySend sent)
    {
        long last = InGroup(message.Group).Select(static other => other.Position).DefaultIfEmpty(-1).Max();
        ThrowUnless(!IsFifo || message.Position > last, $"{message} has a place before one sent earlier in its group");
        Messages.Add(message.Position, message);
        if (KeyOf(sent) is { } key) _sentOnce[key] = (message.Id, message.SentAt);
    }

    /// <summary>There may be too many messages for so many more.</summary>
    public bool MayRefuse(int count) => Config.MaxMessages > 0 && Messages.Count + count > Config.MaxMessages;

    /// <summary>The lease begins, and what follows when nothing ends it.</summary>
    public void Lease(DayMessage message, long until)
    {
        message.LeasedUntil = until;
        message.Visible = AfterFailure(message, until);
    }

    /// <param name="delay">Null for the queue's retry policy.</param>
    public void Release(DayMessage message, long? delay, long now)
    {
        message.LeasedUntil = 0;
        message.Visible = delay is { } time ? (now + time, now + time) : AfterFailure(message, now);
    }

    public void Acknowledge(DayMessage message)
    {
        Messages.Remove(message.Position);
        Acknowledged++;
    }

    public IEnumerable<DayMessage> InGroup(string? group) =>
        Messages.Values.Where(message => (message.Group ?? "") == (group ?? ""));

    private (long Earliest, long Latest) AfterFailure(DayMessage message, long at)
    {
        RetryPolicy retry = Config.Retry;
        if (retry.Kind == RetryKind.None) return (at, at);
        double delay = retry.MinSeconds * 1000.0;
        if (retry.Kind == RetryKind.Exponential)
        {
            for (int i = 1; i < message.ReceiveCount; i++) delay *= retry.FactorThousandths / 1000.0;
            delay = Math.Min(delay, retry.MaxSeconds * 1000.0);
        }

        double jitter = delay * retry.JitterThousandths / 1000;
        return (at + (long)(delay - jitter) - 1, at + (long)(delay + jitter) + 1);
    }

    private string? KeyOf(DaySend sent)
    {
        string? id = sent.DeduplicationId ?? (Config.ContentBasedDeduplication ? "body " + sent.Body : null);
        return id is not null && Config.DeduplicationScope == DeduplicationScope.Group ? $"{sent.Group}/{id}" : id;
    }
}

/// <summary>One message of a send.</summary>
internal sealed record DaySend(string Body, string? Group, string? DeduplicationId, SendOptions Options);
