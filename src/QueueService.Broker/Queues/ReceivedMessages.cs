using QueueService.Broker.Messages;
using QueueService.Broker.QueueViews;
using QueueService.Broker.Topics;
using QueueService.Storage.Logs;
using QueueService.Storage.Tiering;

namespace QueueService.Broker.Queues;

/// <summary>
/// Messages on their way out: leased by a receive, or seen by a browse. Bodies stay in the log's memory, or on disk,
/// until they are read, so dispose it when the reply is written.
/// </summary>
public sealed class ReceivedMessages : IDisposable
{
    private const int MaxIdle = 1_024;
    private const int MaxIdleItems = 128;

    private static readonly Stack<ReceivedMessages> Idle = new();
    private static readonly Lock Gate = new();

    private Delivery[] _items = new Delivery[1];
    private MessageQueue _queue = null!;
    private ReceiptSeal _seal;
    private long _epoch;
    private SegmentReader? _reader;
    private bool _hasRemote;
    private HeldSegment _unknown;

    private ReceivedMessages()
    {
    }

    public int Count { get; private set; }

    /// <summary>Of the queue when they were taken.</summary>
    internal long Epoch => _epoch;

    public Durability Durability { get; private set; }

    /// <summary>The number of whose messages these are: never given to another queue, topic or stream.</summary>
    public uint Source => _queue.LogResource;

    /// <summary>Outcomes of <see cref="ReceiveRequest.Acknowledge"/>, in order; null when none were given.</summary>
    public BrokerError[]? Acknowledged { get; internal set; }

    /// <summary>Browse only: where the next page starts; null at the end of the queue.</summary>
    public long? Next { get; internal set; }

    /// <summary>Of a topic that is read only: where these messages begin. It is where the reader was, except for what
    /// was <see cref="Lost"/>.</summary>
    public TopicCursor? FirstCursor { get; internal set; }

    /// <summary>Of a topic that is read only: where to go on.</summary>
    public TopicCursor? NextCursor { get; internal set; }

    /// <summary>Of partitions of a stream that are read only: where they end.</summary>
    public TopicCursor? EndCursor { get; internal set; }

    /// <summary>The sequence number of the last one.</summary>
    public long LastNumber => _items[Count - 1].Position;

    /// <summary>Of a durable stream: it was closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Of a topic that is read only: messages that were not kept until they were asked for.</summary>
    public long Lost { get; internal set; }

    /// <summary>Of a stream that is compacted: what is answered again may be less.</summary>
    public bool IsCompacted => _queue.IsCompacted;

    /// <summary>How often the files of these messages were rewritten, at most.</summary>
    public int Generation { get; private set; }

    /// <summary>It ends where a file has to be looked into before it is known which offsets come next.</summary>
    internal bool HasUnknown => _unknown.IsHeld;

    /// <summary>Of a queue view, for a live reader: records that nobody has acknowledged and that the stream does not
    /// keep any more, since the reader was told last; null when there are none.</summary>
    public ViewGap? Gap { get; internal set; }

    /// <summary>Of a receive that moves them: messages of the queue have failed as often as they may.</summary>
    internal bool HasDeadLetters { get; set; }

    /// <summary>How long the receive was to wait, milliseconds.</summary>
    internal long WaitAsked { get; set; }

    /// <summary>Messages that turned out to be damaged on disk while they were read: for the broker, to take them out.
    /// </summary>
    internal List<long>? Damaged { get; private set; }

    /// <summary>Of a queue view: records that the stream does not have any more. For the broker, to end them.</summary>
    internal List<long>? Absent { get; private set; }

    /// <summary>Reads the n-th message. The view is valid until the next call. Answers false when the message is
    /// damaged on disk: leave it out. That it was acknowledged or purged meanwhile does not matter.</summary>
    public bool TryRead(int n, out MessageView message)
    {
        ref Delivery item = ref _items[n];
        ReadOnlySpan<byte> bytes;
        long sentAt = item.Record.Time;
        if (item.Record.IsPinned)
        {
            bytes = item.Record.Payload;
        }
        else
        {
            _reader ??= new SegmentReader();
            ReadOutcome outcome =
                _reader.Read(item.Held, Queues.Position.OffsetOf(item.Position), out sentAt, out bytes);
            if (outcome == ReadOutcome.Damaged) (Damaged ??= []).Add(item.Position);

            // Retention or compaction took it meanwhile: for whoever still waits for it, it has ended.
            if (outcome == ReadOutcome.Absent && _queue.IsQueueView) (Absent ??= []).Add(item.Position);
            if (outcome != ReadOutcome.Found)
            {
                message = default;
                return false;
            }
        }

        MessageOrigin? origin = MessageFormat.ReadOrigin(bytes);
        message = new MessageView(bytes)
        {
            Id = origin is { HasOwnId: false } ? origin.Id : new MessageId(_queue.LogResource, item.Position),
            SequenceNumber = item.Position,
            Priority = _queue.PriorityOf(item.Position),
            IsRecord = _queue.IsPartitioned,
            Origin = origin,
            Receipt =
                item.HasReceipt ? _seal.Issue(_queue.Resource, item.Position, item.ReceiveCount, _epoch) : default,
            State = item.State,
            ReceiveCount = item.ReceiveCount,
            SentAt = origin?.SentAt ?? sentAt,
            FirstReceivedAt = item.FirstReceivedAt,
            VisibleAt = item.VisibleAt,
            ExpiresAt = item.ExpiresAt,
            IsReplayed = item.IsReplayed,
        };
        return true;
    }

    public void Dispose()
    {
        Clear();
        _reader?.Dispose();
        _reader = null;
        _queue = null!;
        Acknowledged = null;
        Next = null;
        FirstCursor = null;
        NextCursor = null;
        EndCursor = null;
        Lost = 0;
        Generation = 0;
        _unknown.Release();
        _unknown = default;
        Damaged = null;
        Absent = null;
        Gap = null;
        HasDeadLetters = false;
        WaitAsked = 0;
        if (_items.Length > MaxIdleItems) _items = new Delivery[1];
        lock (Gate)
        {
            if (Idle.Count < MaxIdle) Idle.Push(this);
        }
    }

    internal static ReceivedMessages Rent(MessageQueue queue, ReceiptSeal seal)
    {
        ReceivedMessages? messages;
        lock (Gate)
        {
            if (!Idle.TryPop(out messages)) messages = new ReceivedMessages();
        }

        messages._queue = queue;
        messages._seal = seal;
        messages._epoch = queue.Epoch;
        messages.Durability = queue.Config.Durability;
        messages.IsClosed = queue.IsClosed;
        return messages;
    }

    /// <summary>Takes a message in and holds its record in memory, or its file: it may be gone from the log before it
    /// is read, because it is acknowledged on receipt or by somebody else. On the loop.</summary>
    internal void Add(in Delivery delivery)
    {
        if (Count == _items.Length) Array.Resize(ref _items, Count * 4);
        _items[Count] = delivery;
        Lane lane = _queue.LaneOf(delivery.Position);
        if (!lane.TryPin(delivery.Position, out _items[Count].Record))
            lane.TryHold(delivery.Position, out _items[Count].Held);
        _hasRemote |= _items[Count].Held.IsRemote;
        Generation = Math.Max(Generation, _items[Count].Held.Generation);
        Count++;
    }

    /// <summary>Some are in the object store, and have to be fetched before they are read.</summary>
    internal bool NeedsFetch => _hasRemote;

    /// <exception cref="ObjectStoreException">They cannot be had now.</exception>
    internal async ValueTask Fetch(Tier tier)
    {
        HeldSegment near = default;
        for (int i = 0; i < Count; i++)
        {
            HeldSegment held = _items[i].Held;
            if (!held.IsRemote) continue;
            near = await tier.Fetch(held, Queues.Position.OffsetOf(_items[i].Position), near);
            _items[i].Held = near;
            held.Release();
        }

        _hasRemote = false;
    }

    /// <summary>The queue whose leases these are; null when nothing is leased.</summary>
    internal MessageQueue? LeasedFrom => Count > 0 && _items[0].HasReceipt ? _queue : null;

    internal List<(long Position, int ReceiveCount)> Leases() =>
        [.. _items.Take(Count).Select(static item => (item.Position, item.ReceiveCount))];

    /// <summary>From now on they say that they were acknowledged on receipt.</summary>
    internal List<ReceiptHandle> TakeReceipts()
    {
        var receipts = new List<ReceiptHandle>(Count);
        for (int i = 0; i < Count; i++)
        {
            ref Delivery item = ref _items[i];
            receipts.Add(_seal.Issue(_queue.Resource, item.Position, item.ReceiveCount, _epoch));
            item.HasReceipt = false;
            item.VisibleAt = 0;
        }

        return receipts;
    }

    /// <summary>Lets go of the messages, and stays an answer.</summary>
    internal void Clear()
    {
        for (int i = 0; i < Count; i++)
        {
            _items[i].Record.Release();
            _items[i].Held.Release();
        }

        Array.Clear(_items, 0, Count);
        Count = 0;
        _hasRemote = false;
    }

    /// <summary>Ends here, because this file has to be looked into. On the loop.</summary>
    internal void LookInto(HeldSegment segment) => _unknown = segment;

    /// <summary>Looks into the file, if there is one. Answers true when there is nothing in here and the same has to be
    /// asked again. Not on the loop.</summary>
    internal bool Learn()
    {
        if (!HasUnknown) return false;
        AppendLog.LoadOffsets(_unknown);
        _unknown.Release();
        _unknown = default;
        return Count == 0 && Lost == 0;
    }

    internal (MessageQueue Queue, List<long> Offsets)? TakeDamaged() => Damaged is null ? null : (_queue, Damaged);

    internal (MessageQueue Queue, List<long> Offsets)? TakeAbsent() => Absent is null ? null : (_queue, Absent);

    /// <summary>One message, without its bytes.</summary>
    internal struct Delivery
    {
        public long Position;
        public PinnedRecord Record;
        public long FirstReceivedAt;
        public long VisibleAt;
        public long ExpiresAt;
        public int ReceiveCount;
        public MessageState State;
        public HeldSegment Held;
        public bool HasReceipt;
        public bool IsReplayed;
    }
}

/// <summary>One message, as it lies in memory. Instants are Unix milliseconds.</summary>
public readonly ref struct MessageView
{
    private readonly ReadOnlySpan<byte> _message;

    internal MessageView(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>Names the message for ever, also in another queue.</summary>
    public MessageId Id { get; init; }

    /// <summary>Its place in the queue.</summary>
    public long SequenceNumber { get; init; }

    /// <summary>Null for a message that came to this queue by a send.</summary>
    public MessageOrigin? Origin { get; init; }

    /// <summary>Default for a browsed message and for one acknowledged on receipt.</summary>
    public ReceiptHandle Receipt { get; init; }

    public MessageState State { get; init; }

    /// <summary>0 to 9.</summary>
    public int Priority { get; init; }

    /// <summary>It is a record of a stream, and has a partition and an offset.</summary>
    public bool IsRecord { get; init; }

    public int ReceiveCount { get; init; }

    public long SentAt { get; init; }

    /// <summary>0 when never received.</summary>
    public long FirstReceivedAt { get; init; }

    /// <summary>When the lease or the delay ends; 0 when it is available.</summary>
    public long VisibleAt { get; init; }

    /// <summary>When its time to live ends; 0 when it has none.</summary>
    public long ExpiresAt { get; init; }

    /// <summary>Of a subscription: it is delivered again by a replay.</summary>
    public bool IsReplayed { get; init; }

    /// <summary>The message in the log's form.</summary>
    internal ReadOnlySpan<byte> Raw => _message;

    public ReadOnlySpan<byte> Body => MessageFormat.Body(_message);

    /// <summary>Of a record of a stream: its key, empty when it has none.</summary>
    public ReadOnlySpan<byte> Key => MessageFormat.Key(_message);

    /// <summary>Of a record of a stream: it has no value, which is not the same as an empty body.</summary>
    public bool IsTombstone => MessageFormat.IsTombstone(_message);

    /// <summary>Nothing but the key is to be told of its headers.</summary>
    public bool HasOnlyKey => MessageFormat.HasOnlyKey(_message);

    /// <summary>Of a record of a stream.</summary>
    public int Partition => Position.LaneOf(SequenceNumber);

    /// <summary>Of a record of a stream, in its partition.</summary>
    public long Offset => Position.OffsetOf(SequenceNumber);

    /// <summary>The body is valid UTF-8 (checked when it was sent).</summary>
    public bool BodyIsText => MessageFormat.IsText(_message);

    /// <summary>True when <see cref="ReadHeaders"/> has more to say than the content type.</summary>
    public bool HasHeaders => MessageFormat.HasHeaders(_message);

    /// <summary>Never null: the given one, or text/plain or application/octet-stream. No allocation for usual types.
    /// </summary>
    public string ContentType => MessageFormat.ContentType(_message);

    /// <summary>Decodes the headers; allocates.</summary>
    public MessageHeaders ReadHeaders() => MessageFormat.ReadHeaders(_message);
}
