using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Control;

/// <summary>The records of the control resource. The name says what it is: see <see cref="QueueKind"/>.
/// </summary>
internal enum ControlRecord : byte
{
    /// <summary>varint resource, text name, config.</summary>
    QueueCreated = 1,

    /// <summary>varint resource, text name, config.</summary>
    QueueConfigured = 2,

    /// <summary>varint resource, text name.</summary>
    QueueDeleted = 3,
}

/// <summary>
/// Which names exist: the fold of the control resource. Its log is never trimmed, it is the audit trail of all
/// definitions. Resource numbers are never given twice, so an id or a receipt of a deleted queue fits no other.
/// </summary>
internal sealed class Catalog
{
    /// <summary>The control resource itself.</summary>
    public const uint Resource = 0;

    private const ulong SnapshotVersion = 1;

    /// <summary>By kind.</summary>
    private readonly SortedList<string, uint>[] _names =
        [.. Enum.GetValues<QueueKind>().Select(static _ => new SortedList<string, uint>(StringComparer.Ordinal))];

    public uint NextResource { get; private set; } = Resource + 1;

    public int Count(QueueKind kind) => _names[(int)kind].Count;

    public bool TryFind(string name, out uint resource) => NamesLike(name).TryGetValue(name, out resource);

    /// <summary>Names with this prefix that come after another one, in order.</summary>
    public IEnumerable<uint> List(QueueKind kind, string prefix, string? after)
    {
        SortedList<string, uint> names = _names[(int)kind];
        string start = after is not null && string.CompareOrdinal(after, prefix) > 0 ? after : prefix;
        for (int i = FirstAtOrAfter(names, start); i < names.Count; i++)
        {
            string name = names.Keys[i];
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) yield break;
            if (name != after) yield return names.Values[i];
        }
    }

    public void Apply(in JournalRecord record, AppendLog log)
    {
        log.Append(record.Time, record.Payload);
        var reader = new SpanReader(record.Payload);
        uint resource = (uint)reader.ReadVarint();
        string name = reader.ReadText();
        switch ((ControlRecord)record.Type)
        {
            case ControlRecord.QueueCreated:
                NamesLike(name).Add(name, resource);
                NextResource = resource + 1;
                break;
            case ControlRecord.QueueConfigured:
                break;
            case ControlRecord.QueueDeleted:
                NamesLike(name).Remove(name);
                break;
            default:
                throw new InvalidOperationException($"Control record type {record.Type} is not known to this version.");
        }
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint(SnapshotVersion);
        output.WriteVarint(NextResource);
        output.WriteVarint((ulong)_names.Sum(static names => names.Count));
        foreach ((string name, uint resource) in _names.SelectMany(static names => names))
        {
            output.WriteText(name);
            output.WriteVarint(resource);
        }
    }

    public void Restore(ref SpanReader input)
    {
        input.ReadVarint();
        NextResource = (uint)input.ReadVarint();
        for (ulong names = input.ReadVarint(); names > 0; names--)
        {
            string name = input.ReadText();
            NamesLike(name).Add(name, (uint)input.ReadVarint());
        }
    }

    public static void Write(IBufferWriter<byte> output, uint resource, QueueName name, QueueConfig? config)
    {
        output.WriteVarint(resource);
        output.WriteText(name.Value);
        if (config is not null) QueueConfigFormat.Write(output, config);
    }

    private SortedList<string, uint> NamesLike(string name) => _names[(int)QueueName.KindOf(name)];

    private static int FirstAtOrAfter(SortedList<string, uint> names, string name)
    {
        int low = 0;
        int high = names.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (string.CompareOrdinal(names.Keys[middle], name) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
