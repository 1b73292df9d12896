using System.Security.Cryptography;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>One message to be sent.</summary>
internal sealed record NaiveSend(string Body)
{
    public string? Group { get; init; }

    public string? DeduplicationId { get; init; }

    public SendOptions Options { get; init; }

    public override string ToString() => $"{Body.Split('.')[0]} ({Body.Length} B"
        + (Group is null ? "" : $", group {Group}") + (DeduplicationId is null ? "" : $", id {DeduplicationId}")
        + (Options.Priority == 0 ? "" : $", priority {Options.Priority}")
        + (Options.DelayMilliseconds is { } delay ? $", delay {delay}" : "")
        + (Options.DeliverAt is { } at ? $", at {at}" : "")
        + (Options.TtlMilliseconds is { } ttl ? $", ttl {ttl}" : "") + ")";
}

/// <summary>Sends one message or a batch.</summary>
internal sealed class SendOperation(string name, IReadOnlyList<NaiveSend> messages, bool partial)
    : Operation<Result<SendOutcome>>
{
    private int _bytes;

    protected override ValueTask<Result<SendOutcome>> Call(MessageBroker broker)
    {
        MessageBatch batch = MessageBatch.Rent();
        batch.Partial = partial;
        foreach (NaiveSend message in messages)
        {
            var headers = new MessageHeaders { GroupId = message.Group, DeduplicationId = message.DeduplicationId };
            batch.Add(headers, Encoding.UTF8.GetBytes(message.Body), message.Options);
        }

        _bytes = batch.Bytes;
        return broker.Send(BrokerHarness.Name(name), batch);
    }

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);

        // Memory full of unwritten records: a refusal without effects that the model cannot foresee.
        if (queue is not null && Answer.Error == BrokerError.Overloaded) return;
        BrokerError[] errors = queue is null ? [] : [.. messages.Select(message => Check(queue, message, model.Now))];
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : _bytes + (64L * messages.Count) > model.Options.Storage.JournalFileBytes / 2 ? BrokerError.MessageTooLarge
            : partial ? BrokerError.None : errors.FirstOrDefault(static error => error != BrokerError.None);
        ThrowUnlessSame(error, Answer.Error, ToString());
        if (error == BrokerError.None) Add(queue!, errors, model.Now);
    }

    public override void AddEffects(Aftermath aftermath)
    {
        aftermath[name].HasPartialSends |= partial
            || messages.Any(static message => message.DeduplicationId is not null);
        aftermath[name].Sends.Add([.. messages.Select(static message => message.Body)]);
    }

    public override string ToString() =>
        $"send to {name}{(partial ? " partially" : "")}: {string.Join(", ", messages)}";

    protected override string Describe(Result<SendOutcome> answer) => !answer.Succeeded ? $"{answer.Error}"
        : $"{string.Join(',', Enumerable.Range(0, answer.Value.Count).Select(answer.Value.IdAt))} {answer.Value.SentAt}";

    private void Add(NaiveQueue queue, BrokerError[] errors, long now)
    {
        SendOutcome outcome = Answer.Value;
        bool allAccepted = errors.All(static error => error == BrokerError.None);
        ThrowUnlessSame(queue.Resource, outcome.Queue, "queue of an id");
        ThrowUnlessSame(queue.Config.Durability, outcome.Durability, "durability");
        ThrowUnlessSame(now, outcome.SentAt, "sent at");
        ThrowUnless(allAccepted ? outcome.Errors is null : errors.SequenceEqual(outcome.Errors!), "errors of a batch");
        ThrowUnlessSame(errors.Count(static error => error == BrokerError.None), outcome.Count, "accepted messages");
        for (int i = 0, n = 0; i < messages.Count; i++)
            if (errors[i] == BrokerError.None) Add(queue, messages[i], n++, now);
    }

    /// <summary>The n-th accepted message: stored, or recognised as one that was sent before.</summary>
    private void Add(NaiveQueue queue, NaiveSend message, int n, long now)
    {
        MessageId id = Answer.Value.IdAt(n);
        string? key = KeyOf(queue, message);
        var original = key is null ? null : queue.FindDuplicate(key, message.Group, now);
        ThrowUnlessSame(original is not null, Answer.Value.IsDuplicate(n), $"{message} is a duplicate in {queue.Name}");
        ThrowUnlessSame(original?.SentAt ?? now, Answer.Value.SentAtOf(n), $"sent at of {message}");
        if (original is { } first)
        {
            ThrowUnlessSame(first.Sequence, id.SequenceNumber, $"id of the duplicate {message}");
            return;
        }

        long delay = DelayOf(queue, message, now);
        queue.Add(new NaiveMessage
        {
            Sequence = id.SequenceNumber,
            Id = id,
            Body = message.Body,
            SentAt = now,
            AddedAt = now,
            Group = message.Group,
            Priority = message.Options.Priority,
            ExpiresAt = message.Options.TtlMilliseconds is { } ttl ? now + ttl : 0,
            VisibleAt = delay > 0 ? now + delay : 0,
        });
        if (key is not null) queue.SentOnce.Add((key, message.Group, id.SequenceNumber, now));
    }

    private static string? KeyOf(NaiveQueue queue, NaiveSend message)
    {
        string? id = message.DeduplicationId;
        if (id is null && queue.Config.ContentBasedDeduplication)
            id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(message.Body)));
        return id;
    }

    private static long DelayOf(NaiveQueue queue, NaiveSend message, long now) =>
        message.Options.DeliverAt is { } at ? Math.Max(0, at - now)
        : message.Options.DelayMilliseconds ?? queue.Config.DelaySeconds * 1000L;

    private static BrokerError Check(NaiveQueue queue, NaiveSend message, long now)
    {
        if (message.Body.Length > queue.Config.MaxMessageBytes) return BrokerError.MessageTooLarge;
        if (queue.IsFifo && message.Options.Priority > 0) return BrokerError.PriorityNotSupported;
        if (!queue.IsFifo && message.DeduplicationId is not null) return BrokerError.DeduplicationNotSupported;
        long delay = DelayOf(queue, message, now);
        if (delay > 31_536_000_000) return BrokerError.DeliverAtTooFar;
        long end = Math.Min(message.Options.TtlMilliseconds ?? long.MaxValue, queue.Config.RetentionSeconds * 1000L);
        return delay >= end ? BrokerError.DelayExceedsRetention : BrokerError.None;
    }
}
