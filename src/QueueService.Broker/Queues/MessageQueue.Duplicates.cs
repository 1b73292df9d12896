using System.Buffers;
using QueueService.Broker.Messages;

namespace QueueService.Broker.Queues;

/// <summary>What was done already: messages by their deduplication keys, receives by their attempt ids.</summary>
internal sealed partial class MessageQueue
{
    private DeduplicationWindow? _duplicates;
    private ReceiveAttempts? _attempts;

    /// <summary>All that it remembers of what was sent is out of the window.</summary>
    public bool HasForgettable(long now) => _duplicates?.IsOver(now) == true;

    public bool HasDuplicates => _duplicates is { IsEmpty: false };

    public bool TryFindDuplicate(UInt128 key, ulong group, long now, out Duplicate original)
    {
        original = default;
        return _duplicates is not null && (_duplicates.TryFind(key, group, now, out original)
            || (_duplicates.ByGroup
                && _duplicates.TryFind(Scoped(key, group), Duplicate.UnknownGroup, now, out original)));
    }

    /// <summary>A key as records have it: where it counts in its group only, the same id in another group is another
    /// key. Its own inverse.</summary>
    public UInt128 Scoped(UInt128 key, ulong group) =>
        Config.DeduplicationScope == DeduplicationScope.Group ? key ^ ((UInt128)group << 64) : key;

    public int AttemptsAt(long now) => _attempts?.CountAt(now) ?? 0;

    /// <summary>The messages of this attempt that it still leases; answers false when there are none.</summary>
    /// <param name="wholeOnly">Answers false also when not all are leased until the same time.</param>
    public bool TryFindAttempt(
        UInt128 key, long now, bool wholeOnly, List<(long Position, int ReceiveCount)> leases)
    {
        leases.Clear();
        long? deadline = null;
        bool whole = true;
        if (_attempts is null || !_attempts.TryFind(key, now, out IReadOnlyList<(long, int)> all)) return false;
        foreach ((long position, int receiveCount) in all)
        {
            bool holds = _touched.TryGetValue(position, out Touched touched) && touched.IsLeased
                && touched.Deadline > now && touched.ReceiveCount == receiveCount;
            if (holds) leases.Add((position, receiveCount));
            whole &= holds && (deadline ??= touched.Deadline) == touched.Deadline;
        }

        return leases.Count > 0 && (whole || !wholeOnly);
    }

    private void RememberDuplicate(in SentTo sent, long position, long time)
    {
        ulong group = MessageFormat.GroupHash(sent.Message);
        (_duplicates ??= NewDuplicates()).Add(new Duplicate(Scoped(sent.Key, group), group, position, time));
    }

    private DeduplicationWindow NewDuplicates() =>
        new(_tally) { ByGroup = Config.DeduplicationScope == DeduplicationScope.Group };

    private void ApplyAttempted(ReadOnlySpan<byte> payload, UInt128 key, long time)
    {
        var leases = new List<(long, int)>();
        var runs = new OffsetRuns(payload, withCounts: true);
        while (runs.MoveNext())
        {
            for (long position = runs.First; position < runs.First + runs.Length; position++)
                leases.Add((position, runs.ReceiveCount));
        }

        (_attempts ??= new ReceiveAttempts()).Add(key, time, leases);
    }

    private void CaptureDuplicates(IBufferWriter<byte> output)
    {
        (_duplicates ?? new DeduplicationWindow(_tally)).Capture(output);
        (_attempts ?? new ReceiveAttempts()).Capture(output);
    }

    private void RestoreDuplicates(ref SpanReader input, ulong version)
    {
        _duplicates = NewDuplicates();
        _duplicates.Restore(ref input, withGroups: version > 1);
        if (_duplicates.IsEmpty) _duplicates = null;
        _attempts = new ReceiveAttempts();
        _attempts.Restore(ref input);
    }
}
