using QueueService.Aws.Protocol;
using QueueService.Aws.Sns;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Auth;

/// <summary>Whether a topic may put messages into a queue. Asked when somebody subscribes the queue or names it for
/// dead letters, not at each delivery: copies are made by the broker, which knows no policies.</summary>
internal static class DeliveryAccess
{
    private const string Service = "sns.amazonaws.com";

    /// <summary>Refuses what a queue's policy denies the topic; and to callers of other accounts, who could reach any
    /// queue by way of a topic, also what it does not allow.</summary>
    /// <param name="queues">The broker's names; null is none.</param>
    public static async ValueTask<AwsError?> Refuse(AwsCall call, FoundTopic topic, params string?[] queues)
    {
        if (call.Host.Gate.IsOpen) return null;
        bool isOwner = call.Caller.AccountId == call.Options.AccountId;
        foreach (string? name in queues)
        {
            if (!QueueName.TryParse(name, out QueueName queue)) continue;
            Result<QueueDescription> found = await call.Broker.GetQueue(queue);
            if (!found.Succeeded) return SnsErrors.Of(found.Error);
            QueueConfig config = found.Value.Config;
            string arn = QueueAddresses.ArnOf(call.Options, QueueAddresses.NameFor(queue, config));
            AccessRequest request = AccessRequest.Of(call, arn) with
            {
                Caller = Caller.Anonymous, Action = "sqs:sendmessage", Service = Service, SourceArn = topic.Arn,
            };
            Verdict verdict = AccessPolicies.Of(config, PolicyRules.Sqs)?.Judge(request) ?? Verdict.Silent;
            if (verdict == Verdict.Allow || (isOwner && verdict == Verdict.Silent)) continue;
            return SnsErrors.AuthorizationError.With(
                $"The policy of {arn} does not let {Service} send messages of {topic.Arn} to it.");
        }

        return null;
    }
}
