using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Broker.Tests.Model;
using QueueService.Testing;
using static QueueService.Broker.Tests.Model.ModelMismatchException;

namespace QueueService.Broker.Tests.Days;

/// <summary>A whole broker for 24 hours of virtual time, with all that queues can do: groups, deduplication,
/// priorities, times to live, redrive and retry policies, long delays, retention, limits and pauses. Every answer is
/// checked, and after each sweep where every message is.</summary>
internal sealed partial class BusyDay(ulong seed) : IDisposable
{
    private const int DayMilliseconds = 86_400_000;

    private static readonly int[] Hours = [3_600_000, 10 * 3_600_000];

    private readonly SeededRandom _random = new(seed);
    private readonly BrokerHarness _harness = new(Options(seed));
    private readonly AnswerHash _hash = new();
    private readonly List<(DayQueue Queue, DayMessage Message, ReceiptHandle Receipt)> _receipts = [];
    private readonly DayQueue[] _queues = DayQueues.Make(seed);
    private readonly Dictionary<DayQueue, DaySend> _last = [];
    private int _bodies;

    public DayCounts Counts { get; } = new();

    private long Now => _harness.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Answers a hash of all that was answered and of every byte that was written.</summary>
    public ulong Run()
    {
        try
        {
            foreach (DayQueue queue in _queues) _harness.CreateQueue(queue.Name, queue.Config);
            long end = Now + DayMilliseconds;
            while (Now < end) Step();
            Drain();
        }
        catch (ModelMismatchException e)
        {
            throw new ModelMismatchException($"Seed {seed}, {Now}: {e.Message}");
        }

        _hash.Add($"{_harness.Disk.TraceHash}");
        return _hash.Value;
    }

    public void Dispose() => _harness.Dispose();

    /// <summary>A checkpoint in every step would leave nothing to be replayed, and take most of the time.</summary>
    private static BrokerOptions Options(ulong seed) => BrokerHarness.Small with
    {
        Storage = BrokerHarness.Small.Storage with
        {
            CheckpointIntervalMilliseconds = seed % 2 == 0 ? 600_000 : 3_600_000,
            TailCacheBytes = seed % 3 == 0 ? 32 << 10 : 512 << 10,
        },
    };

    private void Step()
    {
        // Nobody polls for a while now and then; what is due happens nevertheless.
        bool isQuiet = _random.Chance(1, 60);
        _harness.AdvanceMilliseconds(1 + _random.Next(isQuiet ? 1_800_000 : 60_000));
        for (int calls = isQuiet ? 0 : _random.Next(5); calls > 0; calls--) Call(_queues[_random.Next(_queues.Length)]);
        if (isQuiet || _random.Chance(1, 6)) Sweep();
        if (_random.Chance(1, 100)) Pause(_queues[_random.Next(_queues.Length)]);
        if (_random.Chance(1, 80)) Restart();
    }

    private void Call(DayQueue queue)
    {
        int dice = _random.Next(10);
        if (dice < 3 && !DayQueues.IsDeadLetterQueue(queue.Name)) Send(queue);
        else if (dice < 6) Receive(queue, 1 + _random.Next(6), _random.Next(300_000));
        else Settle();
    }

    private void Send(DayQueue queue) =>
        Send(queue, [.. Enumerable.Range(0, _random.Chance(1, 3) ? 2 + _random.Next(3) : 1).Select(_ => Next(queue))]);

    private void Send(DayQueue queue, DaySend[] sends)
    {
        MessageBatch batch = MessageBatch.Rent();
        foreach (DaySend send in sends)
        {
            var headers = new MessageHeaders { GroupId = send.Group, DeduplicationId = send.DeduplicationId };
            batch.Add(headers, Encoding.UTF8.GetBytes(send.Body), send.Options);
        }

        Result<SendOutcome> sent = _harness.Run(() => _harness.Broker.Send(BrokerHarness.Name(queue.Name), batch));
        _hash.Add($"send {queue.Name} {sent.Error} {sent.Value.FirstSequenceNumber}");
        if (!sent.Succeeded)
        {
            Counts.Refused++;
            ThrowUnless(
                sent.Error == BrokerError.QueueFull && queue.MayRefuse(sends.Length), $"{queue.Name}: {sent.Error}");
            return;
        }

        for (int i = 0; i < sends.Length; i++) Accept(queue, sends[i], sent.Value, i);
        if (queue.Config.MaxMessages > 0) FollowDrops(queue, [.. sends.Select((_, i) => sent.Value.IdAt(i))]);
    }

    private void Accept(DayQueue queue, DaySend send, in SendOutcome outcome, int index)
    {
        MessageId id = outcome.IdAt(index);
        MessageId? first = queue.FindDuplicate(send, Now);
        ThrowUnlessSame(first is not null, outcome.IsDuplicate(index), $"duplicate: {send} in {queue.Name}");
        if (first is not null)
        {
            Counts.Duplicates++;
            ThrowUnlessSame(first.Value, id, $"id of the duplicate {send}");
            return;
        }

        long visibleAt = Now + (send.Options.DelayMilliseconds ?? 0);
        queue.Add(
            new DayMessage(id, send.Body)
            {
                Group = send.Group,
                Priority = send.Options.Priority,
                SentAt = Now,
                AddedAt = Now,
                RetentionFrom = Now,
                Position = id.SequenceNumber,
                ExpiresAt = send.Options.TtlMilliseconds is { } ttl ? Now + ttl : long.MaxValue,
                Visible = (visibleAt, visibleAt),
                IsTouched = visibleAt > Now,
            },
            send);
    }

    private DaySend Next(DayQueue queue)
    {
        // A sender that does not know whether its message arrived.
        if (queue.IsFifo && _random.Chance(1, 6) && _last.TryGetValue(queue, out DaySend? last)) return last;
        return _last[queue] = NextNew(queue);
    }

    private DaySend NextNew(DayQueue queue)
    {
        string body = queue.Config.ContentBasedDeduplication && _random.Chance(1, 2)
            ? $"again {_random.Next(20)}" : $"{_bodies++} {new string('.', _random.Next(120))}";
        long delay = _random.Chance(1, 2) ? 0
            : _random.Next(_random.Chance(1, 2) ? 600_000 : Hours[queue.Config.RetentionSeconds > 40_000 ? 1 : 0] - 1);
        bool isFifo = queue.IsFifo;
        return new DaySend(
            body,
            isFifo || _random.Chance(1, 3) ? $"g{_random.Next(6)}" : null,
            isFifo && _random.Chance(1, 2) ? $"d{_random.Next(12)}" : null,
            new SendOptions
            {
                DelayMilliseconds = delay,
                TtlMilliseconds = _random.Chance(1, 4) ? delay + 1 + _random.Next(1_800_000) : null,
                Priority = isFifo || _random.Chance(1, 2) ? 0 : _random.Next(10),
            });
    }

    private int Receive(DayQueue queue, int max, long visibility)
    {
        int turns = 0;
        bool isKnown = IsKnown(queue);
        var request = new ReceiveRequest { Max = max, WaitMilliseconds = 0, VisibilityMilliseconds = visibility };
        Task<Result<ReceivedMessages>> call = BrokerHarness.Begin(() =>
            _harness.Broker.Receive(BrokerHarness.Name(queue.Name), request, CancellationToken.None));
        for (_harness.Turn(); !call.IsCompleted; _harness.Turn())
        {
            // While groups are read from disk or much has expired, a receive that does not wait is looked at again by
            // the next millisecond.
            ThrowUnless(++turns < 100, $"a receive from {queue.Name} is not answered");
            _harness.AdvanceMilliseconds(1);
        }

        Result<ReceivedMessages> result = BrokerHarness.Answer(call);
        ThrowUnlessSame(BrokerError.None, result.Error, $"receive from {queue.Name}");
        using ReceivedMessages messages = result.Value;
        List<Seen> answer = Reading.ReadAll(messages);
        _hash.Add($"receive {queue.Name} {string.Join(',', answer)}");
        isKnown &= IsKnown(queue);
        queue.Follow(answer, max, isKnown, (Now, Now + visibility));
        if (isKnown) Counts.Complete++;
        Counts.Delivered += answer.Count;
        foreach (Seen seen in answer)
        {
            _receipts.Add((queue, queue.Messages[seen.Sequence], seen.Receipt));
            if (_receipts.Count > 200) _receipts.RemoveAt(_random.Next(100));
        }

        return answer.Count;
    }

    private bool IsKnown(DayQueue queue) => _harness.Broker.Shard.FindQueue(queue.Name)!.Lanes
        .All(static lane => !lane.IsGrouped || lane.KnownEnd == lane.End);

    private void Pause(DayQueue queue)
    {
        queue.Config = queue.Config with { Paused = !queue.Config.Paused };
        Result<string> paused =
            _harness.Run(() => _harness.Broker.Pause(BrokerHarness.Name(queue.Name), queue.Config.Paused));
        ThrowUnlessSame(BrokerError.None, paused.Error, $"pause {queue.Name}");
        Counts.Pauses++;
    }

    private void Restart()
    {
        Counts.Restarts++;
        int way = _random.Next(3);
        if (way == 0) _harness.KillAndRestart();
        else if (way == 1) _harness.CutPowerAndRestart(_random.Next());
        else _harness.CloseAndRestart();

        // Senders that do not know whether their messages arrived.
        foreach ((DayQueue queue, DaySend last) in _last.Where(static last => last.Key.IsFifo)) Send(queue, [last]);
    }
}

/// <summary>What happened in a day: a day in which something did not happen proves nothing about it.</summary>
internal sealed class DayCounts
{
    public int Delivered { get; set; }

    public int Duplicates { get; set; }

    public int Refused { get; set; }

    public int Dropped { get; set; }

    public int DeadLettered { get; set; }

    public int Redriven { get; set; }

    public int Expired { get; set; }

    public int Pauses { get; set; }

    public int Restarts { get; set; }

    /// <summary>Receives of which it was known what they had to bring.</summary>
    public int Complete { get; set; }

    public IEnumerable<int> All =>
        [Delivered, Duplicates, Refused, Dropped, DeadLettered, Redriven, Expired, Pauses, Restarts, Complete];

    public override string ToString() =>
        $"{Delivered} delivered, {Duplicates} duplicates, {Refused} refused, {Dropped} dropped, "
        + $"{DeadLettered} dead letters, {Redriven} redriven, {Expired} expired, {Pauses} pauses, {Restarts} restarts, {Complete} complete receives";
}
