namespace QueueService.Server.Tests.Faults;

/// <summary>
/// What the users of a queue saw, and whether a queue that loses nothing, invents nothing and takes no acknowledgement
/// back could have shown it. Unknown outcomes (the connection broke before the answer) are allowed either way.
/// </summary>
/// <remarks>
/// Order is that of a logical clock which every user reads before a request and after its answer: an event is before
/// another only when its answer was there before the other's request was sent. The final drain acknowledges whatever
/// is left, so at the end every message that exists has been acknowledged at least once.
/// </remarks>
internal sealed class DeliveryLedger
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Message> _messages = [];
    private readonly List<List<string>> _batches = [];
    private readonly List<string> _violations = [];
    private long _clock;

    public int Confirmed => Count(message => message.Confirmed);

    public int Acknowledged => Count(message => message.AcknowledgedCount > 0);

    public int Redelivered => Count(message => message.Deliveries.Count > 1);

    /// <summary>The time before a request.</summary>
    public long Now() => Interlocked.Increment(ref _clock);

    /// <summary>Messages are about to be sent in one request.</summary>
    public void Sending(params IEnumerable<string> bodies)
    {
        lock (_lock)
        {
            List<string> batch = [.. bodies];
            foreach (string body in batch)
                _messages.Add(body, new Message());
            _batches.Add(batch);
        }
    }

    /// <summary>The request that sent them was answered with success.</summary>
    public void Sent(params IEnumerable<string> bodies)
    {
        lock (_lock)
        {
            foreach (string body in bodies)
                _messages[body].Confirmed = true;
        }
    }

    /// <summary>A message came in the answer to a request.</summary>
    public void Received(Delivery delivery, long requestedAt)
    {
        lock (_lock)
        {
            if (_messages.TryGetValue(delivery.Body, out Message? message))
                message.Deliveries.Add(new Seen(delivery.ReceiveCount, requestedAt, Now()));
            else
                _violations.Add($"invented: '{delivery.Body}' was never sent");
        }
    }

    /// <summary>An acknowledgement is about to be sent.</summary>
    public void Acknowledging(Delivery delivery)
    {
        lock (_lock)
            _messages[delivery.Body].AcknowledgementTried = true;
    }

    /// <summary>An acknowledgement was answered with success.</summary>
    public void AcknowledgementConfirmed(Delivery delivery)
    {
        lock (_lock)
        {
            Message message = _messages[delivery.Body];
            message.AcknowledgedCount = delivery.ReceiveCount;
            message.AcknowledgedAt = Now();
        }
    }

    /// <summary>Something that the load itself saw and that must not be.</summary>
    public void Violation(string what)
    {
        lock (_lock)
            _violations.Add(what);
    }

    /// <summary>Everything that must not have happened, after the drain; empty when all is well.</summary>
    public IReadOnlyList<string> Judge()
    {
        lock (_lock)
        {
            List<string> violations = [.. _violations];
            foreach ((string body, Message message) in _messages)
                violations.AddRange(message.Judge().Select(fault => $"{fault}: '{body}' {message}"));
            violations.AddRange(_batches
                .Where(batch => batch.Select(body => _messages[body].Deliveries.Count > 0).Distinct().Count() > 1)
                .Select(batch => "torn batch: only a part of it exists: " + string.Join(", ", batch)));
            return violations;
        }
    }

    private int Count(Func<Message, bool> condition)
    {
        lock (_lock)
            return _messages.Values.Count(condition);
    }

    private readonly record struct Seen(int ReceiveCount, long RequestedAt, long AnsweredAt);

    private sealed class Message
    {
        public bool Confirmed { get; set; }

        public bool AcknowledgementTried { get; set; }

        public int AcknowledgedCount { get; set; }

        public long AcknowledgedAt { get; set; }

        public List<Seen> Deliveries { get; } = [];

        public IEnumerable<string> Judge()
        {
            if (Confirmed && Deliveries.Count == 0)
                yield return "lost: the send was confirmed and nobody ever received it";
            else if (Confirmed && !AcknowledgementTried)
                yield return "lost: it was received, never acknowledged, and is gone";
            if (AcknowledgedCount > 0 && Deliveries.Exists(ResurrectsIt))
                yield return "resurrected: delivered again after its acknowledgement was confirmed";
            if (Deliveries.DistinctBy(seen => seen.ReceiveCount).Count() < Deliveries.Count)
                yield return "double lease: two deliveries have the same receiveCount";
            if (Deliveries.Exists(later => Deliveries.Exists(earlier => GoesBack(earlier, later))))
                yield return "receiveCount went backwards";
        }

        public override string ToString() =>
            $"[{string.Join(' ', Deliveries.Select(s => $"#{s.ReceiveCount}@{s.RequestedAt}-{s.AnsweredAt}"))}" +
            $" acknowledged #{AcknowledgedCount}@{AcknowledgedAt}]";

        // The lease of a later delivery can only begin when the earlier one has ended, and then its receipt is refused.
        private bool ResurrectsIt(Seen seen) =>
            seen.RequestedAt > AcknowledgedAt || seen.ReceiveCount > AcknowledgedCount;

        private static bool GoesBack(Seen earlier, Seen later) =>
            earlier.AnsweredAt < later.RequestedAt && earlier.ReceiveCount >= later.ReceiveCount;
    }
}
