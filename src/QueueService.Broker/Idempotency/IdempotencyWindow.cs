using System.Buffers;
using QueueService.Storage;

namespace QueueService.Broker.Idempotency;

/// <summary>The records of a generation.</summary>
internal enum IdempotencyRecord : byte
{
    /// <summary>16 bytes of key, 16 of fingerprint, the outcome: in the frame of the effect.</summary>
    Done = 1,

    /// <summary>Nothing: the generation is past the window.</summary>
    Dropped = 2,
}

/// <summary>
/// The keyed calls of the last 24 hours. Nothing is forgotten early: when as many are remembered as may be, a new key
/// is refused.
/// </summary>
internal sealed class IdempotencyWindow
{
    /// <summary>24 hours.</summary>
    public const long Milliseconds = 24 * HourMilliseconds;

    /// <summary>Resources from here on are generations; queues are numbered from 1.</summary>
    public const uint FirstResource = 0xFFFF_0000;

    /// <summary>Of all outcomes: that of a batch of 1,000 messages with groups takes 10 KB.</summary>
    private const long MaxBytes = 256L << 20;

    /// <summary>Resource numbers for generations: used again after seven years.</summary>
    private const uint Generations = 0xFF00;

    private const long HourMilliseconds = 3_600_000;

    private readonly SortedDictionary<uint, IdempotencyGeneration> _generations = [];

    public long Count => _generations.Values.Sum(static generation => (long)generation.Count);

    public static bool IsGeneration(uint resource) =>
        resource is >= FirstResource and < FirstResource + Generations;

    /// <summary>The resource of calls that are made at this time.</summary>
    public static uint ResourceAt(long time) => FirstResource + (uint)(time / HourMilliseconds % Generations);

    public bool IsFull(int max) =>
        Count >= max || _generations.Values.Sum(static generation => (long)generation.Bytes) >= MaxBytes;

    public bool TryFind(UInt128 key, long now, out UInt128 fingerprint, out ReadOnlySpan<byte> outcome)
    {
        foreach (IdempotencyGeneration generation in _generations.Values)
        {
            if (generation.TryFind(key, out fingerprint, out long time, out outcome) && time > now - Milliseconds)
                return true;
        }

        fingerprint = default;
        outcome = default;
        return false;
    }

    /// <summary>A generation that is past the window.</summary>
    public bool TryFindOver(long now, out uint resource)
    {
        foreach ((uint number, IdempotencyGeneration generation) in _generations)
        {
            resource = number;
            if (generation.LastTime <= now - Milliseconds) return true;
        }

        resource = 0;
        return false;
    }

    /// <summary>Answers whether the generation is still there.</summary>
    public bool Apply(in JournalRecord record)
    {
        if ((IdempotencyRecord)record.Type == IdempotencyRecord.Dropped)
        {
            _generations.Remove(record.Resource);
            return false;
        }

        Open(record.Resource).Add(record.Payload, record.Time);
        return true;
    }

    public void Restore(uint resource, ref SpanReader input) => Open(resource).Restore(ref input);

    public void Capture(uint resource, IBufferWriter<byte> output) => _generations[resource].Capture(output);

    private IdempotencyGeneration Open(uint resource)
    {
        if (!_generations.TryGetValue(resource, out IdempotencyGeneration? generation))
            _generations.Add(resource, generation = new IdempotencyGeneration());
        return generation;
    }
}
