using System.Buffers;
using QueueService.Broker.Queues;
using QueueService.Storage;
using QueueService.Storage.Logs;

namespace QueueService.Broker.Control;

/// <summary>The records of the control resource.</summary>
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

    private readonly SortedList<string, uint> _names = new(StringComparer.Ordinal);

    public uint NextResource { get; private set; } = Resource + 1;

    public int Count => _names.Count;

    public bool TryFind(string name, out uint resource) => _names.TryGetValue(name, out resource);

    /// <summary>Names with this prefix that come after another one, in order.</summary>
    public IEnumerable<uint> List(string prefix, string? after)
    {
        string start = after is not null && string.CompareOrdinal(after, prefix) > 0 ? after : prefix;
        for (int i = FirstAtOrAfter(start); i < _names.Count; i++)
        {
            string name = _names.Keys[i];
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) yield break;
            if (name != after) yield return _names.Values[i];
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
                _names.Add(name, resource);
                NextResource = resource + 1;
                break;
            case ControlRecord.QueueConfigured:
                break;
            case ControlRecord.QueueDeleted:
                _names.Remove(name);
                break;
            default:
                throw new InvalidOperationException($"Control record type {record.Type} is not known to this version.");
        }
    }

    public void Capture(IBufferWriter<byte> output)
    {
        output.WriteVarint(SnapshotVersion);
        output.WriteVarint(NextResource);
        output.WriteVarint((ulong)_names.Count);
        foreach ((string name, uint resource) in _names)
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
            _names.Add(input.ReadText(), (uint)input.ReadVarint());
    }

    public static void Write(IBufferWriter<byte> output, uint resource, QueueName name, QueueConfig? config)
    {
        output.WriteVarint(resource);
        output.WriteText(name.Value);
        if (config is not null) QueueConfigFormat.Write(output, config);
    }

    private int FirstAtOrAfter(string name)
    {
        int low = 0;
        int high = _names.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (string.CompareOrdinal(_names.Keys[middle], name) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
