using System.Buffers.Binary;
using System.Runtime.InteropServices;
using QueueService.Storage;

namespace QueueService.Broker.Queues;

/// <summary>From records to state. The same code runs for a live command and for a replay.</summary>
internal sealed partial class MessageQueue
{
    public void Apply(in JournalRecord record)
    {
        ReadOnlySpan<byte> payload = record.Payload;
        switch ((QueueRecord)record.Type)
        {
            case QueueRecord.Created:
                ApplyCreated(payload, record.Time);
                break;
            case QueueRecord.Configured:
                ApplyConfigured(payload, record.Time);
                break;
            case QueueRecord.Deleted:
                IsDeleted = true;
                break;
            case QueueRecord.Sent:
                _held.Add(log.Append(record.Time, payload), payload.Length);
                SentTotal++;
                break;
            case QueueRecord.Moved:
                _held.Add(log.Append(record.Time, payload), payload.Length);
                SentTotal++;
                MovedTotal++;
                break;
            case QueueRecord.SentDelayed:
                _held.Add(log.End, payload.Length - 8);
                ApplyDelayed(log.Append(record.Time, payload[8..]), BinaryPrimitives.ReadInt64LittleEndian(payload));
                SentTotal++;
                break;
            case QueueRecord.Leased:
                ApplyLeased(payload[8..], BinaryPrimitives.ReadInt64LittleEndian(payload), record.Time);
                break;
            case QueueRecord.Taken:
                ApplyTaken(payload);
                break;
            case QueueRecord.Acknowledged:
            case QueueRecord.Removed:
                DeletedTotal += ApplyTerminal(payload);
                break;
            case QueueRecord.DeadLettered:
                DeadLetteredTotal += ApplyTerminal(payload);
                break;
            case QueueRecord.Dropped:
                DroppedTotal += ApplyTerminal(payload);
                break;
            case QueueRecord.Released:
                ApplyMoved(payload[8..], BinaryPrimitives.ReadInt64LittleEndian(payload), record.Time, leased: false);
                break;
            case QueueRecord.Extended:
                ApplyMoved(payload[8..], BinaryPrimitives.ReadInt64LittleEndian(payload), record.Time, leased: true);
                break;
            case QueueRecord.Purged:
                ApplyPurged(payload);
                break;
            case QueueRecord.Expired:
                ExpiredTotal += ApplyFloor((long)new SpanReader(payload).ReadVarint());
                break;
            case QueueRecord.AlarmChanged:
                ApplyAlarmChanged(payload, record.Time);
                break;
            case QueueRecord.Restarted:
                ApplyRestarted(payload);
                break;
            default:
                throw new InvalidOperationException($"Queue record type {record.Type} is not known to this version.");
        }
    }

    private void ApplyCreated(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        Name = QueueName.Stored(reader.ReadText());
        Config = QueueConfigFormat.Read(ref reader);
        Version = 1;
        CreatedAt = UpdatedAt = time;
        ApplyAlarms(time);
    }

    private void ApplyConfigured(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        QueueConfig before = Config;
        Config = QueueConfigFormat.Read(ref reader);
        if (Config.Retry != before.Retry || Config.Redrive != before.Redrive) Reconsider();
        Version++;
        UpdatedAt = time;
        ApplyAlarms(time);
    }

    private void ApplyDelayed(long offset, long visibleAt)
    {
        var touched = new Touched { Deadline = visibleAt };
        _touched.Add(offset, touched);
        _touchedAhead++;
        Index(offset, touched);
        PassTouched();
    }

    private void ApplyLeased(ReadOnlySpan<byte> payload, long deadline, long time)
    {
        var runs = new OffsetRuns(payload, withCounts: true);
        while (runs.MoveNext())
        {
            ReceivedTotal += runs.Length;
            for (long offset = runs.First; offset < runs.First + runs.Length; offset++)
            {
                ref Touched touched =
                    ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, offset, out bool exists);
                if (exists) Unindex(touched);
                else PassNext(offset);
                touched.Fail(time);
                touched.Deadline = deadline;
                touched.ReceiveCount = runs.ReceiveCount;
                if (touched.FirstReceivedAt == 0) touched.FirstReceivedAt = time;
                touched.IsLeased = true;
                touched.IsReady = touched.HasFailed = false;
                Index(offset, touched);
            }
        }

        PassTouched();
    }

    private void ApplyTaken(ReadOnlySpan<byte> payload)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            ReceivedTotal += runs.Length;
            for (long offset = runs.First; offset < runs.First + runs.Length; offset++)
                if (!_touched.ContainsKey(offset)) PassNext(offset);
        }

        DeletedTotal += ApplyTerminal(payload);
    }

    private long ApplyTerminal(ReadOnlySpan<byte> payload)
    {
        long count = 0;
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            count += runs.Length;
            for (long offset = runs.First; offset < runs.First + runs.Length; offset++)
            {
                _held.End(offset);
                if (_touched.Remove(offset, out Touched touched))
                {
                    Unindex(touched);
                    if (offset >= Next) _touchedAhead--;
                }

                if (offset >= Next) _terminalAhead++;
                if (offset == Floor) Floor++;
                else _terminal.Add(offset);
            }
        }

        RaiseFloor();
        return count;
    }

    private void ApplyMoved(ReadOnlySpan<byte> payload, long deadline, long time, bool leased)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            for (long offset = runs.First; offset < runs.First + runs.Length; offset++)
            {
                ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, offset);
                Unindex(touched);
                if (!leased) touched.Fail(time);
                touched.Deadline = deadline;
                touched.IsLeased = leased;
                touched.IsReady = touched.HasFailed = false;
                Index(offset, touched);
            }
        }
    }

    private void ApplyPurged(ReadOnlySpan<byte> payload)
    {
        var reader = new SpanReader(payload);
        DeletedTotal += ApplyFloor((long)reader.ReadVarint());
        Epoch = (long)reader.ReadVarint();
    }

    private void ApplyRestarted(ReadOnlySpan<byte> payload)
    {
        var reader = new SpanReader(payload);
        long next = (long)reader.ReadVarint();
        Epoch = (long)reader.ReadVarint();
        if (next <= log.End) return;
        _gaps.Add((log.End, next));
        log.SkipTo(next);
        RaiseFloor();
    }

    /// <summary>Everything below the floor is done with; answers how many messages that ended.</summary>
    private long ApplyFloor(long floor)
    {
        if (floor <= Floor) return 0;
        long ended = floor - Floor - GapsIn(Floor, floor) - _terminal.CountIn(Floor, floor);
        EndHeldBelow(floor);
        foreach ((long offset, Touched touched) in _touched)
        {
            if (offset >= floor) continue;
            Unindex(touched);
            _touched.Remove(offset);
        }

        Floor = floor;
        RaiseFloor();
        return ended;
    }

    /// <summary>Moves the cursor past a message that was never touched. What it skips is delayed, or was delayed and
    /// handed out before its turn, or is done with.</summary>
    private void PassNext(long offset)
    {
        while (Next < offset) Next = Math.Min(offset, Skip(Next) ?? Next + 1);
        Next = offset + 1;
    }

    /// <summary>The cursor rests on a message that was never touched: a million delayed ones in front of it must not be
    /// looked at by every receive.</summary>
    private void PassTouched()
    {
        while (_touchedAhead + _terminalAhead + _gaps.Count > 0 && Next < log.End && Skip(Next) is { } next) Next = next;
    }

    /// <summary>Where to go on after an offset at the cursor that is not to be handed out from there; null when it is.
    /// </summary>
    private long? Skip(long offset)
    {
        if (_touched.ContainsKey(offset)) _touchedAhead--;
        else if (_terminal.Contains(offset)) _terminalAhead--;
        else return EndOfGap(offset);
        return offset + 1;
    }

    private long? EndOfGap(long offset)
    {
        foreach ((long from, long to) in _gaps)
            if (offset >= from && offset < to) return to;
        return null;
    }

    /// <summary>The floor rests on the first message that is still here.</summary>
    private void RaiseFloor()
    {
        long floor = Math.Min(NextPresent(Floor), log.End);
        Floor = floor;
        _terminal.DropBelow(floor);
        while (_gaps.Count > 0 && _gaps[0].To <= floor) _gaps.RemoveAt(0);
        if (Next < floor)
        {
            Next = floor;
            RecountAhead();
        }

        PassTouched();
        log.Trim(floor);
    }
}
