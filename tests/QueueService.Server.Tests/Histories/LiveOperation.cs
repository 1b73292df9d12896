namespace QueueService.Server.Tests.Histories;

/// <summary>A request that concerns one message by its id, without a lease.</summary>
internal abstract record MessageOperation(string Queue, long InvokedAt, long AnsweredAt, int Status, string Id)
    : Operation(Queue, InvokedAt, AnsweredAt, Status)
{
    public bool MayHaveHappened => IsUnknown || Succeeded;
}

/// <param name="DueAt">The earliest time at which it can be delivered from then on.</param>
internal sealed record RescheduleOperation(
    string Queue, long InvokedAt, long AnsweredAt, int Status, string Id, long DueAt)
    : MessageOperation(Queue, InvokedAt, AnsweredAt, Status, Id);

internal sealed record CancelOperation(string Queue, long InvokedAt, long AnsweredAt, int Status, string Id)
    : MessageOperation(Queue, InvokedAt, AnsweredAt, Status, Id);

/// <summary>A pause, or its end.</summary>
internal sealed record PauseOperation(string Queue, long InvokedAt, long AnsweredAt, int Status, bool IsPause)
    : Operation(Queue, InvokedAt, AnsweredAt, Status);

/// <summary>A connection that lasted. It has no status when its client did not read it to its end: then the server may
/// have said more.</summary>
internal sealed record LiveOperation(string Queue, long InvokedAt, long AnsweredAt, int Status)
    : Operation(Queue, InvokedAt, AnsweredAt, Status)
{
    /// <summary>Messages that may be leased at once; null when nothing bounds them.</summary>
    public int? Prefetch { get; init; }

    /// <summary>Of a producer: what it was told to be stored, in the order of the results.</summary>
    public IReadOnlyList<SentItem> Sent { get; init; } = [];

    /// <summary>Lines that must not come, or not there.</summary>
    public IReadOnlyList<string> Wrong { get; init; } = [];
}
