using Microsoft.AspNetCore.Http;
using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record SubscribeRequest(
    string? TopicArn, string? Protocol, string? Endpoint, Dictionary<string, string>? Attributes,
    bool? ReturnSubscriptionArn) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

internal sealed record SubscribeResult(string SubscriptionArn);

/// <summary>Subscribes a queue, which gets messages at once, or an endpoint, whose owner is asked first.</summary>
internal static class Subscribe
{
    private const string Pending = "pending confirmation";

    private static readonly string[] Unsupported =
        ["email", "email-json", "sms", "application", "lambda", "firehose"];

    public static async ValueTask<Reply<SubscribeResult>> Handle(AwsCall call, SubscribeRequest request)
    {
        if (request.Protocol is not { } protocol) return SnsErrors.Missing(nameof(request.Protocol));
        if (RefuseProtocol(protocol) is { } unknown) return unknown;
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Value is not { } topic) return found.Error!;
        if (string.IsNullOrEmpty(request.Endpoint)) return SnsErrors.Invalid("Endpoint");
        SubscriptionTargets targets = new(call, topic);
        Reply<QueueConfig> target = await targets.Of(protocol, request.Endpoint);
        if (target.Value is not { } config) return target.Error!;
        string name = SnsSubscription.NameOf(
            call.Host.Sns.Certificate, topic.Name.Value, protocol, request.Endpoint);
        SnsSubscription known = new()
        {
            Protocol = protocol, Endpoint = request.Endpoint, Origin = OriginOf(call.Http.Request),
        };
        if (known.IsHttp) known = known.Asking(SubscriptionState.Pending, name, call.Host.Time.GetUtcNow());
        SubscriptionDraft draft = new(call.Host, topic, known);
        foreach ((string attribute, string value) in request.Attributes ?? [])
            if (draft.Set(attribute, value) is { } refused) return SnsErrors.Invalid("Attributes", refused);
        if (draft.Check() is { } wrong) return SnsErrors.Invalid("Attributes", wrong);
        string? queue = config.Subscription is { Target: SubscriptionTarget.Queue } copies ? copies.Destination : null;
        if (await DeliveryAccess.Refuse(call, topic, queue, draft.Known.DeadLetterQueue) is { } denied) return denied;
        if (!SubscriptionName.TryParse(topic.Name, name, out SubscriptionName subscription))
            throw new InvalidOperationException($"{name} is not a name.");
        if (await FilterPolicyLimit.Refuse(call, subscription, draft.Known.FilterPolicy) is { } tooMany) return tooMany;
        Reply<QueueDescription> kept = await Keep(call, subscription, draft, config);
        if (kept.Value is not { } made) return kept.Error!;
        if (await Replays.Begin(call, subscription, before: null, made.Config) is { } failed) return failed;
        bool isPending = SnsSubscription.Of(made.Config)!.State == SubscriptionState.Pending;
        return new SubscribeResult(isPending && request.ReturnSubscriptionArn != true
            ? Pending
            : call.Host.Sns.Naming.ArnOf(subscription, topic.Config));
    }

    private static AwsError? RefuseProtocol(string protocol)
    {
        if (Unsupported.Contains(protocol))
        {
            return SnsErrors.Invalid(
                "Protocol", $"this server does not deliver by {protocol}: sqs, http and https are supported");
        }

        return protocol is "sqs" or "http" or "https"
            ? null
            : SnsErrors.Invalid($"Amazon SNS does not support this protocol string: {protocol}");
    }

    private static string OriginOf(HttpRequest request) => $"{request.Scheme}://{request.Host.Value}";

    /// <summary>Makes it, or finds that it is there.</summary>
    private static async ValueTask<Reply<QueueDescription>> Keep(
        AwsCall call, SubscriptionName name, SubscriptionDraft draft, QueueConfig config)
    {
        for (int i = 0; i < SnsLimits.Tries; i++)
        {
            Result<QueueDescription> existing = await call.Broker.GetSubscription(name);
            Result<QueueChange> result;
            if (existing.Error == BrokerError.SubscriptionNotFound)
            {
                result = await call.Broker.PutSubscription(new SubscriptionRequest(
                    name, draft.In(config), new Precondition(null, MustNotExist: true)));
            }
            else if (!existing.Succeeded) return SnsErrors.Of(existing.Error);
            else if (SnsSubscription.Of(existing.Value.Config) is { State: SubscriptionState.Confirmed } known)
            {
                return draft.IsWithin(KnownFilter.In(known, existing.Value.Config.Subscription!.Filter))
                    ? existing.Value
                    : SnsErrors.Invalid("Attributes", "Subscription already exists with different attributes");
            }
            else if (SnsSubscription.Of(existing.Value.Config) is { State: SubscriptionState.Pending } asked
                && asked.WasJustAsked(call.Host.Time.GetUtcNow()))
            {
                return draft.IsWithin(KnownFilter.In(asked, existing.Value.Config.Subscription!.Filter))
                    ? existing.Value
                    : SnsErrors.Throttled.With("The endpoint was asked with other attributes less than a minute ago.");
            }
            else
            {
                // Its owner is asked once more, with another token.
                result = await call.Broker.PatchSubscription(
                    name, draft.In, new Precondition([existing.Value.ETag], MustNotExist: false));
            }

            if (result.Succeeded) return result.Value.Queue;
            if (result.Error == BrokerError.TooManyQueues)
                return SnsErrors.SubscriptionLimitExceeded.With("The service has as many subscriptions as it may.");
            if (result.Error != BrokerError.PreconditionFailed) return SnsErrors.Of(result.Error);
        }

        return SnsErrors.Throttled.With("Rate exceeded");
    }
}
