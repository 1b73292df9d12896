using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Aws.Sns;

/// <summary>Replaying the archive of a FIFO topic to a subscription that asks for it by its ReplayPolicy.</summary>
internal static class Replays
{
    /// <summary>Begins the replay when the policy is another one than before; answers why it could not.</summary>
    public static async ValueTask<AwsError?> Begin(
        AwsCall call, SubscriptionName name, QueueConfig? before, QueueConfig after)
    {
        string? policy = SnsSubscription.Of(after)?.ReplayPolicy;
        if (policy is null || (before is not null && SnsSubscription.Of(before)?.ReplayPolicy == policy)) return null;
        ReplayRange range = ReplayRange.Read(policy, out _)!;
        Result<Durability> moved = await call.Broker.Seek(name, range.From);
        return moved.Succeeded ? null : SnsErrors.Of(moved.Error);
    }
}
