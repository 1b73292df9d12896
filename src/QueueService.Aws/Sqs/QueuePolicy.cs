using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>Changes the policy of a queue statement by statement.</summary>
internal static class QueuePolicy
{
    private const int MaxLabelLength = 80;

    /// <summary>Times that a change is tried when others change the queue meanwhile.</summary>
    private const int MaxTries = 10;

    public static AwsError? CheckLabel(string? label)
    {
        if (string.IsNullOrEmpty(label)) return ProtocolErrors.Missing("Label");
        bool isLabel = label.Length <= MaxLabelLength
            && label.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-');
        return isLabel ? null : ProtocolErrors.Invalid(
            "Label", label,
            $"Can only include alphanumeric characters, hyphens, or underscores. 1 to {MaxLabelLength} in length");
    }

    /// <param name="change">From the document, null when there is none, to the next, empty when it goes.</param>
    public static async ValueTask<Reply<Nothing>> Change(AwsCall call, Func<string?, Reply<string>> change)
    {
        for (int tries = 0; tries < MaxTries; tries++)
        {
            Result<QueueDescription> queue = await call.Broker.GetQueue(call.Queue.Queue);
            if (!queue.Succeeded) return SqsErrors.Of(call.Host, queue.Error);
            Reply<string> policy = change(AccessPolicies.TextOf(queue.Value.Config));
            if (policy.Error is { } refused) return refused;
            Result<QueueChange> changed = await call.Broker.PatchQueue(
                call.Queue.Queue, config => AccessPolicies.With(config, policy.Value!),
                new Precondition([queue.Value.ETag], MustNotExist: false));
            if (changed.Succeeded) return Nothing.Said;
            if (changed.Error != BrokerError.PreconditionFailed) return SqsErrors.Of(call.Host, changed.Error);
        }

        return SqsErrors.RequestThrottled.With("Others change the queue all the time. Try again.");
    }
}
