using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>Replaying the archive of a FIFO topic to a subscription that asks for it by its ReplayPolicy.</summary>
internal static class Replays
{
    /// <summary>Begins the replay, or ends it, when the policy is another one than before; answers why it could not.
    /// </summary>
    public static async ValueTask<AwsError?> Begin(
        AwsCall call, SubscriptionName name, QueueConfig? before, QueueConfig after)
    {
        string? former = before is null ? null : SnsSubscription.Of(before)?.ReplayPolicy;
        string? policy = SnsSubscription.Of(after)?.ReplayPolicy;
        if (policy == former) return null;
        if (policy is null)
        {
            BrokerError ended = await call.Broker.EndReplay(name);
            return ended == BrokerError.None ? null : SnsErrors.Of(ended);
        }

        ReplayRange range = ReplayRange.Read(policy, out _)!;
        Result<ReplayState> begun = await call.Broker.BeginReplay(name, new ReplayRequest(range.From, range.Until));
        if (begun.Succeeded) return null;
        return begun.Error == BrokerError.SnapshotTooLarge
            ? SnsErrors.Invalid("ReplayPolicy", "what was delivered alternates too often with what was not")
            : SnsErrors.Of(begun.Error);
    }

    /// <summary>`ReplayStatus`; null when there is no replay.</summary>
    public static async ValueTask<Reply<ReplayProgress>> Progress(AwsCall call, SubscriptionName name)
    {
        Result<ReplayState?> replay = await call.Broker.GetReplay(name);
        if (!replay.Succeeded) return SnsErrors.Of(replay.Error);
        return new ReplayProgress(
            replay.Value is not { } known ? null : known.IsCompleted ? "Completed" : "In progress");
    }
}

internal sealed record ReplayProgress(string? Status);
