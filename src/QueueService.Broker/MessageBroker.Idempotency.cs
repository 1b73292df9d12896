using QueueService.Broker.Idempotency;

namespace QueueService.Broker;

/// <summary>What is remembered of keyed calls whose effect is not, or not only, a commit of the broker.</summary>
public sealed partial class MessageBroker
{
    /// <summary>What was remembered with this token; null when nothing was. Answers also IdempotencyKeyReused and
    /// IdempotencyWindowFull.</summary>
    public ValueTask<Result<byte[]?>> Recall(IdempotencyToken token) =>
        Submit<byte[]?>(token, static outcome => outcome.ToArray(), static (_, _) => default(byte[]?));

    /// <summary>Remembers an outcome in a commit of its own. Answers the one that was remembered before, if there is
    /// one: then the token is replayed. Answers also IdempotencyKeyReused and IdempotencyWindowFull.</summary>
    public ValueTask<Result<byte[]>> Remember(IdempotencyToken token, byte[] outcome) =>
        Submit<byte[]>(token, static outcome => outcome.ToArray(), (shard, command) =>
        {
            shard.Store.BeginFrame();
            shard.EndFrame(outcome);
            command.Wrote = true;
            return outcome;
        });
}
