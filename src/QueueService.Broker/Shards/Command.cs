using System.Threading.Tasks.Sources;
using QueueService.Broker.Idempotency;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Shards;

/// <summary>
/// One request on its way through the shard: executed by the loop, answered after the commit that covers it. Pooled:
/// whoever awaits the answer gives it back by that.
/// </summary>
internal abstract class Command
{
    /// <summary>The level at which the answer may leave. Set while executing.</summary>
    public Durability ReplyAfter { get; protected set; }

    /// <summary>Null for most calls.</summary>
    public IdempotencyToken? Token { get; set; }

    /// <summary>It tells what is there and changes nothing, so that it may be executed before what came with
    /// it.</summary>
    public virtual bool IsRead => false;

    /// <summary>Decides and applies. Sets the outcome, or starts to wait by answering false.</summary>
    public abstract bool Execute(Shard shard);

    /// <summary>The outcome is not to be had.</summary>
    public abstract void Refuse(BrokerError error);

    /// <summary>Hands the outcome to the caller, whose continuation runs here.</summary>
    public abstract void Complete();
}

/// <summary>A command with an outcome of this type.</summary>
internal abstract class Command<T> : Command, IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _source;
    private T _outcome = default!;

    public ValueTask<T> Answer => new(this, _source.Version);

    protected T Outcome
    {
        get => _outcome;
        set => _outcome = value;
    }

    public override void Complete() => _source.SetResult(_outcome);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    public T GetResult(short token)
    {
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            _source.Reset();
            _outcome = default!;
            Token = null;
            Recycle();
        }
    }

    /// <summary>Forgets the request and goes back to the pool.</summary>
    protected abstract void Recycle();

    /// <summary>Sets the outcome when the call is not to be executed: it was before, or its key cannot be
    /// used.</summary>
    protected bool TryReplay(Shard shard, OutcomeReader<T> read)
    {
        if (!shard.TryReplay(Token, out BrokerError error, out ReadOnlySpan<byte> outcome)) return false;
        if (error == BrokerError.None) Outcome = read(outcome);
        else Refuse(error);
        ReplyAfter = shard.Note(Durability.Fsync, wrote: false);
        return true;
    }
}

/// <summary>Makes the outcome of a repeated call from what was remembered of the first.</summary>
internal delegate T OutcomeReader<out T>(ReadOnlySpan<byte> outcome);

/// <summary>A bounded stack of idle commands of one type.</summary>
internal sealed class CommandPool<T>
    where T : class, new()
{
    private const int MaxIdle = 4_096;

    private readonly Stack<T> _idle = new();
    private readonly Lock _gate = new();

    public T Rent()
    {
        lock (_gate)
        {
            if (_idle.TryPop(out T? command)) return command;
        }

        return new T();
    }

    public void Return(T command)
    {
        lock (_gate)
        {
            if (_idle.Count < MaxIdle) _idle.Push(command);
        }
    }
}
