using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;

namespace QueueService.Broker.Tests.Crashes;

/// <summary>A message as its sender made it.</summary>
/// <param name="Ttl">Milliseconds; null without.</param>
internal sealed record LedgerMessage(string Body, string? Group, int Priority, long? Ttl);

/// <summary>
/// What callers were told, and what they only asked for: the whole truth about a queue, and the one that its dead
/// letters go to, that outlive crashes lies between the two. Knows nothing of how a broker works.
/// </summary>
internal sealed class CrashLedger(bool keepsExpired)
{
    public const string Jobs = "jobs";
    public const string Dead = "dead";

    private readonly Dictionary<string, (LedgerMessage Message, MessageId Id, long SentAt)> _sent = [];
    private readonly HashSet<string> _gone = [];
    private readonly HashSet<string> _dead = [];
    private readonly Dictionary<(string Queue, string Body), int> _counts = [];
    private readonly List<IReadOnlyList<LedgerMessage>> _askedToSend = [];
    private readonly List<string> _askedToEnd = [];
    private readonly List<string> _askedToMove = [];
    private int _askedToTake;

    /// <summary>Answered sends that were checked against a restart, over all lives.</summary>
    public int Checked { get; private set; }

    /// <summary>Of them, those that were found among the dead letters.</summary>
    public int Buried { get; private set; }

    public void AskSend(IReadOnlyList<LedgerMessage> messages) => _askedToSend.Add(messages);

    public void Sent(IReadOnlyList<LedgerMessage> messages, SendOutcome outcome)
    {
        _askedToSend.Remove(messages);
        for (int i = 0; i < messages.Count; i++)
            _sent.Add(messages[i].Body, (messages[i], outcome.IdAt(i), outcome.SentAt));
    }

    /// <summary>A receive that acknowledges up to this many messages is under way, or was answered.</summary>
    public void AskTake(int max) => _askedToTake += max;

    public void Took(int max) => _askedToTake -= max;

    public bool IsTaking => _askedToTake > 0;

    public void AskEnd(string body) => _askedToEnd.Add(body);

    /// <summary>A move to the dead letters is under way.</summary>
    public void AskMove(string body) => _askedToMove.Add(body);

    /// <summary>The answer is here, whatever it is.</summary>
    public void Answered(string body)
    {
        if (!_askedToEnd.Remove(body)) _askedToMove.Remove(body);
    }

    /// <summary>Acknowledged or deleted, and the caller knows it.</summary>
    public void Ended(string body) => _gone.Add(body);

    /// <summary>Moved to the dead letters, and the caller knows it.</summary>
    public void Moved(string body) => _dead.Add(body);

    public void Received(string queue, Seen message, long now)
    {
        Require(!_gone.Contains(message.Body), $"{message} was delivered after it was acknowledged");
        Require(queue == Dead || !_dead.Contains(message.Body), $"{message} is back from the dead letters");
        int count = _counts.GetValueOrDefault((queue, message.Body));
        Require(message.ReceiveCount > count, $"the receive count of {message} fell");
        _counts[(queue, message.Body)] = message.ReceiveCount;
        if (queue == Dead) _dead.Add(message.Body);
        if (!_sent.TryGetValue(message.Body, out var sent)) return;
        Require(
            queue == Dead || sent.Message.Ttl is not { } ttl || sent.SentAt + ttl > now,
            $"{message} came after its time");
    }

    /// <summary>Nothing that was sent before it to its group is still there to be processed.</summary>
    public bool IsFirst(Seen message, Func<string, bool> isWithIt, long now) => IsTaking || _sent.Values.All(earlier =>
        earlier.Message.Group != message.Group || earlier.Id.SequenceNumber >= message.Id.SequenceNumber
        || isWithIt(earlier.Message.Body) || MayBeElsewhere(earlier.Message.Body, now));

    /// <summary>Compares with all that is there after a restart, and takes what was open for decided.</summary>
    public void Settle(IReadOnlyList<Seen> jobs, IReadOnlyList<Seen> dead, long now)
    {
        Dictionary<string, (string Queue, Seen Message)> present = [];
        foreach (Seen message in jobs)
            Require(present.TryAdd(message.Body, (Jobs, message)), $"{message} is there twice");
        foreach (Seen message in dead)
            Require(present.TryAdd(message.Body, (Dead, message)), $"{message} is there twice");
        SettleSends(present);
        foreach ((string body, (LedgerMessage sent, MessageId id, _)) in _sent)
        {
            bool isThere = present.Remove(body, out (string Queue, Seen Message) found);
            Checked++;
            if (isThere) SettlePresent(sent, id, found.Queue, found.Message);
            else if (_gone.Add(body) && !_askedToEnd.Contains(body) && !HasExpired(body, now))
                Require(_askedToTake-- > 0, $"{body} is lost");
        }

        Require(present.Count == 0, $"{present.Values.FirstOrDefault()} was invented");
        _askedToSend.Clear();
        _askedToEnd.Clear();
        _askedToMove.Clear();
        _askedToTake = 0;
    }

    private void SettleSends(Dictionary<string, (string Queue, Seen Message)> present)
    {
        foreach (IReadOnlyList<LedgerMessage> batch in _askedToSend)
        {
            List<LedgerMessage> arrived = [.. batch.Where(message => present.ContainsKey(message.Body))];
            Require(arrived.Count == 0 || arrived.Count == batch.Count || _askedToTake > 0,
                $"half of a batch arrived: {string.Join(", ", batch)}");
            foreach (LedgerMessage message in arrived)
                _sent.Add(
                    message.Body, (message, present[message.Body].Message.Id, present[message.Body].Message.SentAt));
            if (arrived.Count > 0)
                _gone.UnionWith(batch.Select(static message => message.Body).Where(body => !present.ContainsKey(body)));
        }
    }

    private void SettlePresent(LedgerMessage sent, MessageId id, string queue, Seen found)
    {
        Require(!_gone.Contains(sent.Body), $"{found} is back");
        Require(found.Id == id, $"{found} had the id {id}");
        Require(found.Group == sent.Group, $"{found} had the group {sent.Group}");
        Require(found.Priority == sent.Priority, $"{found} had the priority {sent.Priority}");
        Require(queue == Dead || !_dead.Contains(sent.Body), $"{found} is back from the dead letters");
        int count = _counts.GetValueOrDefault((queue, sent.Body));
        Require(found.ReceiveCount >= count, $"the receive count of {found} fell");

        // Receives that were not answered count as well.
        _counts[(queue, sent.Body)] = found.ReceiveCount;
        if (queue != Dead) return;
        _dead.Add(sent.Body);
        Buried++;
    }

    /// <summary>It is done with or buried, or on its way: perhaps.</summary>
    private bool MayBeElsewhere(string body, long now) =>
        _gone.Contains(body) || _dead.Contains(body) || _askedToEnd.Contains(body) || _askedToMove.Contains(body)
        || _counts.GetValueOrDefault((Jobs, body)) >= CrashLife.MaxReceiveCount
        || (_sent[body] is { Message.Ttl: { } ttl, SentAt: var sentAt } && sentAt + ttl <= now);

    private bool HasExpired(string body, long now) =>
        !keepsExpired && !_dead.Contains(body)
        && _sent[body] is { Message.Ttl: { } ttl, SentAt: var sentAt } && sentAt + ttl <= now;

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new LedgerException(what);
    }
}

/// <summary>A promise was broken.</summary>
internal sealed class LedgerException(string message) : Exception(message);
