using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;
using QueueService.Broker.Shards;

namespace QueueService.Broker;

/// <summary>How calls become commands.</summary>
public sealed partial class MessageBroker
{
    private ValueTask<T> Submit<T>(Command<T> command)
    {
        ValueTask<T> answer = command.Answer;
        BrokerError error = _inbox.Add(command);
        if (error == BrokerError.None) return answer;
        command.Refuse(_loop.Failure is null ? error : BrokerError.StorageFailed);
        command.Complete();
        return answer;
    }

    private ValueTask<Result<T>> Submit<T>(Func<Shard, PlainCommand<Result<T>>, Result<T>> execute) =>
        Submit(new PlainCommand<Result<T>>(execute, static error => error));

    private ValueTask<BrokerError> Submit(Func<Shard, PlainCommand<BrokerError>, BrokerError> execute) =>
        Submit(new PlainCommand<BrokerError>(execute, static error => error));

    /// <summary>Tells what is there: it does not wait for a commit.</summary>
    private ValueTask<Result<T>> Query<T>(Func<Shard, Result<T>> read) =>
        Submit(new PlainCommand<Result<T>>((shard, _) => read(shard), static error => error) { TellsOnly = true });

    /// <summary>A call that can be made safe to repeat.</summary>
    private ValueTask<Result<T>> Submit<T>(
        IdempotencyToken? token, OutcomeReader<T> replay,
        Func<Shard, PlainCommand<Result<T>>, Result<T>> execute) =>
        Submit(new PlainCommand<Result<T>>(execute, static error => error)
        {
            Token = token, Replay = outcome => replay(outcome),
        });

    private ValueTask<T> Ask<T>(Func<Shard, PlainCommand<T>, T> execute, T otherwise = default!) =>
        Submit(new PlainCommand<T>(execute, _ => otherwise));

    private async ValueTask<Result<ReceivedMessages>> ReceiveCancellable(
        ReceiveCommand command, CancellationToken cancellation)
    {
        long generation = command.Generation;
        ValueTask<Result<ReceivedMessages>> answer = Submit(command);
        if (answer.IsCompleted) return await answer;
        await using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static state =>
            {
                (MessageBroker broker, ReceiveCommand command, long generation) =
                    ((MessageBroker, ReceiveCommand, long))state!;
                _ = broker.Ask<bool>((shard, _) =>
                {
                    shard.CancelWait(command, generation);
                    return true;
                });
            },
            (this, command, generation));
        return await answer;
    }
}
