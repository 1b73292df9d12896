using System.Buffers;
using QueueService.Storage;

namespace QueueService.Broker.Queues;

/// <summary>A durable stream: one lane that is read by offset, and that ends by being closed.</summary>
internal sealed partial class MessageQueue
{
    public bool IsDurable => Config.Durable is not null;

    /// <summary>Nothing is appended any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Deleted, and only kept for its forks.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>When it was read or appended to last, as far as it was written down, Unix milliseconds.</summary>
    public long TouchedAt { get; private set; }

    /// <summary>The highest Stream-Seq; empty when none was given.</summary>
    public string LastSequence { get; private set; } = "";

    /// <summary>The offset of the record that is appended next: a fork's own come after those of its source.</summary>
    public long DurableEnd => Config.Durable!.ForkOffset + Position.OffsetOf(Main.End);

    public bool HasEnded(long now) => Config.Durable is { } config
        && (config.ExpiresAt <= now || (config.TtlSeconds is { } ttl && now - TouchedAt >= ttl * 1_000 * 17 / 16));

    /// <summary>A use is written down when the one before was so long ago that it matters: a sixteenth of the time.
    /// </summary>
    public bool NeedsTouch(long now) => Config.Durable?.TtlSeconds is { } ttl && now - TouchedAt >= ttl * 1_000 / 16;

    private void ApplySequenced(ReadOnlySpan<byte> payload)
    {
        var reader = new SpanReader(payload);
        LastSequence = reader.ReadText();
    }

    private void CaptureDurable(IBufferWriter<byte> output)
    {
        Producers.Capture(output);
        output.WriteVarint((IsClosed ? 1UL : 0) | (IsRetired ? 2UL : 0));
        output.WriteVarint((ulong)TouchedAt);
        output.WriteText(LastSequence);
    }

    private void RestoreDurable(ref SpanReader input)
    {
        Producers.Restore(ref input);
        ulong flags = input.ReadVarint();
        IsClosed = (flags & 1) != 0;
        IsRetired = (flags & 2) != 0;
        TouchedAt = (long)input.ReadVarint();
        LastSequence = input.ReadText();
    }
}
