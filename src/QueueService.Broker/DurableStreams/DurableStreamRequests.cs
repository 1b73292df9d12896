using QueueService.Broker.Streams;

namespace QueueService.Broker.DurableStreams;

/// <summary>A durable stream that is to exist.</summary>
public sealed record DurableStreamDraft(DurableStreamName Name)
{
    /// <summary>Null: that of the source, or application/octet-stream.</summary>
    public string? ContentType { get; init; }

    /// <summary>Like <see cref="ExpiresAt"/>: when neither is given, a fork takes both from its source.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>Nothing can be appended after what it is created with.</summary>
    public bool IsClosed { get; init; }

    /// <summary>Null unless it is to be a fork.</summary>
    public DurableStreamName? Source { get; init; }

    /// <summary>Null: the end of the source.</summary>
    public long? ForkOffset { get; init; }

    public long ForkSubOffset { get; init; }

    /// <summary>The source's number when the part of its record was read; null when none was.</summary>
    public uint? SourceResource { get; init; }
}

/// <summary>What an append says besides its record.</summary>
public sealed record DurableStreamAppend(DurableStreamName Name)
{
    /// <summary>Must be that of the stream; null with nothing to append.</summary>
    public string? ContentType { get; init; }

    /// <summary>Must be greater, as bytes, than that of the append before it.</summary>
    public string? Sequence { get; init; }

    /// <summary>Nothing can be appended afterwards.</summary>
    public bool Closes { get; init; }

    /// <summary>Null when retries are not to be recognised.</summary>
    public ProducerState? Producer { get; init; }
}

/// <summary>A durable stream at one moment.</summary>
/// <param name="Resource">Its number; a stream that is created later at the same path has another one.</param>
/// <param name="End">The offset of the record that is appended next.</param>
public readonly record struct DurableStreamState(uint Resource, DurableStreamConfig Config, long End, bool IsClosed);

/// <summary>The outcome of a creation.</summary>
/// <param name="Created">False: it was there, as wanted.</param>
public readonly record struct DurableStreamChange(DurableStreamState Stream, bool Created);

/// <summary>What an append did.</summary>
/// <param name="End">The offset of the record that is appended next.</param>
public readonly record struct DurableAppendOutcome(long End, bool IsClosed)
{
    /// <summary>Why nothing was appended, when more is to be said about it than the error.</summary>
    public BrokerError Refused { get; init; }

    /// <summary>The producer had sent this request before.</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>The producer's highest sequence number.</summary>
    public long Sequence { get; init; }

    /// <summary>With ProducerFenced: the epoch that is valid. With ProducerSequenceGap: the sequence that is expected.
    /// </summary>
    public long Expected { get; init; }
}
