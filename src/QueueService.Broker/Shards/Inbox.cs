using QueueService.Storage;

namespace QueueService.Broker.Shards;

/// <summary>
/// Where callers leave commands and the loop takes all of them at once by swapping two buffers. The loop is woken only
/// when it said that it waits for this many.
/// </summary>
internal sealed class Inbox : IDisposable
{
    /// <summary>Bounds memory when callers outrun the disk; far above what one commit takes.</summary>
    private const int MaxWaiting = 65_536;

    private readonly Lock _gate = new();
    private readonly LoopSignal _signal = new();
    private Command[] _waiting = new Command[256];
    private int _count;
    private int _wakeAt = int.MaxValue;
    private bool _closed;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a command; answers None, or why not.</summary>
    public BrokerError Add(Command command)
    {
        bool wake;
        lock (_gate)
        {
            if (_closed) return BrokerError.ShuttingDown;
            if (_count >= MaxWaiting) return BrokerError.Overloaded;
            if (_count == _waiting.Length) Array.Resize(ref _waiting, _count * 2);
            _waiting[_count++] = command;
            wake = _count >= _wakeAt;
            if (wake) _wakeAt = int.MaxValue;
        }

        if (wake) _signal.Set();
        return BrokerError.None;
    }

    /// <summary>Ends a wait of the loop for another reason than a command.</summary>
    public void Wake() => _signal.Set();

    /// <summary>Takes everything: the buffer given in is the next one to fill.</summary>
    public int Take(ref Command[] buffer)
    {
        lock (_gate)
        {
            int count = _count;
            (_waiting, buffer) = (buffer, _waiting);
            _count = 0;
            return count;
        }
    }

    /// <summary>Waits until this many commands are there, or the time is over, or somebody calls
    /// <see cref="Wake"/>. Answers how many there are.</summary>
    public int WaitFor(int count, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_count >= count) return _count;
            _wakeAt = count;
        }

        _signal.Wait(timeout);
        lock (_gate)
        {
            _wakeAt = int.MaxValue;
            return _count;
        }
    }

    /// <summary>Takes nothing more.</summary>
    public void Close()
    {
        lock (_gate) _closed = true;
        _signal.Set();
    }

    public void Dispose() => _signal.Dispose();
}
