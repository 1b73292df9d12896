using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using QueueService.Broker.Queues;

namespace QueueService.Broker.Topics;

/// <summary>
/// How far somebody has read a topic: for each of its lanes, the first message not read. Its text is the id of a live
/// event, so a reader that comes back goes on where it was, also after a restart.
/// </summary>
public sealed class TopicCursor
{
    /// <summary>The largest that a lane has.</summary>
    public const long MaxOffset = Position.MaxOffset;

    private const int MaxTextLength = 512;

    private readonly SortedList<int, long> _next;

    private TopicCursor(SortedList<int, long> next) => _next = next;

    /// <summary>Of a stream: only the partitions that are named are read. Else all lanes are, one that is not named
    /// from its beginning.</summary>
    public bool IsSelection { get; init; }

    /// <summary>The lanes that are named, and the first offset of each that was not read.</summary>
    public IEnumerable<KeyValuePair<int, long>> Places => _next;

    /// <summary>All of a stream, with these partitions each from an offset on, and the others from where they stand
    /// here.</summary>
    public TopicCursor Moved(IEnumerable<KeyValuePair<int, long>> places)
    {
        var next = new SortedList<int, long>(_next);
        foreach ((int partition, long offset) in places) next[partition] = offset;
        return new TopicCursor(next) { IsSelection = IsSelection };
    }

    /// <summary>The first offset of a partition that was not read; null when it is not named.</summary>
    public long? OffsetIn(int partition) => _next.TryGetValue(partition, out long offset) ? offset : null;

    /// <summary>Reads these partitions of a stream, each from an offset on.</summary>
    public static TopicCursor Select(IEnumerable<KeyValuePair<int, long>> places)
    {
        var next = new SortedList<int, long>();
        foreach ((int partition, long offset) in places) next[partition] = offset;
        return new TopicCursor(next) { IsSelection = true };
    }

    /// <summary>The oldest message that is kept.</summary>
    public static TopicCursor Beginning { get; } = new([]);

    /// <summary>Of a record of a stream.</summary>
    public static int PartitionOf(long sequenceNumber) => Position.LaneOf(sequenceNumber);

    /// <summary>Of a record of a stream, in its partition.</summary>
    public static long OffsetOf(long sequenceNumber) => Position.OffsetOf(sequenceNumber);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TopicCursor? cursor)
    {
        cursor = null;
        if (text is not { Length: > 0 and <= MaxTextLength } || !Base64Url.IsValid(text)) return false;
        var reader = new SpanReader(Base64Url.DecodeFromChars(text));
        var next = new SortedList<int, long>();
        while (reader.TryReadVarint(out ulong lane))
        {
            if (lane >= Position.MaxPartitions || !reader.TryReadVarint(out ulong offset)) return false;
            if (offset > Position.MaxOffset || !next.TryAdd((int)lane, (long)offset)) return false;
        }

        cursor = new TopicCursor(next);
        return reader.IsEmpty;
    }

    /// <summary>After this message of its lane.</summary>
    public TopicCursor After(long sequenceNumber)
    {
        TopicCursor after = Copy();
        after.Move(sequenceNumber);
        return after;
    }

    internal TopicCursor Copy() => new(new SortedList<int, long>(_next)) { IsSelection = IsSelection };

    /// <summary>Of a copy that nobody else has.</summary>
    internal void Move(long sequenceNumber) =>
        _next[Position.LaneOf(sequenceNumber)] = Position.OffsetOf(sequenceNumber) + 1;

    /// <summary>Whether this message was read.</summary>
    public bool Covers(long sequenceNumber) =>
        Position.OffsetOf(sequenceNumber) < _next.GetValueOrDefault(Position.LaneOf(sequenceNumber));

    /// <summary>Whether the other one has read everything that this one has.</summary>
    public bool IsWithin(TopicCursor other)
    {
        foreach ((int lane, long offset) in _next)
            if (offset > other._next.GetValueOrDefault(lane)) return false;
        return true;
    }

    public override string ToString()
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        foreach ((int lane, long offset) in _next)
        {
            bytes.WriteVarint((ulong)lane);
            bytes.WriteVarint((ulong)offset);
        }

        // The beginning has a text, too: an id must not be empty.
        if (bytes.WrittenCount == 0)
        {
            bytes.WriteVarint(0);
            bytes.WriteVarint(0);
        }

        return Base64Url.EncodeToString(bytes.WrittenSpan);
    }

    internal static TopicCursor EndOf(MessageQueue topic)
    {
        var next = new SortedList<int, long>();
        foreach (Lane lane in topic.Lanes) next.Add(lane.Number, Position.OffsetOf(lane.End));
        return new TopicCursor(next);
    }

    internal static TopicCursor At(MessageQueue topic, IReadOnlyDictionary<int, long> starts)
    {
        var next = new SortedList<int, long>();
        foreach (Lane lane in topic.Lanes)
        {
            // The log may still have what retention has taken; and a lane that nobody knew of when the time was looked
            // for has only what was published since.
            long start = Math.Max(lane.Floor, starts.GetValueOrDefault(lane.Number, lane.Floor));
            next.Add(lane.Number, Position.OffsetOf(start));
        }

        return new TopicCursor(next);
    }

    /// <summary>What is read of a topic or a stream.</summary>
    internal IReadOnlyList<Lane> LanesOf(MessageQueue topic) => IsSelection
        ? [.. _next.Keys.Select(topic.FindLane).OfType<Lane>()]
        : topic.Lanes;

    /// <summary>The position of the first message of the lane that was not read.</summary>
    internal long NextIn(Lane lane) => Position.First(lane.Number) + _next.GetValueOrDefault(lane.Number);

    /// <summary>Where the lanes are read up to from now on, by position.</summary>
    internal TopicCursor With(IEnumerable<(Lane Lane, long Next)> read)
    {
        var next = new SortedList<int, long>(_next);
        foreach ((Lane lane, long position) in read) next[lane.Number] = Position.OffsetOf(position);
        return new TopicCursor(next) { IsSelection = IsSelection };
    }
}

/// <summary>A place that moves over many messages, most of which nobody asks about.</summary>
public struct CursorProgress(TopicCursor from)
{
    private TopicCursor _place = from;
    private bool _isShared = true;

    /// <summary>This message of its lane was read.</summary>
    public void Pass(long sequenceNumber)
    {
        if (_isShared) _place = _place.Copy();
        _isShared = false;
        _place.Move(sequenceNumber);
    }

    /// <summary>The place as it is now.</summary>
    public TopicCursor ToCursor()
    {
        _isShared = true;
        return _place;
    }
}
