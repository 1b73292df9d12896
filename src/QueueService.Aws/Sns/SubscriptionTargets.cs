using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>What a subscription of the broker is for an endpoint of SNS.</summary>
internal sealed class SubscriptionTargets(AwsCall call, FoundTopic topic)
{
    /// <summary>A definition without attributes, or why there cannot be one.</summary>
    public async ValueTask<Reply<QueueConfig>> Of(string protocol, string endpoint) =>
        protocol == "sqs" ? OfQueue(endpoint) : await OfUrl(protocol, endpoint);

    private Reply<QueueConfig> OfQueue(string arn)
    {
        if (QueueAddresses.NameOf(call.Options, arn) is not { } name ||
            !QueueAddresses.TryResolve(call.Host, name, out QueueAddress queue))
            return SnsErrors.Invalid("SQS endpoint ARN");
        if (call.Broker.Peek(queue.Queue) is not { } config) return SnsErrors.Of(BrokerError.TargetQueueNotFound);
        if (config.Type == QueueType.Fifo && !topic.IsFifo)
        {
            return SnsErrors.Invalid(
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics");
        }

        return Define(SubscriptionTarget.Queue, queue.Queue.Value);
    }

    private async ValueTask<Reply<QueueConfig>> OfUrl(string protocol, string url)
    {
        if (topic.IsFifo) return SnsErrors.Invalid("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue");
        if (!url.StartsWith(protocol + "://", StringComparison.OrdinalIgnoreCase))
            return SnsErrors.Invalid("Endpoint must match the specified protocol");
        if (await call.Host.Sns.Endpoints.Refuse(url, call.Http.RequestAborted) is { } refused)
            return SnsErrors.Invalid("Endpoint", refused);

        // Nothing is delivered until its owner wants it.
        QueueConfig config = Define(SubscriptionTarget.Webhook, call.Host.Sns.Endpoints.TargetOf(url));
        return config with { Paused = true };
    }

    /// <summary>A FIFO topic keeps its order.</summary>
    private QueueConfig Define(SubscriptionTarget target, string destination) => new()
    {
        Type = topic.Config.Type,
        Subscription = new SubscriptionConfig { Target = target, Destination = destination },
    };
}
