using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

internal sealed record ConfirmSubscriptionRequest(string? TopicArn, string? Token, string? AuthenticateOnUnsubscribe)
    : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;

    bool ITopicRequest.IsForLinks => true;
}

/// <summary>The owner of an endpoint wants its messages: those that are published from now on.</summary>
internal static class ConfirmSubscription
{
    public static async ValueTask<Reply<SubscribeResult>> Handle(AwsCall call, ConfirmSubscriptionRequest request)
    {
        if (request.Token is not { } token) return SnsErrors.Missing(nameof(request.Token));
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Value is not { } topic) return found.Error!;
        if (SnsSubscription.NameIn(token) is not { } name ||
            !SubscriptionName.TryParse(topic.Name, name, out SubscriptionName subscription))
            return SnsErrors.Invalid("Token");
        for (int i = 0; i < SnsLimits.Tries; i++)
        {
            Reply<FoundSubscription> kept = await TopicLookup.ByName(call, topic, subscription);
            if (kept.Value is not { } waiting)
                return kept.Error == SnsErrors.NoSubscription ? SnsErrors.Invalid("Token") : kept.Error!;
            if (waiting.Sns is not { } known || !known.IsToken(token, call.Host.Time.GetUtcNow()))
                return SnsErrors.Invalid("Token");

            // Whoever follows the link twice has confirmed once.
            if (known.State == SubscriptionState.Confirmed) return new SubscribeResult(waiting.Arn);
            SnsSubscription confirmed = known with
            {
                State = SubscriptionState.Confirmed,
                WasAuthenticated = call.IsSigned,
                AuthenticatesUnsubscribe =
                    call.IsSigned && TopicAttributes.IsTrue(request.AuthenticateOnUnsubscribe ?? ""),
            };
            BrokerError error = await Begin(call, waiting, confirmed);
            if (error == BrokerError.None) return new SubscribeResult(waiting.Arn);
            if (error != BrokerError.PreconditionFailed) return SnsErrors.Of(error);
        }

        return SnsErrors.Throttled.With("Rate exceeded");
    }

    /// <summary>What was published while nobody had confirmed is passed over. One step, and under the condition that
    /// nobody else was faster: a second confirmation must not pass over what the first one promised.</summary>
    private static async ValueTask<BrokerError> Begin(
        AwsCall call, FoundSubscription waiting, SnsSubscription confirmed)
    {
        Result<QueueChange> changed = await call.Broker.BeginSubscription(
            waiting.Name, config => confirmed.In(config) with { Paused = false },
            new Precondition([waiting.Description.ETag], MustNotExist: false));
        return changed.Error;
    }
}
