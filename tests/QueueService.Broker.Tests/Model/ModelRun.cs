using QueueService.Broker.Queues;
using QueueService.Broker.Shards;
using QueueService.Storage;
using QueueService.Testing;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <summary>What a run may do besides calls.</summary>
/// <param name="Weak">Queues of weaker durability than fsync.</param>
/// <param name="Checkpoints">False keeps everything in memory and in the journal.</param>
/// <param name="Sweeps">Retention.</param>
/// <param name="Crashes">Also in the middle of a call.</param>
/// <param name="Groups">Messages with groups, whose order of delivery depends on what has been read ahead.</param>
internal sealed record ModelProfile(
    int Steps, bool Weak = true, bool Checkpoints = true, bool Sweeps = true, bool Crashes = true,
    int TailCacheBytes = 4 << 10, bool Groups = true);

/// <summary>One seeded sequence of operations, time and crashes on the broker and on the model.</summary>
internal sealed partial class ModelRun : IDisposable
{
    private readonly SeededRandom _random;
    private readonly ModelProfile _profile;
    private readonly BrokerHarness _harness;
    private readonly NaiveBroker _model;
    private readonly OperationSource _source;
    private readonly AnswerHash _hash = new();
    private readonly List<ReceiveOperation> _unread = [];

    public ModelRun(ulong seed, ModelProfile profile)
    {
        _random = new SeededRandom(seed);
        _profile = profile;
        _harness = new BrokerHarness(Options(_random, profile));
        _model = new NaiveBroker(_harness.Options) { Now = Clock() };
        _source = new OperationSource(_random, _model, profile);
    }

    /// <summary>What was done, for the report of a failure.</summary>
    public List<string> Steps { get; } = [];

    /// <summary>The state at the end.</summary>
    public ulong StateHash { get; private set; }

    /// <summary>Runs the whole sequence; answers the hash of all answers and of all operations of the disk.</summary>
    public ulong Run()
    {
        foreach ((string name, QueueConfig config) in _source.FirstQueues())
            Call(new DefineOperation(name, config, Precondition.None, patch: false));
        for (int step = 0; step < _profile.Steps; step++) Step();
        CompareEverything();
        StateHash = _harness.Broker.Shard.StateHash();
        Drain();
        _hash.Add($"{_harness.Disk.TraceHash}");
        return _hash.Value;
    }

    public void Dispose()
    {
        foreach (ReceiveOperation receive in _unread) receive.Dispose();
        _harness.Dispose();
    }

    private static BrokerOptions Options(SeededRandom random, ModelProfile profile) => new()
    {
        MaxWaiters = 2 + random.Next(6),
        MaxInFlightPerQueue = random.Chance(1, 2) ? 3 + random.Next(10) : 120_000,
        MaxQueues = OperationSource.Names.Length - 1,
        ReadAheadPerLane = random.Chance(1, 3) ? 4 + random.Next(8) : 20_000,
        Storage = BrokerHarness.Small.Storage with
        {
            JournalFileBytes = 128 << 10,
            CheckpointJournalBytes = profile.Checkpoints ? 64 << 10 : long.MaxValue,
            CheckpointIntervalMilliseconds = profile.Checkpoints ? 30_000 : long.MaxValue,
            TailCacheBytes = profile.TailCacheBytes,
            RunBytes = 1 << 10,
            SegmentBytes = 4 << 10,
        },
    };

    private void Step()
    {
        int dice = _random.Next(1_000);
        if (dice < 620) CallSome();
        else if (dice < 800) Call(_source.NextAlone());
        else if (dice < 920) Advance();
        else if (dice < 940) Sweep();
        else if (dice < 955) Checkpoint();
        else if (dice < 970) Restart();
        else if (dice < 985 && _profile.Crashes) _harness.Disk.DieAfter(_random.Next(12));
        else if (dice < 990) CompareEverything();
        else ReadLate();
    }

    private void CallSome()
    {
        var operations = new Operation[_random.Chance(1, 3) ? 1 + _random.Next(4) : 1];
        for (int i = 0; i < operations.Length; i++) operations[i] = _source.Next();
        Call(operations);
    }

    /// <summary>Makes the calls, which are all decided in the next turn, and does the same on the model.</summary>
    private void Call(params Operation[] operations)
    {
        foreach (Operation operation in operations) Steps.Add($"{_model.Now}: {operation}");
        SynchronizationContext.SetSynchronizationContext(null);
        foreach (Operation operation in operations) operation.Start(_harness.Broker);
        NoteKnown(anew: true);
        bool alive = Turn();
        foreach (Operation operation in operations) operation.WasAnsweredAtOnce = operation.IsAnswered;
        int turns = 0;
        while (alive
            && !Array.TrueForAll(operations, static operation => operation.IsAnswered || operation is ReceiveOperation))
        {
            ThrowUnless(turns++ < 100, $"{operations[0]} is not answered");
            alive = Turn();
        }

        alive = alive && TurnUntilRead();
        NoteKnown(anew: false);

        // A crash after the replies is a crash between the calls, if nothing has to be read any more.
        if (!alive && !(AreReplied(operations) && Array.TrueForAll(operations, IsPureWrite)))
        {
            Crash(operations);
            return;
        }

        foreach (Operation operation in operations) operation.Apply(_model);
        NoteKnown(anew: false);
        _model.Dispatch();
        if (alive) FollowAll();
        foreach (Operation operation in operations) Note(operation);
        if (!alive) Crash();
    }

    private static bool IsPureWrite(Operation operation) =>
        operation is SendOperation or SettleOperation or PurgeOperation or DeleteMessageOperation
            or DeleteQueueOperation;

    private void Note(Operation operation)
    {
        if (operation is ReceiveOperation receive) _unread.Add(receive);
        else operation.AddAnswerTo(_hash);
        foreach (ReceiveOperation late in _unread)
        {
            if (late.IsLearned || !late.IsAnswered) continue;
            late.IsLearned = true;
            late.AddAnswerTo(_hash);
            _source.Learn(late);
        }

        if (_unread.Count > 6) ReadLate();
    }

    /// <summary>Slow readers read what was handed to them steps ago.</summary>
    private void ReadLate()
    {
        foreach (ReceiveOperation receive in _unread.FindAll(static receive => receive.IsAnswered))
        {
            try
            {
                receive.ReadAgain();
            }
            catch (IOException)
            {
                // Background work has died since the last turn, and the process with it: the next turn shows it.
                Assert.Throws<IOException>(() => _harness.Disk.Exists("any"));
                return;
            }

            receive.Dispose();
            _unread.Remove(receive);
        }
    }

    /// <summary>Answers false when the process died in it.</summary>
    private bool Turn()
    {
        try
        {
            _harness.Broker.Loop.Turn(wait: false);

            // Background work that dies is only seen by asking.
            _harness.Disk.Exists("any");
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private long Clock() => _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What is left is exactly what the model has left.</summary>
    private void Drain()
    {
        _harness.Disk.DieAfter(long.MaxValue);
        while (_model.Queues.Values.SelectMany(static queue => queue.Waiters).FirstOrDefault() is { } waiter)
            AdvanceTo(waiter.Due);
        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            var config = queue.Config with { Paused = false, Redrive = null, Retry = RetryPolicy.None };
            Call(new DefineOperation(queue.Name, config, Precondition.None, patch: false));
        }

        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            long last = queue.Messages.Count == 0 ? 0 : queue.Messages.Max(static message => message.VisibleAt);
            if (last > _model.Now) AdvanceTo(last);
        }

        foreach (NaiveQueue queue in _model.Queues.Values) Drain(queue);
    }

    private void Drain(NaiveQueue queue)
    {
        var request = new ReceiveRequest { Max = 1_000, WaitMilliseconds = 0, AcknowledgeOnReceipt = true };
        for (int stuck = 0; queue.Messages.Count > 0;)
        {
            int before = queue.Messages.Count;
            Call(new ReceiveOperation(queue.Name, request, cancellation: null));
            stuck = queue.Messages.Count < before ? 0 : stuck + 1;
            ThrowUnless(stuck < 5, $"{queue.Name} does not give {string.Join(", ", queue.Messages)}");
        }

        Call(new DescribeOperation(queue.Name));
        ThrowUnlessSame(
            queue.Sent, queue.Expired + queue.Deleted + queue.DeadLettered, $"messages of {queue.Name} that went");
    }
}
