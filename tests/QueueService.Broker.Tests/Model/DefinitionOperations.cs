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
            queue.Configure(config);
        }
        else if (NewConfig(queue) is var changed && changed != queue.Config)
        {
            ThrowUnless(queue.ETag != answer.ETag, "a change has a new ETag");
            queue.ETag = answer.ETag;
            queue.Configure(changed);
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
        {
            return model.Queues.Count >= model.Options.MaxQueues ? BrokerError.TooManyQueues
                : CheckPolicies(model, config, redrive: config.Redrive);
        }

        QueueConfig changed = NewConfig(queue);
        if (changed.Durability != queue.Config.Durability || changed.Type != queue.Config.Type)
            return BrokerError.ImmutableField;
        return CheckPolicies(model, changed, changed.Redrive == queue.Config.Redrive ? null : changed.Redrive);
    }

    /// <summary>Nothing is declared that has no effect; dead letters have somewhere to go, are allowed there, and never
    /// come back by themselves.</summary>
    private BrokerError CheckPolicies(NaiveBroker model, QueueConfig wanted, RedrivePolicy? redrive)
    {
        if (wanted.Type == QueueType.Standard
            && (wanted.ContentBasedDeduplication || wanted.DeduplicationScope != DeduplicationScope.Queue))
            return BrokerError.DeduplicationNotSupported;
        if (redrive is null) return BrokerError.None;
        if (redrive.DeadLetterQueue == name) return BrokerError.DeadLetterCycle;
        if (model.Find(redrive.DeadLetterQueue) is not { } target) return BrokerError.DeadLetterQueueNotFound;
        if (!target.Config.RedriveAllow.Allows(name)) return BrokerError.RedriveNotAllowed;
        for (string? next = redrive.DeadLetterQueue; next is not null; next = model.Find(next)?.Config.Redrive?.DeadLetterQueue)
            if (next == name) return BrokerError.DeadLetterCycle;
        return BrokerError.None;
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
        int Count(MessageState state) => queue.CountOf(state, model.Now);
        long age =
            queue.Messages.Count == 0 ? 0 : (model.Now - queue.Messages.Min(static message => message.AddedAt)) / 1000;
        var expected = new QueueStats(
            Count(MessageState.Available), Count(MessageState.Leased), Count(MessageState.Delayed),
            Count(MessageState.Blocked), age, queue.Sent, queue.Received, queue.Deleted, queue.Expired,
            queue.DeadLettered, BlockedReason: null);
        ThrowUnless(
            queue.Messages.Count == 0 ? stats.Bytes == 0 : stats.Bytes > 0,
            $"{stats.Bytes} bytes in {queue.Messages.Count}");
        QueueStats actual = stats with { BlockedReason = null, OnDisk = null, Bytes = 0 };
        if (queue.IsVague(model.Now))
        {
            // What is blocked is only counted as far as the broker has looked; nothing is counted twice or not at all.
            (expected, actual) = (Sum(expected), Sum(actual));
        }
        else
        {
            bool paused = queue.Config.Paused || stats.Leased >= model.Options.MaxInFlightPerQueue;
            bool any = stats.Available > 0 || (queue.IsFifo && queue.HasBlockedGroups(model.Now));
            if (!queue.MayFill(model.Options.ReadAheadPerLane))
                ThrowUnlessSame(any && paused, stats.BlockedReason is not null, "blocked");
        }

        ThrowUnlessSame(expected, actual, $"stats of {queue.Name}");
    }

    private static QueueStats Sum(QueueStats stats) => stats with
    {
        Available = stats.Available + stats.Blocked + stats.Delayed, Blocked = 0, Delayed = 0,
    };
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
