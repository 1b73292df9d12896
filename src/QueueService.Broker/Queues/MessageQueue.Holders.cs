namespace QueueService.Broker.Queues;

/// <summary>Which live reader holds which lease. Derived from nothing that is folded, and gone after a restart.
/// </summary>
internal sealed partial class MessageQueue
{
    private Dictionary<long, LeaseHolder>? _holders;

    /// <summary>Receives of live readers that hold as many leases as they may.</summary>
    public LinkedList<ReceiveCommand> Parked { get; } = new();

    /// <summary>Of a queue view: those who are told what it misses.</summary>
    public HashSet<LeaseHolder> Readers { get; } = [];

    /// <summary>Somebody is to be told that records are gone.</summary>
    public bool HasGaps { get; set; }

    public bool HasCallers => Waiters.Count + Parked.Count > 0;

    public void Hold(long lease, LeaseHolder holder)
    {
        (_holders ??= [])[lease] = holder;
        holder.Leases.Add(lease);
    }

    private void EndHold(long lease)
    {
        if (_holders is not null && _holders.Remove(lease, out LeaseHolder? holder)) holder.End(lease);
    }
}
