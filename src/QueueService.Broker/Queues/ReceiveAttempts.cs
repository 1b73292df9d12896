using System.Buffers;

namespace QueueService.Broker.Queues;

/// <summary>
/// Receives that were given an id by their caller: who asks again within five minutes, because the answer got lost, is
/// given the same messages again.
/// </summary>
internal sealed class ReceiveAttempts
{
    /// <summary>As in SQS.</summary>
    public const long Milliseconds = 300_000;

    private readonly Dictionary<UInt128, Attempt> _attempts = [];
    private readonly Queue<(UInt128 Key, long Time)> _byTime = new();

    /// <summary>Attempts that still count at this time.</summary>
    public int CountAt(long now)
    {
        int over = 0;
        foreach ((_, long time) in _byTime)
        {
            if (time > now - Milliseconds) break;
            over++;
        }

        return _byTime.Count - over;
    }

    public bool TryFind(UInt128 key, long now, out IReadOnlyList<(long Position, int ReceiveCount)> leases)
    {
        leases = [];
        if (!_attempts.TryGetValue(key, out Attempt? attempt) || attempt.Time <= now - Milliseconds) return false;
        leases = attempt.Leases;
        return true;
    }

    public void Add(UInt128 key, long time, List<(long Position, int ReceiveCount)> leases)
    {
        Forget(time);
        _attempts[key] = new Attempt(time, leases);
        _byTime.Enqueue((key, time));
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)_byTime.Count);
        foreach ((UInt128 key, long time) in _byTime)
        {
            output.WriteFixed((ulong)key);
            output.WriteFixed((ulong)(key >> 64));
            output.WriteVarint((ulong)time);

            // One that was used again stands in line twice: the messages belong to its last use.
            List<(long Position, int ReceiveCount)> leases =
                _attempts.TryGetValue(key, out Attempt? attempt) && attempt.Time == time ? attempt.Leases : [];
            output.WriteVarint((ulong)leases.Count);
            foreach ((long position, int receiveCount) in leases)
            {
                output.WriteVarint((ulong)position);
                output.WriteVarint((ulong)receiveCount);
            }
        }
    }

    public void Restore(ref SpanReader input)
    {
        for (ulong count = input.ReadVarint(); count > 0; count--)
        {
            ulong low = input.ReadFixed();
            var key = new UInt128(input.ReadFixed(), low);
            long time = (long)input.ReadVarint();
            var leases = new List<(long, int)>();
            for (ulong left = input.ReadVarint(); left > 0; left--)
                leases.Add(((long)input.ReadVarint(), (int)input.ReadVarint()));
            _attempts[key] = new Attempt(time, leases);
            _byTime.Enqueue((key, time));
        }
    }

    private void Forget(long now)
    {
        while (_byTime.TryPeek(out (UInt128 Key, long Time) first) && first.Time <= now - Milliseconds)
        {
            _byTime.Dequeue();
            if (_attempts.TryGetValue(first.Key, out Attempt? attempt) && attempt.Time == first.Time)
                _attempts.Remove(first.Key);
        }
    }

    private sealed record Attempt(long Time, List<(long Position, int ReceiveCount)> Leases);
}
