namespace QueueService.Broker.Queues;

/// <summary>
/// The records of a queue: facts, never inputs to a policy. What applying a released type does never changes; a new
/// meaning is a new type. "Runs" are ranges of positions: varint distance from the end of the run before, varint
/// length.</summary>
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

    /// <summary>varint epoch, then a varint floor (a position) per lane.</summary>
    Purged = 12,

    /// <summary>varint floor (a position): everything below in its lane is past its retention.</summary>
    Expired = 13,

    /// <summary>varint first offset to give, varint epoch: after an unclean start of a queue whose durability is weaker
    /// than fsync.</summary>
    Restarted = 14,

    /// <summary>A message with its lane, and what was decided about it: see <see cref="Queues.SentTo"/>.</summary>
    SentTo = 15,

    /// <summary>Runs: moved to the dead-letter queue, in the same frame.</summary>
    DeadLettered = 16,

    /// <summary>16 bytes of the receive attempt's key, then as <see cref="Leased"/>.</summary>
    LeasedByAttempt = 17,

    /// <summary>Nothing: the deduplication window is over, and nothing else happens here that would say so.</summary>
    Forgotten = 18,

    /// <summary>Runs: their time to live is over.</summary>
    TtlEnded = 19,

    /// <summary>Runs: their time to live is over, and they go to the dead-letter queue.</summary>
    Expiring = 20,

    /// <summary>i64 visible at, then runs.</summary>
    Rescheduled = 21,

    /// <summary>Runs: made room for newer messages, in the same frame.</summary>
    Dropped = 22,

    /// <summary>varint 1 when raised and 0 when cleared, text name: the state of an alarm.</summary>
    AlarmChanged = 23,

    /// <summary>varint epoch, then a varint position per lane: the subscription starts there, in the lanes not named at
    /// their beginning.</summary>
    Positioned = 24,

    /// <summary>Runs: not for this subscription, or lost from the topic's log.</summary>
    Skipped = 25,

    /// <summary>varint floor (a position): the topic does not keep what is below in its lane any more.</summary>
    Missed = 26,

    /// <summary>An attempt to deliver a message: see <see cref="Topics.DeliveryRecord"/>.</summary>
    Attempted = 27,

    /// <summary>Runs: given up after the last attempt.</summary>
    Abandoned = 28,

    /// <summary>text reason; empty when the subscription is enabled again.</summary>
    Disabled = 29,

    /// <summary>varint since when every attempt fails; 0 when one succeeded.</summary>
    Failing = 30,

    /// <summary>Runs: ended messages that are delivered again.</summary>
    Revived = 31,

    /// <summary>varint offset: attempts below it are forgotten.</summary>
    AttemptsForgotten = 32,

    /// <summary>varint partition, varint count, then for each record of a stream: varint bytes, the record.</summary>
    Appended = 33,

    /// <summary>What a producer of a stream has appended, in the frame that does it: see
    /// <see cref="Streams.ProducerTable"/>.</summary>
    Produced = 34,

    /// <summary>varint time: producers that were last seen before it are forgotten.</summary>
    ProducersForgotten = 35,

    /// <summary>Nothing: every deduplication key of the queue is forgotten before its time.</summary>
    DuplicatesForgotten = 36,

    /// <summary>varint from, varint until + 1 or 0, varint ranges, then for each a varint first position and a varint
    /// position behind the last: what the cursor that was set in the same frame delivers again.</summary>
    ReplayBegun = 37,

    /// <summary>text name, varint when it expires, varint 1 when the subscription has a filter and 0 when not, then
    /// places: see <see cref="Topics.KeptCursor"/>.</summary>
    SnapshotTaken = 40,

    /// <summary>text name.</summary>
    SnapshotForgotten = 41,

    /// <summary>Nothing: a durable stream was read.</summary>
    Touched = 48,

    /// <summary>Nothing: nothing more is appended to the durable stream.</summary>
    Closed = 49,

    /// <summary>text: the Stream-Seq of the append in the same frame.</summary>
    Sequenced = 50,

    /// <summary>Nothing: the durable stream was deleted, and is kept for its forks.</summary>
    Retired = 51,
}
