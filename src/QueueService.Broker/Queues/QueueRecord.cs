namespace QueueService.Broker.Queues;

/// <summary>
/// The records of a queue: facts, never inputs to a policy. What applying a released type does never changes; a new
/// meaning is a new type. "Runs" are ranges of offsets: varint distance from the end of the run before, varint length.
/// </summary>
internal enum QueueRecord : byte
{
    /// <summary>text name, config, varint version, i64 created at.</summary>
    Created = 1,

    /// <summary>config, varint version.</summary>
    Configured = 2,

    /// <summary>Nothing.</summary>
    Deleted = 3,

    /// <summary>A message, available at once.</summary>
    Sent = 4,

    /// <summary>i64 visible at, then a message.</summary>
    SentDelayed = 5,

    /// <summary>i64 deadline, then runs, each followed by varint receive count.</summary>
    Leased = 6,

    /// <summary>Runs: handed out and acknowledged in one.</summary>
    Taken = 7,

    /// <summary>Runs.</summary>
    Acknowledged = 8,

    /// <summary>i64 visible at, then runs.</summary>
    Released = 9,

    /// <summary>i64 deadline, then runs.</summary>
    Extended = 10,

    /// <summary>Runs: deleted by id, or found damaged.</summary>
    Removed = 11,

    /// <summary>varint floor, varint epoch.</summary>
    Purged = 12,

    /// <summary>varint floor: everything below is past its retention.</summary>
    Expired = 13,

    /// <summary>varint first offset to give, varint epoch: after an unclean start of a queue whose durability is weaker
    /// than fsync.</summary>
    Restarted = 14,

    /// <summary>A message with its origin: it comes from another queue, in the same frame.</summary>
    Moved = 15,

    /// <summary>Runs: moved to the dead-letter queue, in the same frame.</summary>
    DeadLettered = 16,

    /// <summary>Runs: made room for newer messages, in the same frame.</summary>
    Dropped = 17,

    /// <summary>varint 1 when raised and 0 when cleared, text name: the state of an alarm.</summary>
    AlarmChanged = 18,
}
