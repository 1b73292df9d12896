using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>PUT or PATCH of a queue.</summary>
internal sealed class DefineOperation(string name, QueueConfig config, Precondition precondition, bool patch)
    : Operation<Result<QueueChange>>
{
    protected override ValueTask<Result<QueueChange>> Call(MessageBroker broker) => patch
        ? broker.PatchQueue(BrokerHarness.Name(name), Change, precondition)
        : broker.PutQueue(BrokerHarness.Name(name), config, precondition);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);

        // As with a send: memory full of unwritten records.
        if (queue is null && Answer.Error == BrokerError.Overloaded) return;
        BrokerError error = Expected(model, queue);
        ThrowUnlessSame(error, Answer.Error, ToString());
        if (error != BrokerError.None) return;
        QueueDescription answer = Answer.Value.Queue;
        ThrowUnlessSame(queue is null, Answer.Value.Created, "created");
        if (queue is null)
        {
            queue = model.Create(answer);
            ThrowUnlessSame(model.Now, queue.CreatedAt, "created at");
            queue.Config = config;
        }
        else if (NewConfig(queue) is var changed && changed != queue.Config)
        {
            ThrowUnless(queue.ETag != answer.ETag, "a change has a new ETag");
            queue.ETag = answer.ETag;
            queue.Config = changed;
            queue.UpdatedAt = model.Now;
        }

        DescribeOperation.Compare(queue, answer, model);
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Defined = true;

    public override string ToString() => $"{(patch ? "patch" : "put")} {name} {config} if {precondition.IfMatch?[0]}"
        + (precondition.MustNotExist ? " new" : "");

    private BrokerError Expected(NaiveBroker model, NaiveQueue? queue)
    {
        if (patch && queue is null) return BrokerError.QueueNotFound;
        if (!Conditions.Hold(queue, precondition)) return BrokerError.PreconditionFailed;
        if (queue is null)
            return model.Queues.Count >= model.Options.MaxQueues ? BrokerError.TooManyQueues : BrokerError.None;
        return NewConfig(queue).Durability != queue.Config.Durability ? BrokerError.ImmutableField : BrokerError.None;
    }

    private QueueConfig NewConfig(NaiveQueue queue) => patch ? Change(queue.Config) : config;

    private QueueConfig Change(QueueConfig current) => current with
    {
        DelaySeconds = config.DelaySeconds,
        VisibilityTimeoutSeconds = config.VisibilityTimeoutSeconds,
    };
}

/// <summary>DELETE of a queue.</summary>
internal sealed class DeleteQueueOperation(string name, Precondition precondition) : Operation<BrokerError>
{
    protected override ValueTask<BrokerError> Call(MessageBroker broker) =>
        broker.DeleteQueue(BrokerHarness.Name(name), precondition);

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        BrokerError error = queue is null ? BrokerError.QueueNotFound
            : Conditions.Hold(queue, precondition) ? BrokerError.None : BrokerError.PreconditionFailed;
        ThrowUnlessSame(error, Answer, ToString());
        if (error != BrokerError.None) return;
        foreach (ReceiveOperation waiter in queue!.Waiters)
            ThrowUnlessSame(BrokerError.QueueNotFound, waiter.Answer.Error, $"{waiter} when its queue went");
        model.Queues.Remove(name);
    }

    public override void AddEffects(Aftermath aftermath) => aftermath[name].Deleted = true;

    public override string ToString() => $"delete queue {name} if {precondition.IfMatch?[0]}";
}

/// <summary>GET of a queue: the definition and all counts.</summary>
internal sealed class DescribeOperation(string name) : Operation<Result<QueueDescription>>
{
    protected override ValueTask<Result<QueueDescription>> Call(MessageBroker broker) =>
        broker.GetQueue(BrokerHarness.Name(name));

    public override void Apply(NaiveBroker model)
    {
        NaiveQueue? queue = model.Find(name);
        ThrowUnlessSame(queue is null ? BrokerError.QueueNotFound : BrokerError.None, Answer.Error, ToString());
        if (queue is not null) Compare(queue, Answer.Value, model);
    }

    public override string ToString() => $"describe {name}";

    public static void Compare(NaiveQueue queue, QueueDescription answer, NaiveBroker model)
    {
        ThrowUnlessSame(queue.Name, answer.Name.Value, "name");
        ThrowUnlessSame(queue.Config, answer.Config, "config");
        ThrowUnlessSame(queue.ETag, answer.ETag, "ETag");
        ThrowUnlessSame(queue.CreatedAt, answer.CreatedAt, "created at");
        ThrowUnlessSame(queue.UpdatedAt, answer.UpdatedAt, "updated at");
        CompareStats(queue, answer.Stats, model);
    }

    private static void CompareStats(NaiveQueue queue, QueueStats stats, NaiveBroker model)
    {
        long available = queue.Count(MessageState.Available, model.Now);
        long leased = queue.Count(MessageState.Leased, model.Now);
        long age = queue.Messages.Count == 0 ? 0 : (model.Now - queue.Messages[0].SentAt) / 1000;
        bool blocked = available > 0 && (queue.Config.Paused || leased >= model.Options.MaxInFlightPerQueue);
        ThrowUnlessSame(blocked, stats.BlockedReason is not null, "blocked");
        ThrowUnless(
            queue.Messages.Count == 0 ? stats.Bytes == 0 : stats.Bytes > 0, $"{stats.Bytes} bytes in {queue.Messages.Count}");
        ThrowUnlessSame(
            new QueueStats(
                available, leased, queue.Count(MessageState.Delayed, model.Now), Blocked: 0, age, queue.Sent, queue.Received,
                queue.Deleted, queue.Expired, DeadLetteredTotal: 0, BlockedReason: null),
            stats with { BlockedReason = null, OnDisk = null, Bytes = 0 }, $"stats of {queue.Name}");
    }
}

/// <summary>A page of the names.</summary>
internal sealed class ListOperation(string prefix, string? after, int limit) : Operation<Result<QueuePage>>
{
    protected override ValueTask<Result<QueuePage>> Call(MessageBroker broker) =>
        broker.ListQueues(prefix, after, limit);

    public override void Apply(NaiveBroker model)
    {
        List<NaiveQueue> all = [.. model.Queues.Values.Where(queue =>
            queue.Name.StartsWith(prefix, StringComparison.Ordinal)
            && (after is null || string.CompareOrdinal(queue.Name, after) > 0))];
        ThrowUnlessSame(Math.Min(limit, all.Count), Answer.Value.Queues.Count, ToString());
        for (int i = 0; i < Answer.Value.Queues.Count; i++)
            DescribeOperation.Compare(all[i], Answer.Value.Queues[i], model);
        ThrowUnlessSame(all.Count > limit ? all[limit - 1].Name : null, Answer.Value.Next, "next of a listing");
    }

    public override string ToString() => $"list '{prefix}' after '{after}' limit {limit}";

    protected override string Describe(Result<QueuePage> answer) =>
        string.Join(',', answer.Value.Queues.Select(static queue => queue.ToString()));
}

/// <summary>RFC 9110, once more.</summary>
internal static class Conditions
{
    public static bool Hold(NaiveQueue? queue, Precondition condition) =>
        !(condition.MustNotExist && queue is not null)
        && (condition.IfMatch is not { } tags
            || (queue is not null && tags.Any(tag => tag == "*" || tag == queue.ETag)));
}
