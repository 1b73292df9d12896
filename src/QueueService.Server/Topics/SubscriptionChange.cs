using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Topics.Targets;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

/// <summary>Creates and changes subscriptions. For a webhook, what is kept depends on what was kept before and on what
/// its endpoint says, and for a subscription of SNS on what that knows of it: so it is made outside the broker and
/// written only if nobody changed the subscription meanwhile.</summary>
internal sealed class SubscriptionChange(BrokerHost host, SubscriptionName name, QueueChanges changes, bool replaces)
{
    /// <summary>Each time somebody else was faster.</summary>
    private const int Tries = 5;

    private const string CountPointer = "/redrivePolicy/maxReceiveCount";

    /// <summary>Makes the change, or answers why not. The answer to the request that creates a webhook shows its
    /// secret.</summary>
    public async ValueTask<(Result<QueueChange> Result, Problem? Problem)> Apply(
        Precondition condition, CancellationToken cancellation)
    {
        for (int i = 0; i < Tries; i++)
        {
            Result<QueueDescription> found = await host.Broker.GetSubscription(name);
            QueueDescription? existing = found.Succeeded ? found.Value : null;
            QueueConfig? before = existing?.Config;
            QueueConfig wanted = replaces || before is null ? changes.Create() : changes.Apply(before);
            Problem? problem = null;
            if (replaces || before is not null)
                TargetJson.RefuseUnused(wanted, changes, SnsSubscriptionRules.UsedIn(before), ref problem);
            problem ??= SnsSubscriptionRules.Refuse(before, wanted, changes);
            if (problem is not null) return (default, problem);
            if (!DependsOn(before, wanted)) return (await Write(wanted, changes.Apply, condition), null);
            if (!Holds(existing, condition)) return (BrokerError.PreconditionFailed, null);
            if (!host.Webhooks.IsListening) return (default, new Problem(ProblemKind.Starting));

            (QueueConfig? complete, problem) = await Complete(wanted, before, cancellation);
            if (problem is not null) return (default, problem);
            Precondition unchanged =
                existing is null
                    ? new Precondition(null, MustNotExist: true)
                    : new([existing.ETag], MustNotExist: false);
            Result<QueueChange> result = await Write(complete!, _ => complete!, unchanged);
            if (result.Error == BrokerError.PreconditionFailed) continue;
            return (result.Succeeded && result.Value.Created ? Reveal(result.Value) : result, null);
        }

        return (BrokerError.Overloaded, null);
    }

    /// <summary>What is to be written for a declaration that is applied before the server listens: nobody is shown a
    /// secret then, and no owner of an address is asked.</summary>
    public async ValueTask<(QueueConfig? Config, Problem? Problem)> Declare(CancellationToken cancellation)
    {
        QueueConfig wanted = changes.Create();
        Result<QueueDescription> found = await host.Broker.GetSubscription(name);
        QueueConfig? before = found.Succeeded ? found.Value.Config : null;
        Problem? problem = null;
        TargetJson.RefuseUnused(wanted, changes, SnsSubscriptionRules.UsedIn(before), ref problem);
        problem ??= SnsSubscriptionRules.Refuse(before, wanted, changes);
        if (!IsWebhook(wanted)) return (SnsSubscriptionRules.Complete(before, wanted), problem);
        if (!changes.Given.Contains("target/secret"))
            Problem.Blame(
                ref problem, "/target/secret", "is required here: a generated one could not be shown to anybody.");
        if (changes.Given.Contains("target/challenge"))
        {
            Problem.Blame(
                ref problem, "/target/challenge",
                "has no effect here: endpoints are asked when the server listens. Use PUT for this subscription.");
        }

        if (problem is not null) return (null, problem);

        // Another target than before is refused by the broker.
        return before is not null && !IsWebhook(before) ? (wanted, null) : await Complete(wanted, before, cancellation);
    }

    private ValueTask<Result<QueueChange>> Write(
        QueueConfig config, Func<QueueConfig, QueueConfig> patch, Precondition condition) => replaces
        ? host.Broker.PutSubscription(
            new SubscriptionRequest(name, config, condition) { From = SubscriptionFields.StartOf(config) })
        : host.Broker.PatchSubscription(name, patch, condition);

    private async ValueTask<(QueueConfig? Config, Problem? Problem)> Complete(
        QueueConfig wanted, QueueConfig? before, CancellationToken cancellation)
    {
        if (!IsWebhook(wanted)) return (SnsSubscriptionRules.Complete(before, wanted), null);
        bool isSns = SnsSubscriptionRules.IsSns(before);
        WebhookTarget? existing =
            before is null ? null : WebhookTarget.FromJson(before.Subscription!.Destination);
        WebhookTarget target = existing!;
        if (changes.Given.Contains("target"))
        {
            WebhookDraft draft = WebhookDraft.FromJson(wanted.Subscription!.Destination);
            WebhookDefinition definition = new(host.Webhooks, name)
            {
                IsEarly = !host.Webhooks.IsListening, SignsItself = isSns,
            };
            (WebhookTarget? made, Problem? problem) =
                await definition.Complete(draft, existing, replaces, cancellation);
            if (problem is not null) return (null, problem);
            target = made!;
        }

        if (isSns) wanted = SnsSubscriptionRules.Complete(before, wanted);
        else if (wanted.Redrive is { } redrive)
        {
            // The last attempt is the last delivery: there is one number, the target's.
            if (changes.Given.Contains(CountPointer[1..]) && redrive.MaxReceiveCount != target.MaxAttempts)
                return (null, Problem.Invalid(CountPointer, "is maxAttempts of the target: leave it out."));
            wanted = wanted with { Redrive = redrive with { MaxReceiveCount = target.MaxAttempts } };
        }

        return (
            wanted with { Subscription = wanted.Subscription! with { Destination = target.ToJson() } }, null);
    }

    private QueueChange Reveal(QueueChange change)
    {
        SubscriptionConfig subscription = change.Queue.Config.Subscription!;
        WebhookTarget target = WebhookTarget.FromJson(subscription.Destination);
        string secret = new WebhookDefinition(host.Webhooks, name).NewestKey(target).Reveal();
        subscription = subscription with { Destination = (target with { Secret = secret }).ToJson() };
        return change with
        {
            Queue = change.Queue with { Config = change.Queue.Config with { Subscription = subscription } },
        };
    }

    /// <summary>What is written depends on what there is. Another target than before is refused by the broker.
    /// </summary>
    private bool DependsOn(QueueConfig? before, QueueConfig wanted)
    {
        if (before is null) return replaces && IsWebhook(wanted);
        return before.Subscription!.Target == wanted.Subscription!.Target
            && (IsWebhook(before) || SnsSubscriptionRules.IsSns(before));
    }

    private static bool IsWebhook(QueueConfig config) => config.Subscription!.Target == SubscriptionTarget.Webhook;

    private static bool Holds(QueueDescription? existing, Precondition condition) =>
        !(condition.MustNotExist && existing is not null) &&
        (condition.IfMatch is not { } tags ||
            (existing is not null && (tags.Contains("*") || tags.Contains(existing.ETag))));
}
