namespace QueueService.Server.Tests.Histories;

/// <summary>All that the clients of a source queue and its dead-letter queue saw, and what follows from it for certain.
/// </summary>
internal sealed class History
{
    /// <summary>Shard time is cut to whole milliseconds and read once a turn, so it may be behind the client's clock.
    /// </summary>
    public const long Slack = 10_000;

    private readonly Dictionary<string, List<(SettleOperation Operation, int Status)>> _settled = [];
    private readonly Dictionary<string, long> _firstSent = [];
    private readonly ILookup<string, MessageOperation> _messages;

    public History(HistorySetup setup, IReadOnlyCollection<Operation> operations, HistoryEnd end)
    {
        Setup = setup;
        End = end;
        Operations = operations;
        Sends = [.. operations.OfType<SendOperation>()];
        Receives = [.. operations.OfType<ReceiveOperation>()];
        Settlements = [.. operations.OfType<SettleOperation>().OrderBy(static operation => operation.InvokedAt)];
        Seen = [.. Receives.SelectMany(
            static receive => receive.Deliveries.Select(delivery => new Seen(delivery, receive)))];
        foreach (SendOperation send in Sends.OrderBy(static send => send.InvokedAt))
        {
            foreach (SentItem item in send.Items) _firstSent.TryAdd(item.Body, send.InvokedAt);
        }

        foreach (SettleOperation operation in Settlements)
        {
            foreach ((string receipt, int status) in operation.Receipts)
            {
                if (!_settled.TryGetValue(receipt, out List<(SettleOperation, int)>? list))
                    _settled.Add(receipt, list = []);
                list.Add((operation, status));
            }
        }

        _messages = operations.OfType<MessageOperation>().ToLookup(static operation => operation.Id);
        foreach (Seen seen in Seen) seen.HeldUntil = FindHeldUntil(seen);
        MarkRepeats();
        Stays = Seen.ToLookup(static seen => (seen.Receive.Queue, seen.Delivery.Id, seen.Delivery.RedriveCount));
        ById = Seen.ToLookup(static seen => seen.Delivery.Id);
    }

    public HistorySetup Setup { get; }

    public HistoryEnd End { get; }

    public IReadOnlyCollection<Operation> Operations { get; }

    public IReadOnlyList<SendOperation> Sends { get; }

    public IReadOnlyList<ReceiveOperation> Receives { get; }

    public IReadOnlyList<SettleOperation> Settlements { get; }

    /// <summary>Every delivery.</summary>
    public IReadOnlyList<Seen> Seen { get; }

    /// <summary>The deliveries of one message in one queue, between two redrives.</summary>
    public ILookup<(string Queue, string Id, int RedriveCount), Seen> Stays { get; }

    public ILookup<string, Seen> ById { get; }

    /// <summary>No request went without an answer, so nothing happened that is not in the history.</summary>
    public bool IsComplete => !Operations.Any(static operation => operation.IsUnknown);

    /// <summary>The earliest time at which the message can have been sent: with an idempotency key, the answer of the
    /// second request may tell of the first.</summary>
    public long FirstSent(SentItem item) => _firstSent[item.Body];

    public IReadOnlyList<(SettleOperation Operation, int Status)> SettlementsOf(string receipt) =>
        _settled.GetValueOrDefault(receipt) ?? [];

    /// <summary>The message was cancelled, or may have been.</summary>
    public bool MayBeCancelled(string id) =>
        _messages[id].Any(static operation => operation is CancelOperation { MayHaveHappened: true });

    /// <summary>The message was given another time between these two, or may have been.</summary>
    public bool MayBeRescheduled(string id, long from, long until, RescheduleOperation? but = null) =>
        _messages[id].Any(operation => operation is RescheduleOperation { MayHaveHappened: true }
            && !ReferenceEquals(operation, but) && operation.AnsweredAt > from && operation.InvokedAt < until);

    /// <summary>The message was acknowledged, or may have been.</summary>
    public bool MayBeAcknowledged(Seen seen) => seen.Receive.IsAutomatic || SettlementsOf(seen.Delivery.Receipt).Any(
        static settled => settled.Operation.Kind == SettleKind.Acknowledge
            && (settled.Status == 0 || Operation.IsSuccess(settled.Status)));

    /// <summary>The first time at which it was certain that the delivery was settled in this way; null when it was not.
    /// </summary>
    public long? SettledAt(Seen seen, SettleKind kind)
    {
        if (kind == SettleKind.Acknowledge && seen.Receive.IsAutomatic) return seen.Receive.AnsweredAt;
        foreach ((SettleOperation operation, int status) in SettlementsOf(seen.Delivery.Receipt))
            if (operation.Kind == kind && Operation.IsSuccess(status)) return operation.AnsweredAt;
        return null;
    }

    /// <summary>Until when the lease held for certain: the earliest time at which it can have ended.</summary>
    private long FindHeldUntil(Seen seen)
    {
        if (seen.Receive.IsAutomatic) return 0;
        long end = seen.Receive.EndsAt;
        long until = Math.Min(
            end, seen.Receive.InvokedAt + (seen.Receive.VisibilityMilliseconds * 1000L) - Slack);
        foreach ((SettleOperation operation, int status) in SettlementsOf(seen.Delivery.Receipt))
        {
            long extended = operation.InvokedAt + ((operation.Milliseconds ?? 0) * 1000L) - Slack;
            if (status == 410 && operation.AnsweredAt < until) seen.Refused = operation;
            if (status != 0 && !Operation.IsSuccess(status)) until = Math.Min(until, operation.AnsweredAt);
            else if (operation.Kind != SettleKind.Extend) until = Math.Min(until, operation.InvokedAt);

            // A repeat of the receive, which is no settlement, may have come later.
            else if (status == 0 || seen.Receive.Attempt is not null) until = Math.Min(until, extended);
            else until = Math.Min(end, extended);
        }

        return until;
    }

    private void MarkRepeats()
    {
        foreach (IGrouping<string, Seen> attempt in Seen.Where(static seen => seen.Receive.Attempt is not null)
            .GroupBy(static seen => seen.Receive.Attempt!))
        {
            HashSet<(string Id, int RedriveCount, int ReceiveCount)> known = [];
            foreach (Seen seen in attempt.OrderBy(static seen => seen.Receive.InvokedAt))
            {
                Delivery delivery = seen.Delivery;
                seen.IsRepeat = !known.Add((delivery.Id, delivery.RedriveCount, delivery.ReceiveCount));
            }
        }
    }
}

/// <summary>A delivery, and the receive that got it.</summary>
internal sealed record Seen(Delivery Delivery, ReceiveOperation Receive)
{
    /// <summary>The lease held for certain from the answer until then.</summary>
    public long HeldUntil { get; set; }

    /// <summary>What was refused because the lease was over, while it held for certain.</summary>
    public SettleOperation? Refused { get; set; }

    /// <summary>No lease of its own: an earlier receive of the same name got the message.</summary>
    public bool IsRepeat { get; set; }

    public override string ToString() =>
        $"{Receive.Queue} {Delivery.Id} '{Delivery.Body}' #{Delivery.ReceiveCount} seq {Delivery.SequenceNumber} " +
        $"redriven {Delivery.RedriveCount} [{Receive.InvokedAt}-{Receive.AnsweredAt} held until {HeldUntil}]";
}
