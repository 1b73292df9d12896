using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>The access policy of a queue, as an attribute.</summary>
internal static class Policies
{
    public const string Name = AccessPolicies.Annotation;

    /// <param name="value">Empty: the queue has no policy any more.</param>
    public static AwsError? Read(string value, out Func<QueueConfig, QueueConfig> change)
    {
        change = queue => AccessPolicies.With(queue, value);
        if (value.Length == 0 || PolicyReader.Read(value, PolicyRules.Sqs, out string? problem) is not null)
            return null;
        return SqsErrors.BadAttribute(Name, problem);
    }
}
