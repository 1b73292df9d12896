using System.Security.Cryptography;
using System.Text;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Tables;

/// <summary>
/// The newest record of each key of a compacted stream, by where it is: a fold over the stream's log that costs those
/// who append nothing. It is made when somebody asks for it, and forgotten when nobody does.
/// </summary>
internal sealed class StreamTable(BrokerHost host, TableHost tables, StreamName stream) : IDisposable
{
    /// <summary>Of one question to the broker: the others have their turn between two of them.</summary>
    private const int PageRecords = StreamLimits.MaxRecordsPerRead;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, RowPlace> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<long, TableScan> _scans = [];
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private Dictionary<int, long> _next = [];
    private TableRow[]? _sorted;
    private uint _source;
    private long _prunedAt;

    public int Count => _rows.Count;

    /// <summary>A timestamp.</summary>
    public long UsedAt { get; set; } = host.Time.GetTimestamp();

    /// <summary>Where the value of a key is, with everything that was acknowledged before this call; null when it has
    /// none.</summary>
    public async ValueTask<(TableRow? Row, Problem? Problem)> Find(string key, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (await CatchUp(cancellation) is { } problem) return (null, problem);
            return (_rows.TryGetValue(key, out RowPlace place) ? new TableRow(key, place.Position) : null, null);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The table as it is now, with everything that was acknowledged before this call: it does not change any
    /// more.</summary>
    public async ValueTask<(TableScan? Scan, Problem? Problem)> Scan(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (await CatchUp(cancellation) is { } problem) return (null, problem);
            _sorted = TableRow.Merge(_sorted, _rows, _changed);
            _changed.Clear();
            return (new TableScan(_sorted, TopicCursor.Select(_next), host.Time.GetTimestamp()), null);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Keeps a scan for those who come for its next page; answers its number, or null when there are too many.
    /// </summary>
    public async ValueTask<long?> Keep(TableScan scan)
    {
        await _turn.WaitAsync();
        try
        {
            ForgetScans();
            if (_scans.Count >= TableLimits.Scans) return null;
            long number = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
            _scans[number] = scan;
            return number;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A scan that was kept; null when its time is over.</summary>
    public async ValueTask<TableScan?> Resume(long number)
    {
        await _turn.WaitAsync();
        try
        {
            ForgetScans();
            return _scans.GetValueOrDefault(number);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The last page was read.</summary>
    public async ValueTask Finish(long number)
    {
        await _turn.WaitAsync();
        _scans.Remove(number);
        _turn.Release();
    }

    public void Dispose() => _turn.Dispose();

    private void ForgetScans()
    {
        foreach ((long number, TableScan scan) in _scans)
            if (host.Time.GetElapsedTime(scan.TakenAt) >= TableLimits.ScanLife) _scans.Remove(number);
    }

    /// <summary>Reads what was appended since the last time; the problem if that is not possible. What was read until
    /// then stays, so the next one goes on.</summary>
    private async ValueTask<Problem?> CatchUp(CancellationToken cancellation)
    {
        Result<QueueDescription> described = await host.Broker.GetQueue(stream.Address);
        if (!described.Succeeded) return Refuse(BrokerProblems.Of(described.Error));
        if (described.Value.Config.Stream!.Cleanup == CleanupPolicy.Delete)
            return Refuse(new Problem(TableProblems.NotCompacted));
        Result<TopicCursor> end = await host.Broker.PlaceOf(stream, long.MaxValue);
        if (!end.Succeeded) return Refuse(BrokerProblems.Of(end.Error));
        long begun = host.Time.GetTimestamp();
        while (true)
        {
            (bool isMore, Problem? problem) = await ReadOn(end.Value, cancellation);
            if (problem is not null) return problem;
            if (!isMore) break;
            if (host.Time.GetElapsedTime(begun) >= TableLimits.LoadTime) return new Problem(TableProblems.Loading);
        }

        await Prune();
        return null;
    }

    /// <summary>One page; answers whether there is more before the end.</summary>
    private async ValueTask<(bool IsMore, Problem? Problem)> ReadOn(TopicCursor end, CancellationToken cancellation)
    {
        TopicCursor from = TopicCursor.Select(
            end.Places.Select(place => KeyValuePair.Create(place.Key, _next.GetValueOrDefault(place.Key))));
        Result<ReceivedMessages> read = await host.Broker.ReadRecords(stream, from, PageRecords, 0, cancellation);
        if (!read.Succeeded) return (false, Refuse(BrokerProblems.Of(read.Error)));
        using ReceivedMessages records = read.Value;
        if (records.Source != _source && Reset(records.Source)) return (true, null);
        Fold(records);
        await host.ReportDamage(records);
        Dictionary<int, long> before = _next;
        _next = records.NextCursor!.Places.ToDictionary();
        if (tables.HasTooManyKeys) return (false, Refuse(new Problem(TableProblems.TooManyKeys)));
        bool isSame = _next.All(place => before.GetValueOrDefault(place.Key) == place.Value);
        return (!isSame && !end.IsWithin(records.NextCursor), null);
    }

    private Problem Refuse(Problem problem)
    {
        tables.Forget(stream);
        return problem;
    }

    /// <summary>Another stream has the name now, or nothing was read yet. Answers false when what was read is its
    /// beginning.</summary>
    private bool Reset(uint source)
    {
        bool wasElsewhere = _next.Values.Any(static offset => offset > 0);
        _source = source;
        _next = [];
        _rows.Clear();
        _scans.Clear();
        _changed.Clear();
        _sorted = null;
        return wasElsewhere;
    }

    private void Fold(ReceivedMessages records)
    {
        Span<char> characters = stackalloc char[StreamLimits.KeyBytes];
        Dictionary<string, RowPlace>.AlternateLookup<ReadOnlySpan<char>> rows =
            _rows.GetAlternateLookup<ReadOnlySpan<char>>();
        for (int i = 0; i < records.Count; i++)
        {
            if (!records.TryRead(i, out MessageView record) || record.Key.IsEmpty) continue;
            ReadOnlySpan<char> key = characters[..Encoding.UTF8.GetChars(record.Key, characters)];

            // A key is in two partitions when it was given one, or when there were fewer of them.
            if (rows.TryGetValue(key, out string? known, out RowPlace place))
            {
                if (place.Time > record.SentAt) continue;
            }
            else if (record.IsTombstone)
            {
                continue;
            }

            known ??= key.ToString();
            if (record.IsTombstone) _rows.Remove(known);
            else _rows[known] = new RowPlace(record.SequenceNumber, record.SentAt);
            if (_sorted is not null) _changed.Add(known);
        }

        if (_changed.Count <= _rows.Count / 2) return;
        _changed.Clear();
        _sorted = null;
    }

    /// <summary>Leaves out what retention has taken.</summary>
    private async ValueTask Prune()
    {
        if (host.Time.GetElapsedTime(_prunedAt) < TableLimits.PruneInterval) return;
        _prunedAt = host.Time.GetTimestamp();
        Result<IReadOnlyList<PartitionState>> partitions = await host.Broker.ListPartitions(stream);
        if (!partitions.Succeeded) return;
        Dictionary<int, long> earliest =
            partitions.Value.ToDictionary(static state => state.Partition, static state => state.EarliestOffset);
        foreach ((string key, RowPlace place) in _rows)
        {
            TableRow row = new(key, place.Position);
            if (row.Offset >= earliest.GetValueOrDefault(row.Partition)) continue;
            _rows.Remove(key);
            if (_sorted is not null) _changed.Add(key);
        }
    }
}

/// <param name="Position">The record's sequence number.</param>
/// <param name="Time">When it was appended, in Unix milliseconds.</param>
internal readonly record struct RowPlace(long Position, long Time);
