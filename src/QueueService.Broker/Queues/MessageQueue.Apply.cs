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
                _duplicates?.Clear();
                break;
            case QueueRecord.Sent:
                Main.Append(record.Time, payload);
                SentTotal++;
                break;
            case QueueRecord.SentDelayed:
                ApplyDelayed(
                    Main, Main.Append(record.Time, payload[8..]), BinaryPrimitives.ReadInt64LittleEndian(payload));
                SentTotal++;
                break;
            case QueueRecord.SentTo:
                ApplySentTo(payload, record.Time);
                break;
            case QueueRecord.Leased:
                ApplyLeased(payload[8..], BinaryPrimitives.ReadInt64LittleEndian(payload), record.Time);
                break;
            case QueueRecord.LeasedByAttempt:
                ApplyAttempted(payload[24..], BinaryPrimitives.ReadUInt128LittleEndian(payload), record.Time);
                ApplyLeased(payload[24..], BinaryPrimitives.ReadInt64LittleEndian(payload[16..]), record.Time);
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
            case QueueRecord.Forgotten:
                _duplicates?.Forget(record.Time);
                break;
            case QueueRecord.DuplicatesForgotten:
                _duplicates?.Clear();
                break;
            case QueueRecord.TtlEnded:
                ExpiredTotal += ApplyTerminal(payload);
                break;
            case QueueRecord.Expiring:
                ApplyExpiring(payload, record.Time);
                break;
            case QueueRecord.Rescheduled:
                ApplyRescheduled(payload[8..], BinaryPrimitives.ReadInt64LittleEndian(payload));
                break;
            case QueueRecord.Positioned:
                ApplyPositioned(payload);
                break;
            case QueueRecord.Skipped:
                ApplySkipped(payload);
                break;
            case QueueRecord.Missed:
                ApplyMissed((long)new SpanReader(payload).ReadVarint());
                break;
            case QueueRecord.Attempted:
                OpenAttempts().Append(record.Time, payload);
                break;
            case QueueRecord.AttemptsForgotten:
                OpenAttempts().TrimTo((long)new SpanReader(payload).ReadVarint());
                break;
            case QueueRecord.Abandoned:
                AbandonedTotal += ApplyTerminal(payload);
                break;
            case QueueRecord.Disabled:
                ApplyDisabled(payload);
                break;
            case QueueRecord.Failing:
                FailingSince = (long)new SpanReader(payload).ReadVarint();
                break;
            case QueueRecord.Appended:
                ApplyAppended(payload, record.Time);
                break;
            case QueueRecord.Produced:
                Producers.Apply(payload, record.Time);
                break;
            case QueueRecord.ProducersForgotten:
                Producers.Forget((long)new SpanReader(payload).ReadVarint());
                break;
            case QueueRecord.Touched:
                TouchedAt = record.Time;
                break;
            case QueueRecord.Closed:
                (IsClosed, TouchedAt) = (true, record.Time);
                break;
            case QueueRecord.Sequenced:
                ApplySequenced(payload);
                break;
            case QueueRecord.Retired:
                IsRetired = true;
                break;
            case QueueRecord.Revived:
                ApplyRevived(payload, record.Time);
                break;
            case QueueRecord.ReplayBegun:
                ApplyReplayBegun(payload, record.Time);
                break;
            case QueueRecord.SnapshotTaken:
                ApplySnapshotTaken(record);
                break;
            case QueueRecord.SnapshotForgotten:
                Forget(new SpanReader(payload).ReadText());
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
        OpenMain();
        OpenPartitions();
        Version = 1;
        CreatedAt = UpdatedAt = TouchedAt = time;
        ApplyAlarms(time);
    }

    private void ApplyConfigured(ReadOnlySpan<byte> payload, long time)
    {
        var reader = new SpanReader(payload);
        QueueConfig before = Config;
        Config = QueueConfigFormat.Read(ref reader);
        if (Config.Retry != before.Retry || Config.Redrive != before.Redrive) Reconsider();
        if (_duplicates is not null) _duplicates.ByGroup = Config.DeduplicationScope == DeduplicationScope.Group;
        _groups?.Lock(Config.GroupLock == GroupLock.Later);
        OpenPartitions();
        Version++;
        UpdatedAt = time;
        ApplyAlarms(time);
    }

    private void ApplyDelayed(Lane lane, long position, long visibleAt)
    {
        var touched = new Touched { Deadline = visibleAt };
        _touched.Add(position, touched);
        lane.Touch(position);
        Index(position, touched);
    }

    private void ApplySentTo(ReadOnlySpan<byte> payload, long time)
    {
        var sent = new SentTo(payload);
        Lane lane = OpenLane(sent.Lane);
        bool wasKnown = lane.KnownEnd == lane.End;
        long position = lane.Append(time, sent.Message);
        SentTotal++;
        if (sent.IsMoved) MovedTotal++;
        if (sent.VisibleAt > 0) ApplyDelayed(lane, position, sent.VisibleAt);
        if (sent.ExpiresAt > 0) SetExpiry(position, sent.ExpiresAt);
        if (sent.HasKey) RememberDuplicate(sent, position, time);
        if (lane.IsGrouped && wasKnown && !IsTopic) LearnGroup(lane, position, sent.Message);
    }

    private void ApplyLeased(ReadOnlySpan<byte> payload, long deadline, long time)
    {
        var runs = new OffsetRuns(payload, withCounts: true);
        while (runs.MoveNext())
        {
            ReceivedTotal += runs.Length;
            Lane lane = LaneOf(runs.First);
            for (long position = runs.First; position < runs.First + runs.Length; position++)
            {
                ref Touched touched =
                    ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, position, out bool exists);
                if (exists) Unindex(position, touched);
                else lane.Touch(position);
                EndHold(position);
                touched.Fail(time);
                touched.Deadline = deadline;
                touched.ReceiveCount = runs.ReceiveCount;
                if (touched.FirstReceivedAt == 0) touched.FirstReceivedAt = time;
                touched.ReceiveSlot = Touched.SlotOf(time);
                touched.IsLeased = true;
                touched.IsReady = touched.HasFailed = false;
                Index(position, touched);
            }
        }
    }

    private void ApplyTaken(ReadOnlySpan<byte> payload)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            ReceivedTotal += runs.Length;
            Lane lane = LaneOf(runs.First);
            for (long position = runs.First; position < runs.First + runs.Length; position++)
                if (!_touched.ContainsKey(position)) lane.PassTaken(position);
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
            Lane lane = LaneOf(runs.First);
            for (long position = runs.First; position < runs.First + runs.Length; position++)
            {
                bool wasTouched = _touched.Remove(position, out Touched touched);
                if (wasTouched)
                {
                    Unindex(position, touched);
                    EndHold(position);
                }

                lane.Finish(position, wasTouched);
                if (_expiries.Count > 0) _expiries.Remove(position);
                _groups?.Remove(lane, position);
            }

            lane.RaiseFloor();
        }

        return count;
    }

    private void ApplyMoved(ReadOnlySpan<byte> payload, long deadline, long time, bool leased)
    {
        var runs = new OffsetRuns(payload);
        while (runs.MoveNext())
        {
            for (long position = runs.First; position < runs.First + runs.Length; position++)
            {
                ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, position);
                Unindex(position, touched);
                if (!leased) EndHold(position);
                if (!leased) touched.Fail(time);
                touched.Deadline = deadline;
                touched.IsLeased = leased;
                touched.IsReady = touched.HasFailed = false;
                Index(position, touched);
            }
        }
    }

    private void ApplyPurged(ReadOnlySpan<byte> payload)
    {
        var reader = new SpanReader(payload);
        Epoch = (long)reader.ReadVarint();
        while (!reader.IsEmpty) DeletedTotal += ApplyFloor((long)reader.ReadVarint());
    }

    private void ApplyRestarted(ReadOnlySpan<byte> payload)
    {
        var reader = new SpanReader(payload);
        _firstOffset = (long)reader.ReadVarint();
        Epoch = (long)reader.ReadVarint();
        foreach (Lane lane in _lanes) lane.SkipTo(_firstOffset);
    }

    /// <summary>Everything in its lane below the floor is done with; answers how many messages that ended.</summary>
    private long ApplyFloor(long floor)
    {
        Lane lane = LaneOf(floor);
        foreach ((long position, Touched touched) in _touched)
        {
            if (position >= floor || position < lane.Floor) continue;
            Unindex(position, touched);
            EndHold(position);
            _touched.Remove(position);
        }

        ForgetExpiriesBelow(lane, floor);
        _groups?.RemoveBelow(lane, floor);
        lane.KnownEnd = Math.Max(lane.KnownEnd, Math.Min(floor, lane.End));
        return lane.EndBelow(floor);
    }
}
