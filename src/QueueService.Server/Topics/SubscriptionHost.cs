using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

/// <summary>Keeps a worker for each subscription whose messages the server hands on. Begins when the server listens, so
/// that webhooks know which addresses are its own, and ends before the broker is closed.</summary>
internal sealed class SubscriptionHost(BrokerHost host, IServer server, ILogger<SubscriptionHost> log)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>Attempts that run when the server stops may go on for so long; then they are aborted.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>For giving back what was aborted: a commit.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<QueueName, SubscriptionWorker> _workers = new();
    private readonly List<Task> _leaving = [];
    private readonly ChangedNames _changed = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Lock _stopping = new();
    private Task _following = Task.CompletedTask;
    private Task? _stopped;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        host.Changed = Note;
        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        host.Broker.DeadLetterForms = name =>
            _workers.TryGetValue(name, out SubscriptionWorker? worker) && worker.Form is { } form ? form.Copy : null;
        host.Webhooks.Listen(server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []);
        _following = Follow();
        return Task.CompletedTask;
    }

    /// <summary>Nothing more is begun; waiting receives end before the broker drains.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
#pragma warning disable VSTHRD003 // It was started by this object.
        await _following;
#pragma warning restore VSTHRD003
        foreach (SubscriptionWorker worker in _workers.Values) worker.Stop();
    }

    /// <summary>The host may be stopped twice at once, by whoever ends it and by its own program: both wait for the one
    /// stop, and neither disposes of anything before its end.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_stopping) _stopped ??= Stop(cancellationToken);
        await _stopped;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _stop.Dispose();
        _abort.Dispose();
        _changed.Dispose();
    }

    private async Task Stop(CancellationToken cancellationToken)
    {
        Task all = Task.WhenAll([.. _leaving, .. _workers.Values.Select(static worker => worker.Completion)]);
        if (await EndsWithin(all, Grace, cancellationToken)) return;
        await _abort.CancelAsync();
        if (!await EndsWithin(all, Farewell, cancellationToken)) log.DeliveriesStillRun(_workers.Count);
    }

    private void Note(BrokerEvent change)
    {
        bool isTopicGone = change is { Kind: BrokerEventKind.Deleted, Queue.Kind: QueueKind.Topic };
        if (change is { Kind: BrokerEventKind.Changed, Queue.Kind: QueueKind.Topic })
            RenewAll(TopicName.At(change.Queue));
        if (change.Queue.Kind != QueueKind.Subscription && !isTopicGone) return;
        if (change.Kind is BrokerEventKind.Created or BrokerEventKind.Deleted) _changed.Add(change.Queue);
        // One that is not kept yet reads its definition when it is.
        else if (_workers.TryGetValue(change.Queue, out SubscriptionWorker? worker)) worker.Renew();
    }

    /// <summary>What SNS delivers depends on its topic, too.</summary>
    private void RenewAll(TopicName topic)
    {
        foreach (SubscriptionWorker worker in _workers.Values)
            if (worker.Name.Topic == topic && worker.Form is not null) worker.Renew();
    }

    private async Task Follow()
    {
        bool isListed = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                isListed = isListed || await ListAll();
                if (!isListed) await Task.Delay(SubscriptionWorker.Pause, host.Time, _stop.Token);
                else foreach (QueueName name in await _changed.Take(_stop.Token)) await Look(name);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception mistake)
            {
                // A root. Whatever was not looked at is found by listing everything anew.
                log.SubscriptionsNotFollowed(mistake);
                isListed = false;
                await Task.Delay(SubscriptionWorker.Pause, host.Time, _stop.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Answers false when the broker would not say.</summary>
    private async Task<bool> ListAll()
    {
        string? after = null;
        do
        {
            Result<QueuePage> topics = await host.Broker.ListTopics("", after, Limits.PageItems);
            if (!topics.Succeeded) return false;
            foreach (QueueDescription topic in topics.Value.Queues)
            {
                if (topic.Subscriptions > 0 && !await ListAll(TopicName.At(topic.Name))) return false;
            }

            after = topics.Value.Next is null ? null : TopicName.At(topics.Value.Queues[^1].Name).Value;
        }
        while (after is not null);
        return true;
    }

    private async Task<bool> ListAll(TopicName topic)
    {
        string? after = null;
        do
        {
            Result<QueuePage> page = await host.Broker.ListSubscriptions(topic, "", after, Limits.PageItems);
            if (!page.Succeeded) return page.Error == BrokerError.TopicNotFound;
            foreach (QueueDescription subscription in page.Value.Queues) Keep(subscription);
            after = page.Value.Next is null ? null : SubscriptionName.At(page.Value.Queues[^1].Name).Value;
        }
        while (after is not null);
        return true;
    }

    /// <summary>Events say that something changed; what it is now is asked here, so their order does not matter.
    /// </summary>
    private async Task Look(QueueName name)
    {
        if (name.Kind == QueueKind.Topic)
        {
            var topic = TopicName.At(name);
            foreach (QueueName one in _workers.Values.Where(worker => worker.Name.Topic == topic)
                .Select(static worker => worker.Name.Address).ToList())
                await Look(one);
            return;
        }

        Result<QueueDescription> found = await host.Broker.GetSubscription(SubscriptionName.At(name));
        if (found.Succeeded) Keep(found.Value);
        else if (found.Error is BrokerError.SubscriptionNotFound or BrokerError.TopicNotFound) Drop(name);
        // Asked again in a moment: nothing else would ask.
        else if (found.Error == BrokerError.Overloaded) _changed.Add(name);
    }

    private void Keep(QueueDescription subscription)
    {
        if (_workers.TryGetValue(subscription.Name, out SubscriptionWorker? worker) && !worker.HasEnded) return;
        if (subscription.Config.Subscription!.Target == SubscriptionTarget.Pull) return;
        var name = SubscriptionName.At(subscription.Name);
        worker = subscription.Config.Subscription.Target is SubscriptionTarget.Queue or SubscriptionTarget.Stream
            ? new RelayWorker(name, host, log)
            : new WebhookDispatcher(name, host, log, _abort.Token);
        _workers[subscription.Name] = worker;
        worker.Start(ended => _changed.Add(ended.Name.Address));
    }

    private void Drop(QueueName name)
    {
        if (!_workers.TryRemove(name, out SubscriptionWorker? worker)) return;
        worker.Stop();
        _leaving.RemoveAll(static leaving => leaving.IsCompleted);
        _leaving.Add(worker.Completion);
        host.Webhooks.Forget(name);
    }

    private async Task<bool> EndsWithin(Task all, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await all.WaitAsync(limit, host.Time, cancellationToken);
            return true;
        }
        catch (Exception late) when (late is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }
}
