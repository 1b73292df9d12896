using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace QueueService.Benchmarks.Load;

/// <summary>
/// One thread that drives its connections. Closed loop: every connection starts the next round as soon as one ends.
/// Open loop, with a <see cref="Pacer"/>: rounds start when they are due, on whichever connection is idle.
/// </summary>
internal sealed class LoadLoop : ILoadLoop
{
    private const int PacerKey = -1;

    // How often the loop looks whether it is to stop while nothing arrives; longer than any gap under load.
    private const int IdleMilliseconds = 50;

    // A receive may wait for a second (the scenarios' wait=1s) before its round can end.
    private static readonly long _graceTicks = 3 * Stopwatch.Frequency;

    private readonly EventPoll _poll = new();
    private readonly Connection[] _connections;
    private readonly Stack<int> _idle = new();
    private readonly Pacer? _pacer;
    private long _roundsLeft;
    private int _busy;
    private volatile bool _measuring;
    private volatile bool _stopping;

    /// <param name="rounds">Rounds to run before the loop ends by itself.</param>
    public LoadLoop(IPEndPoint server, IReadOnlyList<Conversation> conversations, Pacer? pacer, long rounds)
    {
        _pacer = pacer;
        _roundsLeft = rounds;
        if (pacer is not null) _poll.Add(pacer.Descriptor, PacerKey);
        _connections = new Connection[conversations.Count];
        for (int key = 0; key < _connections.Length; key++)
            _connections[key] = new Connection(server, _poll, key, conversations[key]);
    }

    /// <summary>Belongs to the loop's thread while <see cref="Run"/> is running.</summary>
    public LoadTally Tally { get; } = new();

    public bool Measuring
    {
        set => _measuring = value;
    }

    /// <summary>No new round starts; <see cref="Run"/> returns when the running ones have ended, or after the grace
    /// time. A round cut short would leave leased messages behind.</summary>
    public void Stop() => _stopping = true;

    public void Run()
    {
        try
        {
            for (int key = 0; key < _connections.Length; key++) StartRound(key);
            Drive();
        }
        catch (SocketException lost)
        {
            Tally.CountLostConnection(lost);
        }
    }

    public void Dispose()
    {
        foreach (Connection connection in _connections) connection.Dispose();
        _pacer?.Dispose();
        _poll.Dispose();
    }

    private void Drive()
    {
        Span<int> ready = stackalloc int[256];
        long stopAt = long.MaxValue;
        while (_busy > 0 || (_pacer is not null && !_stopping))
        {
            int count = _poll.Wait(ready, IdleMilliseconds);
            foreach (int key in ready[..count])
            {
                if (key == PacerKey) StartDueRounds();
                else TakeReply(key);
            }

            if (!_stopping) continue;
            if (stopAt == long.MaxValue) stopAt = Stopwatch.GetTimestamp() + _graceTicks;
            if (Stopwatch.GetTimestamp() > stopAt) return;
        }
    }

    private void StartDueRounds()
    {
        _pacer!.Tick();
        while (_idle.TryPop(out int key)) if (!StartRound(key)) return;
    }

    /// <summary>Answers false when there is no round to start, and leaves the connection idle.</summary>
    private bool StartRound(int key)
    {
        long started = Stopwatch.GetTimestamp();
        if (_stopping || _roundsLeft == 0 || (_pacer is not null && !_pacer.TryTake(out started)))
        {
            _idle.Push(key);
            return false;
        }

        _roundsLeft--;
        _busy++;
        _connections[key].RoundStarted = started;
        _connections[key].Send();
        return true;
    }

    private void TakeReply(int key)
    {
        Connection connection = _connections[key];
        try
        {
            switch (connection.Receive(out HttpReply reply))
            {
                case ReplyState.Complete when reply.IsSuccess:
                    Advance(key, connection.Conversation.Advance(reply));
                    break;
                case ReplyState.Complete:
                    Tally.CountRefusal(reply);
                    GiveUpRound(key);
                    break;
                case ReplyState.Malformed:
                    Tally.CountFailure("malformed reply", connection.DescribeReceived());
                    connection.Reopen();
                    GiveUpRound(key);
                    break;
                default:
                    break;
            }
        }
        catch (SocketException lost)
        {
            Tally.CountLostConnection(lost);
            connection.Reopen();
            GiveUpRound(key);
        }
    }

    private void Advance(int key, Progress progress)
    {
        Connection connection = _connections[key];
        if (progress.Problem is not null) Tally.CountFailure(progress.Problem, progress.Detail);
        if (_measuring)
        {
            Tally.CountReply(connection.ReplyBytes, progress.Messages);
            if (progress.Messages > 0)
                Tally.Latencies.Record(Stopwatch.GetTimestamp() - connection.RoundStarted);
        }

        if (progress.EndsRound) EndRound(key);
        else connection.Send();
    }

    private void GiveUpRound(int key)
    {
        _connections[key].Conversation.Restart();
        EndRound(key);
    }

    private void EndRound(int key)
    {
        _busy--;
        StartRound(key);
    }
}
