using System.Runtime.CompilerServices;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Broker;

/// <summary>
/// Topics and their subscriptions. A pull subscription is received from and settled like a queue: the calls for queues
/// take its address.
/// </summary>
public sealed partial class MessageBroker
{
    /// <summary>Creates a topic, or replaces its mutable settings.</summary>
    public ValueTask<Result<QueueChange>> PutTopic(TopicName name, QueueConfig config, Precondition precondition) =>
        PutQueue(name.Address, config, precondition);

    public ValueTask<Result<QueueChange>> PatchTopic(
        TopicName name, Func<QueueConfig, QueueConfig> change, Precondition precondition) =>
        PatchQueue(name.Address, change, precondition);

    public ValueTask<Result<QueueDescription>> GetTopic(TopicName name) => GetQueue(name.Address);

    /// <summary>A page of the topics whose names start so.</summary>
    public ValueTask<Result<QueuePage>> ListTopics(
        string prefix, string? after, int limit, IReadOnlyList<TagFilter>? tags = null) =>
        List(
            new QueueListing(prefix, after is null ? null : after + "/", limit, tags ?? []) { Kind = QueueKind.Topic });

    /// <summary>Deletes a topic, its messages and its subscriptions.</summary>
    public async ValueTask<BrokerError> DeleteTopic(TopicName name, Precondition precondition)
    {
        long at = 0;
        BrokerError error = await Submit((shard, command) =>
        {
            at = shard.Now;
            return SubscriptionDefinitions.DeleteTopic(shard, command, name, precondition);
        });
        if (error == BrokerError.None) Tell(new BrokerEvent(BrokerEventKind.Deleted, name.Address, at));
        return error;
    }

    /// <summary>Adds messages to a topic's log, all or nothing unless the batch is partial. Takes the batch over.
    /// </summary>
    public ValueTask<Result<SendOutcome>> Publish(TopicName name, MessageBatch batch, IdempotencyToken? token = null) =>
        Send(name.Address, batch, token);

    /// <summary>Creates a subscription, or replaces its mutable settings. Answers also TopicNotFound and
    /// TargetQueueNotFound.</summary>
    public async ValueTask<Result<QueueChange>> PutSubscription(SubscriptionRequest request)
    {
        Dictionary<int, long>? starts = null;
        if (request.From is { } from)
        {
            starts = await TryFindTime(request.Name.Topic.Address, from);
            if (starts is null) return BrokerError.TierUnavailable;
        }

        return await Complete(Submit<QueueChange>((shard, command) =>
            SubscriptionDefinitions.Put(shard, command, request, starts)));
    }

    public ValueTask<Result<QueueChange>> PatchSubscription(
        SubscriptionName name, Func<QueueConfig, QueueConfig> change, Precondition precondition) =>
        Complete(Submit<QueueChange>((shard, command) =>
            SubscriptionDefinitions.Patch(shard, command, name, change, precondition)));

    /// <summary>Changes a subscription and passes over everything that was published before, in one step: whoever is
    /// answered that it was changed gets all that is published from then on.</summary>
    public ValueTask<Result<QueueChange>> BeginSubscription(
        SubscriptionName name, Func<QueueConfig, QueueConfig> change, Precondition precondition) =>
        Complete(Submit<QueueChange>((shard, command) =>
            SubscriptionDefinitions.Begin(shard, command, name, change, precondition)));

    /// <summary>Changes where a subscription delivers to, unless somebody changed it since its ETag was this one.
    /// </summary>
    /// <returns>The new ETag; null when the token is replayed.</returns>
    public async ValueTask<Result<string?>> ChangeDestination(
        SubscriptionName name, string destination, string etag, IdempotencyToken? token = null)
    {
        Result<QueueChange> result = await Submit<QueueChange>(token, static _ => null!, (shard, command) =>
            SubscriptionDefinitions.Patch(
                shard, command, name,
                config => config with { Subscription = config.Subscription! with { Destination = destination } },
                new Precondition([etag], MustNotExist: false)));
        if (!result.Succeeded) return result.Error;
        if (token is { IsReplayed: true }) return default(string?);
        Tell(result.Value);
        return result.Value.Queue.ETag;
    }

    public ValueTask<Result<QueueDescription>> GetSubscription(SubscriptionName name) => GetQueue(name.Address);

    /// <summary>A page of a topic's subscriptions, in ordinal order of their names.</summary>
    public ValueTask<Result<QueuePage>> ListSubscriptions(
        TopicName topic, string prefix, string? after, int limit, IReadOnlyList<TagFilter>? tags = null) =>
        List(new QueueListing(
            topic.Address.Value + prefix, after is null ? null : topic.Address.Value + after, limit, tags ?? [])
            {
                Kind = topic.Address.Kind == QueueKind.Stream ? QueueKind.QueueView : QueueKind.Subscription,
            });

    public ValueTask<BrokerError> DeleteSubscription(SubscriptionName name, Precondition precondition) =>
        DeleteQueue(name.Address, precondition);

    /// <summary>Where a topic ends now: the first message that is published afterwards comes next.</summary>
    public ValueTask<Result<TopicCursor>> EndOf(TopicName name) => Query<TopicCursor>(shard =>
        shard.FindQueue(name.Address) is { } topic ? TopicCursor.EndOf(topic) : name.Address.NotFound);

    /// <summary>The first message of a topic that was published at this time or later.</summary>
    /// <param name="time">Unix milliseconds.</param>
    public async ValueTask<Result<TopicCursor>> PlaceOf(TopicName name, long time)
    {
        if (await TryFindTime(name.Address, time) is not { } starts) return BrokerError.TierUnavailable;
        return await Query<TopicCursor>(shard =>
            shard.FindQueue(name.Address) is { } topic ? TopicCursor.At(topic, starts) : name.Address.NotFound);
    }

    /// <summary>The next messages of a topic, in the order of publishing within each group, waiting for the first one:
    /// nothing is leased. Go on at <see cref="ReceivedMessages.NextCursor"/>.</summary>
    /// <param name="max">1 to 1,000.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<ReceivedMessages>> Read(
        TopicName name, TopicCursor from, int max, int waitMilliseconds, CancellationToken cancellation)
    {
        var request = new ReceiveRequest
        {
            Max = max, WaitMilliseconds = waitMilliseconds, ReadFrom = from, IsInternal = true,
        };
        while (true)
        {
            Result<ReceivedMessages> page = await Receive(name.Address, request, cancellation);
            if (!page.Succeeded || !page.Value.Learn()) return page;
            page.Value.Dispose();
        }
    }

    /// <summary>Starts a subscription anew with the messages that were published at this time or later: what was
    /// acknowledged since is delivered again, what was not delivered before is passed over, and receipts are worth
    /// nothing.</summary>
    /// <param name="time">Unix milliseconds; long.MaxValue passes over everything.</param>
    /// <returns>The level of the topic.</returns>
    public async ValueTask<Result<Durability>> Seek(SubscriptionName name, long time, IdempotencyToken? token = null)
    {
        if (await TryFindTime(name.Topic.Address, time) is not { } starts) return BrokerError.TierUnavailable;
        return await Submit<Durability>(token, static outcome => (Durability)outcome[0], (shard, command) =>
            SubscriptionDefinitions.Seek(shard, command, name, starts));
    }
}
