namespace QueueService.Server.Webhooks;

/// <summary>Bounds the attempts of all endpoints together, by number and by the bytes of their bodies. Turns are given
/// in the order of asking; an endpoint asks for one at a time, so that no endpoint waits longer than one round of the
/// others. Thread-safe.</summary>
internal sealed class AttemptTurns(int attempts, long bytes)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private int _free = attempts;
    private long _freeBytes = bytes;

    /// <summary>Waits for a turn; to be followed by <see cref="Leave"/>.</summary>
    public async ValueTask Enter(CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource> node;
        lock (_gate)
        {
            if (_waiting.Count == 0 && TryTake()) return;
            node = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(_ => GiveUp(node, cancellationToken), null);
#pragma warning disable VSTHRD003 // It is ended by whoever leaves, on another thread.
        await node.Value.Task;
#pragma warning restore VSTHRD003
    }

    /// <summary>Says how large the body is: only then is it known. The next turn is given when there is room again.
    /// </summary>
    public void Charge(int size)
    {
        lock (_gate) _freeBytes -= size;
    }

    /// <param name="size">As it was charged.</param>
    public void Leave(int size)
    {
        lock (_gate)
        {
            _free++;
            _freeBytes += size;
            while (_waiting.First is { } first && TryTake())
            {
                _waiting.RemoveFirst();
                first.Value.SetResult();
            }
        }
    }

    private bool TryTake()
    {
        if (_free == 0 || _freeBytes <= 0) return false;
        _free--;
        return true;
    }

    private void GiveUp(LinkedListNode<TaskCompletionSource> node, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (node.List is null) return;
            _waiting.Remove(node);
        }

        node.Value.SetCanceled(cancellationToken);
    }
}
