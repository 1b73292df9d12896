using QueueService.Broker.Shards;

namespace QueueService.Broker.Queues;

/// <summary>
/// Decides whether messages fit into a queue that has limits, and which older ones make room for them. One decision at
/// a time: <see cref="Begin"/>, <see cref="Take"/> for each message, and in the frame that adds them
/// <see cref="Make"/>.</summary>
internal sealed class QueueRoom
{
    private readonly List<long> _victims = [];
    private MessageQueue _queue = null!;
    private IEnumerator<long>? _line;
    private bool _isLimited;
    private bool _drops;
    private long _maxMessages;
    private long _maxBytes;
    private long _messages;
    private long _bytes;
    private long _added;
    private long _addedBytes;

    /// <summary>Starts with what the queue holds now.</summary>
    public void Begin(MessageQueue queue, long now)
    {
        QueueConfig config = queue.Config;
        _queue = queue;
        _victims.Clear();
        _line = null;
        _added = _addedBytes = 0;
        _isLimited = config.MaxMessages > 0 || config.MaxBytes > 0;
        if (!_isLimited) return;
        _maxMessages = config.MaxMessages > 0 ? config.MaxMessages : long.MaxValue;
        _maxBytes = config.MaxBytes > 0 ? config.MaxBytes : long.MaxValue;
        _messages = queue.HeldCount;
        _bytes = queue.HeldBytes;
        _drops = config.Overflow == OverflowPolicy.DropOldest;
        if (!_drops) return;
        queue.Promote(now);
        _line = queue.InLine().GetEnumerator();
    }

    /// <summary>Adds one message; answers QueueFull when it does not fit, or MessageTooLarge when it never will.
    /// </summary>
    public BrokerError Take(int bytes)
    {
        if (!_isLimited) return BrokerError.None;
        if (bytes > _maxBytes) return BrokerError.MessageTooLarge;
        _messages++;
        _bytes += bytes;
        if (!Fits && !(_drops && FindVictims()))
        {
            _messages--;
            _bytes -= bytes;
            return BrokerError.QueueFull;
        }

        _added++;
        _addedBytes += bytes;
        return BrokerError.None;
    }

    /// <summary>Drops what has to go, in the open frame and before the new messages.</summary>
    public void Make(Shard shard)
    {
        if (_victims.Count == 0) return;
        int dropped = 0;
        long messages = _queue.HeldCount + _added;
        long bytes = _queue.HeldBytes + _addedBytes;
        while (dropped < _victims.Count && (messages > _maxMessages || bytes > _maxBytes))
        {
            messages--;
            bytes -= _queue.ShareOf(_victims[dropped++]);
        }

        if (dropped == 0) return;
        long[] positions = [.. _victims.Take(dropped).Order()];
        shard.Write(_queue, QueueRecord.Dropped, shard.Runs(positions));
        _victims.Clear();
    }

    private bool Fits => _messages <= _maxMessages && _bytes <= _maxBytes;

    private bool FindVictims()
    {
        while (!Fits)
        {
            // A limit that was lowered is reached in steps, as long as each send leaves less than it found.
            if (_victims.Count >= QueueConfigLimits.MaxDroppedPerSend)
                return _messages <= _queue.HeldCount && _bytes <= _queue.HeldBytes;
            if (!_line!.MoveNext()) return false;
            _victims.Add(_line.Current);
            _messages--;
            _bytes -= _queue.ShareOf(_line.Current);
        }

        return true;
    }
}
