namespace QueueService.Broker.Queues;

/// <summary>The messages of one group, as far as the read-ahead of its lane knows them. Derived: rebuilt by reading.
/// </summary>
internal sealed class MessageGroup(ulong key)
{
    public ulong Key => key;

    /// <summary>In a FIFO queue all that are still here, in order; else those that can be handed out.</summary>
    public PositionRing Members { get; } = new();

    /// <summary>Messages whose group is known to be this one.</summary>
    public int Known { get; set; }

    /// <summary>Of them, those that are leased, wait, or are to be moved away.</summary>
    public int Away { get; set; }

    public int Leased { get; set; }

    /// <summary>Members that the current receive has chosen already.</summary>
    public int Chosen { get; set; }

    /// <summary>It stands in the line of the groups that have something.</summary>
    public bool InLine { get; set; }

    /// <summary>Members that could be handed out if others of the group were not in front of them.</summary>
    public int Blocked { get; set; }

    /// <summary>Bytes that it may still hand out in its turn.</summary>
    public int Deficit { get; set; }
}
