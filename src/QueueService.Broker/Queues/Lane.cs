using System.Buffers;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Queues;

/// <summary>
/// One log of a queue and the cursor over it, in positions. Messages at or above <see cref="Next"/> were never handed
/// out, except those that are counted as being ahead; everything below <see cref="Floor"/> is done with.
/// </summary>
/// <param name="touched">The queue's table of touched messages.</param>
/// <param name="isShared">The log is that of a topic: others read it too, and what is done with here stays.</param>
internal sealed class Lane(int number, AppendLog log, Dictionary<long, Touched> touched, bool isShared)
{
    private readonly long _first = Position.First(number);
    private readonly List<(long From, long To)> _gaps = [];
    private TerminalSet _terminal = new();
    private long _touchedAhead;
    private long _terminalAhead;

    public int Number => number;

    public AppendLog Log => log;

    /// <summary>Of messages with groups, whose order or turns count.</summary>
    public bool IsGrouped { get; init; }

    /// <summary>Derived: of a subscription that does not let everything through.</summary>
    public bool IsFiltered { get; set; }

    /// <summary>What is handed out is known message by message, by looking at them.</summary>
    public bool IsIndexed => IsGrouped || IsFiltered;

    /// <summary>Derived, of a filtered lane: the topic's scan says what matches from <see cref="KnownEnd"/>
    /// on.</summary>
    public bool IsLive { get; set; }

    /// <summary>Derived, of a filtered lane: what was looked at, did not match and is not written down yet.</summary>
    public List<(long From, long To)> Unmatched { get; } = [];

    /// <summary>The lowest position that was never touched.</summary>
    public long Next { get; private set; } = Position.First(number);

    /// <summary>Everything below is done with.</summary>
    public long Floor { get; private set; } = Position.First(number);

    public long End => _first + log.End;

    /// <summary>Messages that were never handed out and are not delayed.</summary>
    public long Untouched => End - Next - GapsIn(Next, End) - _terminalAhead - _touchedAhead;

    /// <summary>Of a log that is read by position: messages at or above one.</summary>
    public long CountFrom(long position) => position >= End ? 0 : End - position - GapsIn(position, End);

    /// <summary>Blocks of the terminal set that take memory.</summary>
    public int PartialBlocks => _terminal.PartialBlocks;

    public bool HasMessages => Floor < End;

    /// <summary>Derived, of an indexed lane: all messages below were looked at, those above not yet.</summary>
    public long KnownEnd { get; set; } = Position.First(number);

    /// <summary>Derived, of a FIFO queue: behind the last lease that was ever given. After a restart nothing is handed
    /// out before the groups are known up to here: a lease blocks its group wherever it is.</summary>
    public long LeasedEnd { get; set; }

    /// <summary>Derived: messages whose groups are known.</summary>
    public int KnownCount { get; set; }

    /// <summary>Messages of this lane are being read from disk for their groups.</summary>
    public bool IsReading { get; set; }

    /// <summary>When the disk was last asked for expired messages.</summary>
    public long LastDiskSweep { get; set; }

    /// <summary>What it holds, in any state; nothing is counted where the log is shared.</summary>
    public HeldMessages Held { get; } = new();

    /// <summary>Somebody was here: the lane is more than its beginning.</summary>
    public bool IsBegun => Next > _first || Floor > _first || !IsPlainAhead;

    public long Append(long time, ReadOnlySpan<byte> message)
    {
        long position = _first + log.Append(time, message);
        Held.Add(position, message.Length);
        return position;
    }

    public bool TryPin(long position, out PinnedRecord record) => log.TryPin(position - _first, out record);

    public bool TryHold(long position, out HeldSegment held) => log.TryHold(position - _first, out held);

    /// <summary>Exact in memory, and a guess for what is on disk.</summary>
    public int SizeOf(long position) =>
        log.TryGetLength(position - _first, out int length) ? length : log.AverageRecordBytes();

    /// <summary>The lowest position whose message was sent at this time or later, as far as memory knows.</summary>
    public bool TryFindTimeInMemory(long time, out long position)
    {
        bool known = log.TryFindTimeInMemory(time, out long offset);
        position = _first + offset;
        return known;
    }

    /// <summary>As above, for what is on disk. Any thread.</summary>
    public long? FindTimeOnDisk(long time) => _first + log.FindTimeOnDisk(time);

    /// <summary>No record that is kept lies before this one. It may read a file; not on the loop.</summary>
    public bool IsFirstOnDisk(long position) => _first + log.NextOnDisk(Floor - _first) == position;

    /// <summary>The lowest position at or above this one that is not done with; <see cref="End"/> or more when there is
    /// none.</summary>
    public long NextPresent(long position)
    {
        position = Math.Max(position, Floor);
        while (true)
        {
            long present = _terminal.NextAbsent(position);
            foreach ((long from, long to) in _gaps)
                if (present >= from && present < to) present = to;
            if (present == position) return present;
            position = present;
        }
    }

    /// <summary>The same of a log with holes that compaction made.</summary>
    /// <param name="unknown">When the answer is false: whose offsets are to be read before it can be told.</param>
    public bool TryNextPresent(long position, out long present, out HeldSegment unknown)
    {
        unknown = default;
        present = NextPresent(position);
        while (present < End)
        {
            if (!log.TryFindPresent(present - _first, out long offset, out unknown)) return false;
            if (_first + offset == present) return true;
            present = NextPresent(_first + offset);
        }

        return true;
    }

    public bool IsPresent(long position) => position < End && NextPresent(position) == position;

    /// <summary>Nothing between the cursor and the end was touched or ended: all of it can be handed out as it comes.
    /// </summary>
    public bool IsPlainAhead => _touchedAhead + _terminalAhead + _gaps.Count == 0;

    /// <summary>A message got an entry among the touched ones.</summary>
    public void Touch(long position)
    {
        if (position != Next) _touchedAhead++;
        else Next++;
        PassTouched();
    }

    /// <summary>A message that was never touched is handed out and ends at once.</summary>
    public void PassTaken(long position)
    {
        if (position == Next) Next++;
    }

    /// <summary>Where the lane can begin and still hold so many bytes, as they are stored after compaction.</summary>
    public long StoredFloorFor(long bytes) => Math.Clamp(_first + log.FloorFor(bytes), Floor, End);

    /// <summary>Where the lane has to begin to hold at most so many bytes, in whole blocks of messages.</summary>
    public long FloorFor(long bytes) => Math.Clamp(Held.FloorFor(bytes), Floor, End);

    /// <summary>Ends a message; the caller raises the floor when all of them are ended.</summary>
    public void Finish(long position, bool wasTouched)
    {
        if (position >= Next)
        {
            if (wasTouched) _touchedAhead--;
            _terminalAhead++;
        }

        if (!isShared) Held.End(position);
        if (position == Floor) Floor++;
        else _terminal.Add(position);
    }

    /// <summary>Raises the floor; answers how many messages that ended. Touched ones below are the caller's.</summary>
    public long EndBelow(long floor)
    {
        if (floor <= Floor) return 0;
        long ended = floor - Floor - GapsIn(Floor, floor) - _terminal.CountIn(Floor, floor);
        long from = Math.Max(Floor, HeldMessages.BlockStart(floor));
        if (!isShared) Held.EndBelow(floor, floor - from - GapsIn(from, floor) - _terminal.CountIn(from, floor));
        Floor = floor;
        RaiseFloor();
        return ended;
    }

    /// <summary>The floor rests on the first message that is still here.</summary>
    public void RaiseFloor()
    {
        long floor = Math.Min(NextPresent(Floor), End);
        Floor = floor;
        _terminal.DropBelow(floor);
        while (_gaps.Count > 0 && _gaps[0].To <= floor) _gaps.RemoveAt(0);
        if (Next < floor)
        {
            Next = floor;
            RecountAhead();
        }

        PassTouched();
        if (!isShared) log.Trim(floor - _first);
    }

    /// <summary>Ends messages of a shared log that were never handed out, from one position to before
    /// another.</summary>
    public void FinishRange(long from, long to)
    {
        if (to > Next) _terminalAhead += to - Math.Max(from, Next);
        if (from <= Floor) Floor = Math.Max(Floor, to);
        else _terminal.AddRange(from, to);
        RaiseFloor();
    }

    /// <summary>What a shared log has lost: remembered as a gap, however long it is.</summary>
    public void LeaveOut(long from, long to)
    {
        int place = _gaps.FindIndex(gap => gap.From > from);
        if (from <= Floor) Floor = Math.Max(Floor, to);
        else _gaps.Insert(place < 0 ? _gaps.Count : place, (from, to));
        RaiseFloor();
    }

    /// <summary>A message that has ended is here again, touched.</summary>
    public void Revive(long position)
    {
        _terminal.Remove(position);
        if (position < Floor)
        {
            _terminal.AddRange(position + 1, Floor);
            Floor = position;
            return;
        }

        if (position < Next) return;
        _terminalAhead--;
        _touchedAhead++;
    }

    /// <summary>Nothing from where it was looked last to before this position matches.</summary>
    public void PassUnmatched(long to)
    {
        if (to <= KnownEnd) return;
        if (Unmatched.Count > 0 && Unmatched[^1].To == KnownEnd) Unmatched[^1] = (Unmatched[^1].From, to);
        else Unmatched.Add((KnownEnd, to));
        KnownEnd = to;
    }

    /// <summary>The cursor of a shared log stands here: everything before is done with, nothing after it is.</summary>
    public void ResetTo(long position)
    {
        Next = Floor = KnownEnd = position;
        LeasedEnd = KnownCount = 0;
        _terminal = new TerminalSet();
        _gaps.Clear();
        Unmatched.Clear();
        _touchedAhead = _terminalAhead = 0;
    }

    /// <summary>Offsets that were lost, and never given again.</summary>
    public IReadOnlyList<(long From, long To)> Gaps => _gaps;

    /// <summary>Runs above the floor that are done with, in rising order.</summary>
    public IEnumerable<(long From, long To)> FinishedAhead() => _terminal.RunsFrom(Floor);

    /// <summary>Leaves offsets out: what was lost must never be given again.</summary>
    public void SkipTo(long offset)
    {
        if (offset <= log.End) return;
        _gaps.Add((End, _first + offset));
        log.SkipTo(offset);
        RaiseFloor();
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint((ulong)Next);
        output.WriteVarint((ulong)Floor);
        output.WriteVarint((ulong)_gaps.Count);
        foreach ((long from, long to) in _gaps)
        {
            output.WriteVarint((ulong)from);
            output.WriteVarint((ulong)to);
        }

        _terminal.Capture(output);
        Held.Capture(output);
    }

    public void Restore(ref SpanReader input)
    {
        Next = (long)input.ReadVarint();
        Floor = (long)input.ReadVarint();
        for (ulong gaps = input.ReadVarint(); gaps > 0; gaps--)
            _gaps.Add(((long)input.ReadVarint(), (long)input.ReadVarint()));
        _terminal = new TerminalSet();
        _terminal.Restore(ref input);
        Held.Restore(ref input);
        KnownEnd = Floor;
    }

    /// <summary>After a restore: the table of touched messages is complete now.</summary>
    public void FinishRestore()
    {
        RecountAhead();
        if (!isShared) log.Trim(Floor - _first);
    }

    /// <summary>The cursor rests on a message that was never touched: a million delayed ones in front of it must not be
    /// looked at by every receive.</summary>
    private void PassTouched()
    {
        while (!IsPlainAhead && Next < End && Skip(Next) is { } next) Next = next;
    }

    /// <summary>Where to go on after a position at the cursor that is not to be handed out from there; null when it is.
    /// </summary>
    private long? Skip(long position)
    {
        if (touched.ContainsKey(position)) _touchedAhead--;
        else if (_terminal.Contains(position)) _terminalAhead--;
        else return EndOfGap(position);
        return position + 1;
    }

    private long? EndOfGap(long position)
    {
        foreach ((long from, long to) in _gaps)
            if (position >= from && position < to) return to;
        return null;
    }

    private long GapsIn(long from, long to)
    {
        long sum = 0;
        foreach ((long start, long end) in _gaps) sum += Math.Max(0, Math.Min(end, to) - Math.Max(start, from));
        return sum;
    }

    private void RecountAhead()
    {
        // Not up to the end: a shared log may not have been recovered yet.
        long end = Position.First(number + 1);
        _terminalAhead = _terminal.CountIn(Next, end);
        _touchedAhead = 0;
        foreach (long position in touched.Keys)
            if (position >= Next && position < end) _touchedAhead++;
    }
}
