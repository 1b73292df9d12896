using System.Buffers.Binary;

namespace QueueService.Storage.Tests.Recovery;

internal sealed record ModelRecord(uint Resource, byte Type, byte[] Payload);

internal sealed record ModelFrame(long Time, IReadOnlyList<ModelRecord> Records);

/// <summary>What the store must hold, kept the slow and obvious way.</summary>
internal sealed class NaiveModel
{
    public SortedDictionary<uint, Resource> Resources { get; } = [];

    public static byte[] Encode(bool isStream, long floor, long end, SortedSet<long> terminal)
    {
        byte[] bytes = new byte[17 + (sizeof(long) * terminal.Count)];
        bytes[0] = isStream ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), floor);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(9), end);
        int at = 17;
        foreach (var offset in terminal)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), offset);
            at += sizeof(long);
        }

        return bytes;
    }

    public void Apply(ModelFrame frame)
    {
        foreach (var record in frame.Records)
            Apply(frame.Time, record);
    }

    private void Apply(long time, ModelRecord record)
    {
        if (record.Type == LogRecord.Create)
        {
            Resources.Add(record.Resource, new Resource { IsStream = record.Payload[0] == 1 });
            return;
        }

        var resource = Resources[record.Resource];
        long number =
            record.Payload.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(record.Payload) : 0;
        switch (record.Type)
        {
            case LogRecord.Append:
                resource.Records.Add((time, record.Payload));
                break;
            case LogRecord.Terminal when !resource.IsStream && number >= resource.Floor:
                resource.Terminal.Add(number);
                break;
            case LogRecord.Trim:
                resource.Floor = Math.Max(resource.Floor, number);
                resource.Terminal.RemoveWhere(offset => offset < resource.Floor);
                break;
            case LogRecord.Skip:
                while (resource.End < number)
                    resource.Records.Add((0, null));
                break;
            case LogRecord.Delete:
                Resources.Remove(record.Resource);
                break;
        }

        while (resource.Terminal.Remove(resource.Floor))
            resource.Floor++;
    }

    internal sealed class Resource
    {
        public bool IsStream { get; init; }

        public long Floor { get; set; }

        public SortedSet<long> Terminal { get; } = [];

        /// <summary>By offset; without bytes where an offset was left out.</summary>
        public List<(long Time, byte[]? Payload)> Records { get; } = [];

        public long End => Records.Count;

        public byte[] Capture() => Encode(IsStream, Floor, End, Terminal);

        public bool IsNeeded(long offset) =>
            offset >= Floor && !Terminal.Contains(offset) && Records[(int)offset].Payload is not null;
    }
}
