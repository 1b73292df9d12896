using QueueService.Aws.Sns;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Http;
using QueueService.Server.Queues;
using QueueService.Server.Topics.Targets;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Topics;

/// <summary>What `/v1` may change of a subscription that SNS made. Refused is what would have no effect, or make SNS's
/// attributes untrue; what the subscription has already may always be sent back.</summary>
internal static class SnsSubscriptionRules
{
    private const string ByPolicy = "has no effect on a subscription of SNS: set its DeliveryPolicy over SNS.";

    public static bool IsSns(QueueConfig? config) => config is not null && SnsSubscription.Of(config) is not null;

    /// <summary>What no copy of `/v1` needs: those of SNS can be refused.</summary>
    public static string? UsedIn(QueueConfig? before) => IsSns(before) ? "redrivePolicy" : null;

    /// <param name="before">Of a subscription of SNS or of `/v1`; null when there is none.</param>
    public static Problem? Refuse(QueueConfig? before, QueueConfig wanted, QueueChanges changes)
    {
        if (before is null || SnsSubscription.Of(before) is not { } known) return null;
        SubscriptionConfig subscription = wanted.Subscription!;

        // The broker refuses another target.
        if (subscription.Target != before.Subscription!.Target) return null;
        Problem? problem = RefuseTarget(before, subscription, changes);
        if (problem is not null) return problem;
        if (subscription.Format is not (DeliveryFormat.Raw or DeliveryFormat.Envelope))
            Problem.Blame(ref problem, "/format", "must be raw or envelope: SNS has no other form.");
        if (known.IsHttp && wanted.Retry.Kind != RetryKind.None) Problem.Blame(ref problem, "/retryPolicy", ByPolicy);
        if (changes.Given.Contains("redrivePolicy/maxReceiveCount")
            && wanted.Redrive?.MaxReceiveCount != RedrivePolicy.MaxMaxReceiveCount)
            Problem.Blame(ref problem, "/redrivePolicy/maxReceiveCount", ByPolicy);
        if (known.State != SubscriptionState.Confirmed && !wanted.Paused && changes.Given.Contains("paused"))
            Problem.Blame(ref problem, "/paused", "must be true until the owner of the endpoint has confirmed.");
        return problem;
    }

    /// <summary>With what SNS alone says, whatever was left out.</summary>
    public static QueueConfig Complete(QueueConfig? before, QueueConfig wanted)
    {
        if (before is null || SnsSubscription.Of(before) is not { } known) return wanted;
        return wanted with
        {
            Paused = wanted.Paused || known.State != SubscriptionState.Confirmed,
            Redrive = wanted.Redrive is null
                ? null
                : wanted.Redrive with { MaxReceiveCount = RedrivePolicy.MaxMaxReceiveCount },
        };
    }

    /// <summary>The endpoint is what the subscription is named by, and its owner has confirmed that one.</summary>
    private static Problem? RefuseTarget(QueueConfig before, SubscriptionConfig wanted, QueueChanges changes)
    {
        string destination = before.Subscription!.Destination;
        if (wanted.Destination == destination) return null;
        if (wanted.Target != SubscriptionTarget.Webhook)
            return Fixed("/queue", destination);
        if (!changes.Given.Contains("target")) return null;
        WebhookTarget existing = WebhookTarget.FromJson(destination);
        WebhookDraft draft = WebhookDraft.FromJson(wanted.Destination);
        if (draft.Url is { } url && url != existing.Url) return Fixed("/url", existing.Url);
        Problem? problem = null;
        if (draft.MaxAttempts is { } attempts && attempts != existing.MaxAttempts)
            Problem.Blame(ref problem, TargetJson.Pointer + "/maxAttempts", ByPolicy);
        if (draft.RatePerSecond is { } rate && rate != existing.RatePerSecond)
            Problem.Blame(ref problem, TargetJson.Pointer + "/ratePerSecond", ByPolicy);
        return problem;
    }

    private static Problem Fixed(string field, string value) => new Problem(ProblemKind.ImmutableField)
        .With(TargetJson.Pointer + field, $"is {value} and cannot change: SNS made the subscription for it.");
}
