using System.Buffers;

namespace QueueService.Storage;

/// <summary>One record of the journal, on its way into the state. The payload is valid during the call only.</summary>
/// <param name="sequence">Of the frame; rises by one per frame.</param>
/// <param name="time">Shard time of the batch, Unix milliseconds.</param>
public readonly ref struct JournalRecord(
    uint resource, byte type, ulong sequence, long time, ReadOnlySpan<byte> payload)
{
    public uint Resource { get; } = resource;

    public byte Type { get; } = type;

    public ulong Sequence { get; } = sequence;

    public long Time { get; } = time;

    public ReadOnlySpan<byte> Payload { get; } = payload;
}

/// <summary>
/// The state that is folded from the journal. Storage drives it during recovery and asks it for snapshots; it never
/// looks inside. All calls come from the thread that calls the <see cref="Store"/>.
/// </summary>
public interface IFold
{
    /// <summary>Applies one record to the one resource that it names. Must not fail, read a clock or another resource.
    /// A record of a resource that does not exist is ignored: a snapshot lacks the resources that were deleted while it
    /// was taken, and the replay still meets their last records.</summary>
    void Apply(in JournalRecord record);

    /// <summary>Puts a resource back as <see cref="Capture"/> wrote it. Its logs are opened by the fold and are already
    /// filled when this is called.</summary>
    void Restore(uint resource, ReadOnlySpan<byte> state);

    /// <summary>The lowest resource above this one; answers false when there is none.</summary>
    bool TryNextResource(long after, out uint resource);

    /// <summary>Writes the state of a resource: the same bytes for the same state.</summary>
    void Capture(uint resource, IBufferWriter<byte> output);

    /// <summary>The lowest offset at or above this one whose record is still needed; long.MaxValue when there is none.
    /// </summary>
    long NextLive(LogId log, long offset);
}
