using QueueService.Broker.Queues;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Model;

/// <content>The periodic work, and what the broker does when it looks: it writes down which messages wait for their
/// next delivery and which have expired. When it looks is its own affair; what it then writes is not.</content>
internal sealed partial class ModelRun
{
    private bool _isSweeping;

    /// <summary>One pass of the periodic work. Retention may leave what lies on disk for a while, but takes nothing
    /// that is young.</summary>
    private void Sweep()
    {
        if (!_profile.Sweeps) return;
        SweepOnce();
        if (_random.Chance(2, 3)) return;
        for (int pass = 0; pass < 5; pass++)
        {
            AdvanceTo(_model.Now + 10_000);
            SweepOnce();
        }

        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            ThrowUnless(
                queue.Messages.TrueForAll(
                    message => message.AddedAt >= _model.Now - 20_000 - (queue.Config.RetentionSeconds * 1000L)),
                $"{queue.Name} keeps messages beyond their retention");
        }
    }

    private void SweepOnce()
    {
        Steps.Add($"{_model.Now}: sweep");
        NoteKnown(anew: true);
        Task sweep = _harness.Broker.Sweep();
        bool alive = true;
        for (int turns = 0; alive && !sweep.IsCompleted; turns++)
        {
            ThrowUnless(turns < 500, "the sweep does not end");
            var doomed =
                _harness.Broker.Shard.Queues.ToDictionary(static queue => queue, static queue => Doomed(queue));
            alive = Turn();
            NoteKnown(anew: false);
            if (!alive) break;
            FollowMoves(doomed);
            foreach (NaiveQueue queue in _model.Queues.Values) FollowExpiry(queue, isSweeping: true);
            _model.Dispatch();
            FollowAll();
        }

        if (!alive)
        {
            _isSweeping = true;
            Crash([]);
            return;
        }

        ThrowUnless(sweep.IsCompletedSuccessfully, $"the sweep failed: {sweep.Exception}");
        foreach (NaiveQueue queue in _model.Queues.Values) ExpectSwept(queue);
    }

    private void ExpectSwept(NaiveQueue queue)
    {
        bool canMove = queue.Config.Redrive is { } redrive && _model.Find(redrive.DeadLetterQueue) is not null
            && _harness.Broker.Shard.WhyNoNewData() == BrokerError.None;
        foreach (NaiveMessage message in queue.Messages)
        {
            // A lease without any time was perhaps given by the sweep itself.
            if (message.IsLeased && message.VisibleAt == _model.Now) continue;
            NaiveFate fate = queue.FateOf(message, _model.Now);
            ThrowUnless(fate != NaiveFate.Retry, $"the sweep of {queue.Name} left {message} undecided");
            ThrowUnless(fate != NaiveFate.Expired, $"the sweep of {queue.Name} left {message}, which has expired");
            ThrowUnless(fate != NaiveFate.Doomed || !canMove, $"the sweep of {queue.Name} did not move {message}");
        }
    }

    /// <summary>Dead letters that this turn moved: those that failed first. Among those that failed in the same
    /// millisecond the broker chooses.</summary>
    private void FollowMoves(Dictionary<MessageQueue, List<long>> doomed)
    {
        foreach ((MessageQueue truth, List<long> positions) in doomed)
        {
            NaiveQueue queue = _model.Find(truth.Name.Value)!;
            long last = 0;
            foreach (long position in positions.Take((int)(truth.DeadLetteredTotal - queue.DeadLettered)))
            {
                NaiveMessage message = queue.Find(position)!;
                ThrowUnlessSame(
                    NaiveFate.Doomed, queue.FateOf(message, _model.Now), $"fate of {message} of {queue.Name}");
                ThrowUnless(message.VisibleAt >= last, $"{message} was moved after one that failed later");
                ThrowUnless(!truth.IsPresent(message.Sequence), $"{message} of {queue.Name} was not moved in its turn");
                last = message.VisibleAt;
                _model.Move(queue, message, message.IsExpired ? "expired" : "maxReceiveCount");
            }

            ThrowUnlessSame(truth.DeadLetteredTotal, queue.DeadLettered, $"dead letters of {queue.Name}");
        }
    }

    private static List<long> Doomed(MessageQueue queue)
    {
        var doomed = new List<(long Position, Touched Touched)>();
        queue.Doomed(int.MaxValue, long.MaxValue, doomed);
        return [.. doomed.Select(static message => message.Position)];
    }

    /// <summary>Messages that the broker has ended: their time to live was over, or their retention.</summary>
    private void FollowExpiry(NaiveQueue queue, bool isSweeping)
    {
        if (_harness.Broker.Shard.FindQueue(queue.Name) is not { } truth) return;
        long left = truth.ExpiredTotal - queue.Expired;
        long before = _model.Now - (queue.Config.RetentionSeconds * 1000L);
        foreach (NaiveMessage message in left == 0 ? [] : queue.Messages.ToList())
        {
            if (left == 0 || truth.IsPresent(message.Sequence)) continue;
            bool isOld = isSweeping && message.RetentionFrom < before;
            if (!isOld && !queue.WillVanish(message, _model.Now)) continue;
            queue.Messages.Remove(message);
            queue.Expired++;
            left--;
        }
    }

    /// <summary>After each turn: everything is where the model has it.</summary>
    private void FollowAll()
    {
        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            if (_harness.Broker.Shard.FindQueue(queue.Name) is not { } truth || truth.Resource != queue.Resource)
                throw new ModelMismatchException($"queue {queue.Name} is not there");
            FollowExpiry(queue, isSweeping: false);
            foreach (NaiveMessage message in queue.Messages) Follow(queue, message, truth);
            ThrowUnlessSame(queue.Expired, truth.ExpiredTotal, $"expired messages of {queue.Name}");
            ThrowUnlessSame(queue.Messages.Count, CountPresent(truth), $"messages in {queue.Name}");
        }
    }

    private void Follow(NaiveQueue queue, NaiveMessage message, MessageQueue truth)
    {
        ThrowUnless(truth.IsPresent(message.Sequence), $"{message} of {queue.Name} is gone");
        truth.TryGetTouched(message.Sequence, out Touched touched);
        if (queue.FateOf(message, _model.Now) == NaiveFate.Retry && !touched.IsLeased && !touched.IsExpired)
        {
            message.Fail(_model.Now);
            message.VisibleAt += queue.DelayOf(message);
            message.IsLeased = false;
        }

        if (!message.IsExpired && touched.IsExpired)
        {
            ThrowUnless(message.IsPast(_model.Now) && !message.HoldsLease(_model.Now), $"{message} has not expired");
            message.Fail(_model.Now);
            message.VisibleAt = _model.Now;
            message.IsLeased = false;
            message.IsExpired = true;
        }

        ThrowUnlessSame(
            (message.VisibleAt, message.IsLeased, message.ReceiveCount, message.FirstFailedAt),
            (touched.Deadline, touched.IsLeased, touched.ReceiveCount, touched.FirstFailedAt),
            $"{message} of {queue.Name}");
    }

    private static int CountPresent(MessageQueue queue)
    {
        int count = 0;
        for (long? next = queue.NextPresent(0); next is { } position; next = queue.NextPresent(position + 1)) count++;
        return count;
    }

    /// <summary>Notes of which queues the broker does not know all groups.</summary>
    private void NoteKnown(bool anew)
    {
        foreach (NaiveQueue queue in _model.Queues.Values)
        {
            bool isPartlyKnown = _harness.Broker.Shard.FindQueue(queue.Name) is { } truth
                && truth.Lanes.Any(static lane => lane.IsGrouped && lane.KnownEnd < lane.End);
            queue.IsPartlyKnown = isPartlyKnown || (!anew && queue.IsPartlyKnown);
        }
    }
}
