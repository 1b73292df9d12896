using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using QueueService.Broker.QueueViews;

namespace QueueService.Broker.Queues;

/// <summary>
/// A queue view: one cursor over all partitions of a stream. Partitions that have something are given a record each, in
/// turn, so that a long one hides no other.
/// </summary>
/// <remarks>Derived. Who is in line is found by looking at the partitions, as often as so many records were handed out
/// as there are partitions: a stream does not tell its views of every append.</remarks>
internal sealed partial class MessageQueue
{
    private readonly Queue<PartitionTurn> _partitionLine = new();
    private PartitionTurn?[] _partitionTurns = [];
    private int _untilLook;
    private int _looked;
    private long _choices;

    public bool IsQueueView => _kind == QueueKind.QueueView;

    /// <summary>Compaction or retention took the record from the stream: there is nothing left to be settled.</summary>
    public bool IsGone(long position) =>
        IsQueueView && FanOut?.Topic?.FindLane(Position.LaneOf(position)) is { } lane && position < lane.Floor;

    /// <summary>0 in a queue view: its lanes are partitions.</summary>
    public int PriorityOf(long position) => IsPartitioned ? 0 : Position.PriorityOf(Position.LaneOf(position));

    /// <summary>At which lane a look at all of them begins: in a view at another one each time, because not all of them
    /// can be read at once.</summary>
    public int NextLook(int lanes) => IsPartitioned ? _looked = (_looked + MaxLanesBeingRead) % lanes : 0;

    private void ApplyMissed(long floor)
    {
        Lane lane = LaneOf(floor);
        long from = lane.Floor;
        long lost = ApplyFloor(floor);
        MissedTotal += lost;
        if (lost == 0) return;
        foreach (LeaseHolder reader in Readers) reader.Miss(lane, from, lost);
        HasGaps |= Readers.Count > 0;
    }

    private string Noun => !IsSubscription ? "queue" : IsPartitioned ? "queue view" : "subscription";

    /// <summary>With this many half-acknowledged blocks nothing new of the lane is handed out. The partitions of a view
    /// share what a queue has for one lane.</summary>
    private int PartialBlocksPerLane => IsPartitioned
        ? Math.Max(QueueViewLimits.MinHoleBlocks, QueueViewLimits.HoleBlocks / _lanes.Count)
        : MaxPartialBlocks;

    private bool HasTooManyHoles(Lane lane) => lane.PartialBlocks >= PartialBlocksPerLane;

    private string HolesReason(Lane lane) => IsPartitioned
        ? $"Partition {lane.Number}: too many old records are still leased or delayed between acknowledged ones; " +
            "acknowledge them. Nothing new of it is handed out before."
        : "Too many old messages are still leased or delayed between acknowledged ones; acknowledge or delete them.";

    /// <summary>The place of a lane among the lines of what came back.</summary>
    private int ReadyLineOf(int lane) =>
        !IsPartitioned ? Position.PriorityOf(lane) : Filter is null ? lane : 0;

    private void ChooseInTurns(ref Choice choice)
    {
        _choices++;
        while (!choice.IsFull)
        {
            if (_untilLook-- <= 0 || _partitionLine.Count == 0) FindTurns();
            if (!_partitionLine.TryPeek(out PartitionTurn? turn)) return;
            if (NextOf(turn, out bool isReady) is { } position)
            {
                if (!choice.TryAdd(position, NextReceiveCount(position), SizeOf(position))) return;
                if (isReady) _readyLines[turn.Lane.Number]!.Dequeue();
                else turn.Untouched = NextUntouched(turn.Lane, position + 1);
                _partitionLine.Enqueue(turn);
            }
            else
            {
                turn.IsInLine = false;
            }

            _partitionLine.Dequeue();
        }
    }

    private void FindTurns()
    {
        _untilLook = _lanes.Count;
        if (_partitionTurns.Length < _lanes.Count) Array.Resize(ref _partitionTurns, Position.MaxPartitions);
        foreach (Lane lane in _lanes)
        {
            PartitionTurn turn = _partitionTurns[lane.Number] ??= new PartitionTurn(lane);
            if (turn.IsInLine || NextOf(turn, out _) is null) continue;
            turn.IsInLine = true;
            _partitionLine.Enqueue(turn);
        }
    }

    /// <summary>What the partition gives next: what came back, then what is new.</summary>
    private long? NextOf(PartitionTurn turn, out bool isReady)
    {
        isReady = true;
        Lane lane = turn.Lane;
        if (lane.Number < _readyLines.Length && _readyLines[lane.Number] is { } ready)
        {
            while (ready.TryPeek(out long position))
            {
                ref Touched touched = ref CollectionsMarshal.GetValueRefOrNullRef(_touched, position);
                if (!Unsafe.IsNullRef(ref touched) && touched.IsReady) return position;
                ready.Dequeue();
            }
        }

        isReady = false;
        if (turn.Choice != _choices) (turn.Choice, turn.Untouched) = (_choices, lane.Next);
        return turn.Untouched < lane.End && !HasTooManyHoles(lane) ? turn.Untouched : null;
    }

    /// <summary>A partition and its place in the line.</summary>
    private sealed class PartitionTurn(Lane lane)
    {
        public Lane Lane => lane;

        public bool IsInLine { get; set; }

        /// <summary>The choice in which <see cref="Untouched"/> was looked up.</summary>
        public long Choice { get; set; }

        /// <summary>The next record of this choice that was never handed out.</summary>
        public long Untouched { get; set; }
    }
}
