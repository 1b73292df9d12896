using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>A subscription as AWS shows it, also one that was made over `/v1`.</summary>
internal static class SubscriptionView
{
    public static (string Protocol, string Endpoint) Goal(AwsHost host, QueueConfig config)
    {
        if (SnsSubscription.Of(config) is { } known) return (known.Protocol, known.Endpoint);
        SubscriptionConfig subscription = config.Subscription!;
        if (subscription.Target == SubscriptionTarget.Queue) return ("sqs", QueueAddresses.ArnOf(host, subscription.Destination));
        string url = host.Sns.Endpoints.UrlOf(subscription.Destination);
        return (url[..url.IndexOf(':', StringComparison.Ordinal)], url);
    }

    public static Dictionary<string, string> Attributes(AwsCall call, FoundSubscription found)
    {
        SnsSubscription? known = found.Sns;
        (string protocol, string endpoint) = Goal(call.Host, found.Config);
        Dictionary<string, string> attributes = new()
        {
            ["SubscriptionArn"] = found.Arn,
            ["TopicArn"] = found.Topic.Arn,
            ["Owner"] = call.Options.AccountId,
            ["Protocol"] = protocol,
            ["Endpoint"] = endpoint,
            ["PendingConfirmation"] = Text(known is { State: SubscriptionState.Pending }),
            ["ConfirmationWasAuthenticated"] = Text(known is { IsHttp: false } or { WasAuthenticated: true }),
            ["SubscriptionPrincipal"] = $"arn:aws:iam::{call.Options.AccountId}:root",
            [SubscriptionDraft.RawMessageDelivery] =
                Text(known?.IsRaw ?? found.Config.Subscription!.Format == DeliveryFormat.Raw),
        };
        if (known is null) return attributes;
        Add(attributes, KnownFilter.In(known, found.Config.Subscription!.Filter), found.Topic.Config);
        if (known.DeadLetterQueue is not { } queue) return attributes;
        string target = QueueAddresses.ArnOf(call.Host, queue);
        attributes[SubscriptionDraft.RedrivePolicy] = $$"""{"deadLetterTargetArn":"{{target}}"}""";
        return attributes;
    }

    private static void Add(Dictionary<string, string> attributes, SnsSubscription known, QueueConfig topic)
    {
        if (known.FilterPolicy is { } filter)
        {
            attributes[SubscriptionDraft.FilterPolicy] = filter;
            attributes[SubscriptionDraft.FilterPolicyScope] = known.FilterPolicyScope ?? KnownFilter.OfAttributes;
        }

        if (known.RoleArn is { } role) attributes[SubscriptionDraft.SubscriptionRoleArn] = role;
        if (known.DeliveryPolicy is { } delivery) attributes[SubscriptionDraft.DeliveryPolicy] = delivery;
        if (known.IsHttp)
        {
            attributes["EffectiveDeliveryPolicy"] =
                DeliveryPolicyWriter.OfSubscription(SnsDelivery.PolicyOf(known, topic));
        }

        if (known.ReplayPolicy is not { } replay) return;
        attributes[SubscriptionDraft.ReplayPolicy] = replay;
    }

    private static string Text(bool value) => value ? "true" : "false";
}
