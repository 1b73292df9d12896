namespace QueueService.Broker.Operations;

/// <summary>What a redrive is to do.</summary>
/// <param name="Target">Null: each message goes to the queue that it came from.</param>
/// <param name="Limit">Messages to move at most; null for all.</param>
/// <param name="RatePerSecond">Messages to move a second at most; null for as fast as it goes.</param>
public sealed record RedriveRequest(
    string? Target, MessageFilter Filter, long? Limit = null, int? RatePerSecond = null)
{
    /// <summary>Refused (RedriveActive) while another redrive of the queue is queued or running. Looked at when it is
    /// created, and not kept with it.</summary>
    public bool IsAlone { get; init; }
}
