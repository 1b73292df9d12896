using QueueService.Broker.Topics;

namespace QueueService.Server.Streams.Tables;

/// <summary>A key and where its newest record is.</summary>
/// <param name="Position">The record's sequence number.</param>
internal readonly record struct TableRow(string Key, long Position)
{
    /// <summary>The order of a table.</summary>
    public static readonly Comparer<TableRow> ByKey =
        Comparer<TableRow>.Create(static (a, b) => string.CompareOrdinal(a.Key, b.Key));

    public int Partition => TopicCursor.PartitionOf(Position);

    public long Offset => TopicCursor.OffsetOf(Position);

    /// <summary>All rows in ordinal order of their keys.</summary>
    /// <param name="sorted">As they were; null when nobody knows.</param>
    /// <param name="changed">The keys that have another place since, or none any more.</param>
    public static TableRow[] Merge(
        TableRow[]? sorted, Dictionary<string, RowPlace> rows, IReadOnlySet<string> changed)
    {
        if (sorted is not null && changed.Count == 0) return sorted;
        TableRow[] merged = new TableRow[rows.Count];
        int count = 0;
        if (sorted is null)
        {
            foreach ((string key, RowPlace place) in rows) merged[count++] = new TableRow(key, place.Position);
            Array.Sort(merged, ByKey);
            return merged;
        }

        string[] keys = [.. changed.Where(rows.ContainsKey)];
        Array.Sort(keys, string.CompareOrdinal);
        int next = 0;
        foreach (TableRow row in sorted)
        {
            if (changed.Contains(row.Key)) continue;
            for (; next < keys.Length && string.CompareOrdinal(keys[next], row.Key) < 0; next++) Take(keys[next]);
            merged[count++] = row;
        }

        for (; next < keys.Length; next++) Take(keys[next]);
        return merged;

        void Take(string key) => merged[count++] = new TableRow(key, rows[key].Position);
    }
}

/// <summary>A table as it was at one moment.</summary>
/// <param name="Rows">In ordinal order of their keys.</param>
/// <param name="AsOf">The offset of each partition that came next.</param>
/// <param name="TakenAt">A timestamp.</param>
internal sealed record TableScan(TableRow[] Rows, TopicCursor AsOf, long TakenAt)
{
    /// <summary>The next rows whose keys begin so.</summary>
    /// <param name="after">The key before them; null at the beginning.</param>
    public ReadOnlyMemory<TableRow> Page(string prefix, string? after, int limit)
    {
        int first = Search(prefix);
        if (after is not null && Search(after) is var at && at >= first)
            first = at < Rows.Length && Rows[at].Key == after ? at + 1 : at;
        int count = 0;
        while (count < limit && first + count < Rows.Length
            && Rows[first + count].Key.StartsWith(prefix, StringComparison.Ordinal)) count++;
        return Rows.AsMemory(first, count);
    }

    /// <summary>The place of a key, or of the first one after it.</summary>
    private int Search(string key)
    {
        int at = Array.BinarySearch(Rows, new TableRow(key, 0), TableRow.ByKey);
        return at < 0 ? ~at : at;
    }
}
