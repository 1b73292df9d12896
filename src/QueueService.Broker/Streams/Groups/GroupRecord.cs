namespace QueueService.Broker.Streams.Groups;

/// <summary>
/// The records of a consumer group: facts, never inputs to a policy. Their numbers are none of
/// <see cref="Queues.QueueRecord"/>. An empty text stands for nobody.
/// </summary>
internal enum GroupRecord : byte
{
    /// <summary>text name, varint resource of the stream, config.</summary>
    Created = 128,

    /// <summary>config.</summary>
    Configured = 129,

    /// <summary>Nothing.</summary>
    Deleted = 130,

    /// <summary>text member, text instance id, varint session timeout in milliseconds: it is a member, with
    /// these.</summary>
    Joined = 131,

    /// <summary>text member: it is none any more, and what it owned is nobody's.</summary>
    Left = 132,

    /// <summary>text old member, text new member: the same instance under a new name.</summary>
    Replaced = 133,

    /// <summary>varint generation, varint partitions in all, then for each one that changes: varint partition, text
    /// owner, varint generation since, text next owner, varint generation of the revocation.</summary>
    Assigned = 134,

    /// <summary>For each partition: varint partition, varint offset.</summary>
    Committed = 135,

    /// <summary>For each partition: varint partition, varint from, varint to: these records were not kept until they
    /// were read, and the group goes on behind them.</summary>
    Missed = 136,
}
