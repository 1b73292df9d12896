using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <content>Time, retention, checkpoints and the ends of processes.</content>
internal sealed partial class ModelRun
{
    private void Advance()
    {
        long by = _random.Next(8) switch
        {
            0 => 0,
            1 => 1,
            2 => _random.Next(100),
            3 => _random.Next(2_000),
            4 => 30_000,
            5 => _random.Chance(1, 2) ? _random.Next(120_000) : ToNotableTime(),
            6 => _random.Chance(1, 3) ? 3_600_000 : 60_000,
            _ => _random.Chance(1, 8) ? 86_400_000 : 1_000,
        };
        if (_random.Chance(3, 4)) AdvanceTo(_model.Now + by);
        else MoveTo(_model.Now + by);
    }

    /// <summary>About until something ends: a lease, a delay, a time to live, a deduplication.</summary>
    private long ToNotableTime()
    {
        List<long> times = [];
        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            times.AddRange(queue.Messages.SelectMany(static message => (long[])[message.VisibleAt, message.ExpiresAt]));
            times.AddRange(queue.SentOnce.Select(static sent => sent.SentAt + 300_000));
            times.AddRange(queue.Attempts.Values.Select(static attempt => attempt.Time + 300_000));
        }

        times.RemoveAll(time => time <= _model.Now);
        return times.Count == 0 ? 0 : times[_random.Next(times.Count)] - _model.Now - _random.Next(2);
    }

    /// <summary>Goes from event to event, as a loop does that wakes for each.</summary>
    private void AdvanceTo(long time)
    {
        while (_model.NextEvent() is { } next && next <= time)
        {
            ThrowUnless(_harness.Broker.Shard.NextTimer() <= next, $"the loop would sleep beyond {next}");
            MoveTo(next);
        }

        MoveTo(time);
    }

    private void MoveTo(long time)
    {
        Steps.Add($"{_model.Now}: advance to {time}");
        _harness.Advance(TimeSpan.FromMilliseconds(time - _model.Now));
        _model.Now = time;
        TurnAlone();
    }

    /// <summary>A turn in which nobody calls.</summary>
    private void TurnAlone()
    {
        NoteKnown(anew: true);
        bool alive = TurnUntilRead();
        NoteKnown(anew: false);
        if (!alive)
        {
            Crash([]);
            return;
        }

        _model.Dispatch();
        FollowAll();
    }

    /// <summary>Messages that are being read for their groups are known one turn later.</summary>
    private bool TurnUntilRead()
    {
        bool alive = Turn();
        for (int turns = 0; alive
            && _harness.Broker.Shard.Queues.Any(static queue => queue.LanesBeingRead > 0); turns++)
        {
            ThrowUnless(turns < 200, "the read-ahead does not end");
            alive = Turn();
        }

        return alive;
    }

    private void Checkpoint()
    {
        if (!_profile.Checkpoints) return;
        Steps.Add($"{_model.Now}: checkpoint");
        try
        {
            _harness.Broker.Shard.Store.CheckpointNow(_model.Now);
        }
        catch (IOException)
        {
            Crash();
        }
    }

    /// <summary>Ends the process between two calls.</summary>
    private void Restart()
    {
        ulong before = _harness.Broker.Shard.StateHash();
        bool clean = _random.Chance(1, 3) && _profile.Checkpoints;
        (bool power, ulong seed) = DrawCrash();
        if (clean) clean = Close();
        else Crash([], power, seed, atRest: true);
        if (clean || _model.Queues.Values.All(static queue => queue.Config.Durability == Durability.Fsync))
            ThrowUnlessSame(before, _harness.Broker.Shard.StateHash(), "state after a restart");
    }

    /// <summary>Answers false when the process had died before, in its background work.</summary>
    private bool Close()
    {
        Steps.Add($"{_model.Now}: close");
        _hash.Add($"{_harness.Disk.TraceHash}");
        _harness.Disk.DieAfter(long.MaxValue);
        bool closed = TryClose();
        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            foreach (ReceiveOperation waiter in queue.Waiters) waiter.ExpectEmpty();
            queue.Waiters.Clear();
        }

        ForgetReaders();
        if (closed) CompareEverything();
        else Crash();
        return closed;
    }

    /// <summary>Whoever has not read what was handed to him will not: his server is gone.</summary>
    private void ForgetReaders()
    {
        foreach (ReceiveOperation receive in _unread) receive.Dispose();
        _unread.Clear();
    }

    private bool TryClose()
    {
        try
        {
            _harness.CloseAndRestart();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private bool AreReplied(Operation[] operations) =>
        Array.TrueForAll(operations, static operation => operation.IsAnswered) && _model.WaiterCount == 0;

    private void Crash(Operation[] operations)
    {
        (bool power, ulong seed) = DrawCrash();
        Crash(operations, power, seed, atRest: false);
    }

    private void Crash()
    {
        (bool power, ulong seed) = DrawCrash();
        Crash([], power, seed, atRest: true);
    }

    private (bool Power, ulong Seed) DrawCrash() => (_random.Chance(1, 2), _random.Next());

    /// <summary>The process ends, by a kill or by the power, with these calls and all waiting receives under way.
    /// </summary>
    private void Crash(Operation[] operations, bool power, ulong seed, bool atRest)
    {
        Steps.Add($"{_model.Now}: {(power ? "power cut" : "kill")}{(atRest ? "" : " in the middle of it")}");
        _hash.Add($"{_harness.Disk.TraceHash}");
        if (power) _harness.CutPowerAndRestart(seed);
        else _harness.KillAndRestart();
        var aftermath = new Aftermath();
        if (!atRest)
        {
            foreach (Operation operation in operations) operation.AddEffects(aftermath);
            foreach (ReceiveOperation waiter in _model.Queues.Values.SelectMany(static queue => queue.Waiters))
                waiter.AddEffects(aftermath);
        }

        ForgetReaders();
        foreach (NaiveQueue queue in _model.Queues.Values)
            queue.Waiters.Clear();

        // What was named and not answered may have happened or not: nobody asks again.
        if (!atRest || _model.Queues.Values.Any(static queue => queue.Config.Durability != Durability.Fsync))
            _model.Generation++;
        new Recovery(_model, _harness, aftermath, atRest) { IsSweeping = _isSweeping }.Adopt(
            level => level == Durability.Memory || (level == Durability.Os && power));
        _isSweeping = false;
        NoteKnown(anew: true);
        foreach (NaiveQueue queue in _model.Queues.Values)
            if (queue.Config.Durability != Durability.Fsync) queue.ForgetReceipts();
        CompareEverything();
    }

    private void CompareEverything()
    {
        foreach (string name in OperationSource.Names)
        {
            Call(new DescribeOperation(name));
            Call(new BrowseOperation(name, new BrowseRequest { Limit = 1_000 }));
        }

        Call(new ListOperation("", null, OperationSource.Names.Length));
    }
}
