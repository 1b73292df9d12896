using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Streams.Groups;

/// <summary>
/// A group under random joins, polls, leaves, silence, crashes and growth, and what must hold meanwhile. A member holds
/// what its last answer assigned or revoked. It gives up by a poll for records, or by naming a generation in which it
/// knew of the revocation; one that is silent for its session timeout knows by its own clock that it has lost all.
/// </summary>
internal sealed class GroupTurmoil(ulong seed) : IDisposable
{
    private const int SessionSeconds = 10;

    private readonly GroupFixture _group = new(partitions: 3);
    private readonly SeededRandom _random = new(seed);
    private readonly SortedDictionary<string, Client> _clients = new(StringComparer.Ordinal);
    private readonly Dictionary<int, long> _committed = [];
    private readonly List<(long Generation, string Member, int Partition)> _past = [];
    private int _partitions = 3;
    private int _names;

    public int Assignments { get; private set; }

    public int RefusedCommits { get; private set; }

    public void Dispose() => _group.Dispose();

    public void Run(int steps)
    {
        _group.Put(new GroupConfig
        {
            SessionTimeoutSeconds = SessionSeconds,
            Assignor = _random.Chance(1, 4) ? GroupAssignor.Range : GroupAssignor.StickyCooperative,
        });
        for (int step = 0; step < steps; step++) Step();
        Settle();
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case 0 or 1 when _clients.Count < 7:
                string name = $"m{_names++}";
                _clients.Add(name, new Client(name));
                Poll(_clients[name]);
                break;
            case 2 when _clients.Count > 0:
                Client leaver = Some();
                _group.Leave(leaver.Name);
                _clients.Remove(leaver.Name);
                break;
            case 3:
                Pass(TimeSpan.FromSeconds(_random.Next(8)));
                break;
            case 4 when _clients.Count > 0:
                Some().IsSilent ^= true;
                break;
            case 5 when _random.Chance(1, 2):
                Restart();
                break;
            case 6 when _partitions < 12 && _random.Chance(1, 2):
                _group.Grow(++_partitions);
                break;
            case 7 or 8:
                _group.Append(_random.Next(_partitions), "x", "y");
                break;
            case 9 or 10 when _past.Count > 0:
                CommitOfThePast();
                break;
            default:
                if (_clients.Count > 0 && Some() is { IsSilent: false } client) Poll(client);
                break;
        }
    }

    private Client Some() => _clients.Values.ElementAt(_random.Next(_clients.Count));

    private void Poll(Client client)
    {
        bool heartbeat = _random.Chance(1, 5);
        var request = new PollRequest(client.Name, heartbeat ? 0 : 10)
        {
            Generation = client.Generation > 0 && _random.Chance(1, 2) ? client.Told(heartbeat) : null,
            AutoCommit = !heartbeat && _random.Chance(1, 2),
        };
        Polled polled = _group.Poll(request);
        foreach (int partition in client.Held.Except(polled.Assignment).Except(polled.Revoked))
        {
            bool mayGo = request.Generation is null ? !heartbeat : !client.Assigned.Contains(partition);
            Assert.True(mayGo, $"Seed {seed}: {client.Name} lost {partition} before it knew, in {polled.Generation}.");
        }

        foreach (int partition in polled.Assignment)
        {
            foreach (Client other in _clients.Values)
            {
                Assert.False(
                    other != client && other.Held.Contains(partition),
                    $"Seed {seed}: {client.Name} got {partition} that {other.Name} holds, in {polled.Generation}.");
            }

            _past.Add((polled.Generation, client.Name, partition));
            Assignments++;
        }

        client.Held = [.. polled.Assignment, .. polled.Revoked];
        client.LastCall = _group.Harness.Time.GetUtcNow();
        if (request.AutoCommit) foreach ((int partition, long next) in polled.NextOffsets) _committed[partition] = next;

        // An answer may be lost on its way.
        if (_random.Chance(1, 10)) return;
        Assert.True(polled.Generation >= client.Generation);
        (client.Generation, client.Assigned) = (polled.Generation, [.. polled.Assignment]);
        client.Revoked = [.. polled.Revoked];
    }

    /// <summary>Somebody commits in the name of a generation in which it owned the partition.</summary>
    private void CommitOfThePast()
    {
        (long generation, string member, int partition) = _past[_random.Next(_past.Count)];
        long end = _group.Stream.Partitions()[partition].EndOffset;
        GroupPartition before = _group.Describe().Partitions[partition];
        BrokerError error = _group.Commit(member, generation, (partition, end));
        if (before.Owner != member)
        {
            Assert.Equal(BrokerError.StaleGeneration, error);
            RefusedCommits++;
        }
        else if (error == BrokerError.None)
        {
            _committed[partition] = end;
            if (_clients.TryGetValue(member, out Client? client)) client.LastCall = _group.Harness.Time.GetUtcNow();
        }
    }

    private void Restart()
    {
        if (_random.Chance(1, 2)) _group.Harness.KillAndRestart();
        else _group.Harness.CutPowerAndRestart(_random.Next());

        // Every session begins anew, whatever the clients think.
        CheckCommitted();
    }

    /// <summary>A silent client gives everything up by its own clock, before the broker does.</summary>
    private void Pass(TimeSpan time)
    {
        _group.Harness.Advance(time);
        DateTimeOffset now = _group.Harness.Time.GetUtcNow();
        var session = TimeSpan.FromSeconds(SessionSeconds);
        foreach (Client client in _clients.Values.Where(client => now - client.LastCall >= session))
            client.Held.Clear();
        if (_random.Chance(1, 2)) _group.Harness.Sweep();
    }

    private void CheckCommitted()
    {
        GroupDescription group = _group.Describe();
        foreach ((int partition, long offset) in _committed)
            Assert.Equal((seed, partition, (long?)offset), (seed, partition, group.Partitions[partition].Committed));
    }

    /// <summary>Afterwards the silent ones are gone, and the others share everything evenly.</summary>
    private void Settle()
    {
        foreach (Client client in _clients.Values.Where(static client => client.IsSilent).ToList())
            _clients.Remove(client.Name);
        if (_clients.Count == 0) _clients.Add("last", new Client("last"));
        for (int second = 0; second < 3 * SessionSeconds; second += 3)
        {
            _group.Harness.Advance(TimeSpan.FromSeconds(3));
            _group.Harness.Sweep();
            foreach (Client client in _clients.Values) Assert.NotNull(_group.Poll(client.Name));
        }

        GroupDescription group = _group.Describe();
        Assert.False(group.IsRebalancing, $"Seed {seed}");
        Assert.Equal(_clients.Keys, group.Members.Select(static member => member.Name));
        int[] shares = [.. _clients.Keys.Select(name => group.Partitions.Count(partition => partition.Owner == name))];
        Assert.Equal((seed, _partitions), (seed, shares.Sum()));
        Assert.True(shares.Max() - shares.Min() <= 1, $"Seed {seed}: {string.Join(", ", shares)}");
        CheckCommitted();
    }

    private sealed class Client(string name)
    {
        public string Name => name;

        public HashSet<int> Held { get; set; } = [];

        /// <summary>By the last answer that it got.</summary>
        public HashSet<int> Assigned { get; set; } = [];

        public HashSet<int> Revoked { get; set; } = [];

        public long Generation { get; set; }

        public DateTimeOffset LastCall { get; set; }

        public bool IsSilent { get; set; }

        /// <summary>The generation to name: a heartbeat beside the work names none as long as it has to give something
        /// up.
        /// </summary>
        public long? Told(bool heartbeat) => heartbeat && Revoked.Count > 0 ? null : Generation;
    }
}
