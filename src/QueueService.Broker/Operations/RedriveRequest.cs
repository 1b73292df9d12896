namespace QueueService.Broker.Operations;

/// <summary>What a redrive is to do.</summary>
/// <param name="Target">Null: each message goes to the queue that it came from.</param>
/// <param name="Limit">Messages to move at most; null for all.</param>
/// <param name="RatePerSecond">Messages to move a second at most; null for as fast as it goes.</param>
public sealed record RedriveRequest(
    string? Target, MessageFilter Filter, long? Limit = null, int? RatePerSecond = null);
