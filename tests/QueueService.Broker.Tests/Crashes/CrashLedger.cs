using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Crashes;

/// <summary>
/// What callers were told, and what they only asked for: the whole truth about a queue that outlives crashes lies
/// between the two. Knows nothing of how a broker works.
/// </summary>
internal sealed class CrashLedger
{
    private readonly Dictionary<string, MessageId> _sent = [];
    private readonly HashSet<string> _gone = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly List<IReadOnlyList<string>> _askedToSend = [];
    private readonly List<string> _askedToEnd = [];
    private int _askedToTake;

    /// <summary>Answered sends that were checked against a restart, over all lives.</summary>
    public int Checked { get; private set; }

    public void AskSend(IReadOnlyList<string> bodies) => _askedToSend.Add(bodies);

    public void Sent(IReadOnlyList<string> bodies, SendOutcome outcome)
    {
        _askedToSend.Remove(bodies);
        for (int i = 0; i < bodies.Count; i++) _sent.Add(bodies[i], outcome.IdAt(i));
    }

    /// <summary>A receive that acknowledges up to this many messages is under way, or was answered.</summary>
    public void AskTake(int max) => _askedToTake += max;

    public void Took(int max) => _askedToTake -= max;

    public void AskEnd(string body) => _askedToEnd.Add(body);

    /// <summary>The answer is here, whatever it is.</summary>
    public void Answered(string body) => _askedToEnd.Remove(body);

    /// <summary>Acknowledged or deleted, and the caller knows it.</summary>
    public void Ended(string body) => _gone.Add(body);

    public void Received(Received message)
    {
        Require(!_gone.Contains(message.Body), $"{message} was delivered after it was acknowledged");
        Require(message.ReceiveCount > _counts.GetValueOrDefault(message.Body), $"the receive count of {message} fell");
        _counts[message.Body] = message.ReceiveCount;
    }

    /// <summary>Compares with all that is there after a restart, and takes what was open for decided.</summary>
    public void Settle(IReadOnlyList<Received> present)
    {
        Dictionary<string, Received> byBody = present.ToDictionary(static message => message.Body);
        foreach (IReadOnlyList<string> batch in _askedToSend)
        {
            List<Received> arrived = [.. batch.Where(byBody.ContainsKey).Select(body => byBody[body])];
            Require(arrived.Count == 0 || arrived.Count == batch.Count || _askedToTake > 0, $"half of a batch arrived: {string.Join(", ", batch)}");
            foreach (Received message in arrived) _sent.Add(message.Body, message.Id);
            if (arrived.Count > 0) _gone.UnionWith(batch.Where(body => !byBody.ContainsKey(body)));
        }

        foreach ((string body, MessageId id) in _sent)
        {
            bool isThere = byBody.Remove(body, out Received? message);
            Checked++;
            if (isThere)
            {
                Require(!_gone.Contains(body), $"{message} is back");
                Require(message!.Id == id, $"{message} had the id {id}");
                Require(message.ReceiveCount >= _counts.GetValueOrDefault(body), $"the receive count of {message} fell");
            }
            else
            {
                if (!_gone.Add(body) || _askedToEnd.Contains(body)) continue;
                Require(_askedToTake-- > 0, $"{body} is lost");
            }
        }

        Require(byBody.Count == 0, $"{byBody.Values.FirstOrDefault()} was invented");
        _askedToSend.Clear();
        _askedToEnd.Clear();
        _askedToTake = 0;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds) throw new LedgerException(what);
    }
}

/// <summary>A promise was broken.</summary>
internal sealed class LedgerException(string message) : Exception(message);
