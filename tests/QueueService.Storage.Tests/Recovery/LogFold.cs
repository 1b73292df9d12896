using System.Buffers;
using System.Buffers.Binary;
using QueueService.Storage.Logs;

namespace QueueService.Storage.Tests.Recovery;

/// <summary>The records of <see cref="LogFold"/>.</summary>
internal static class LogRecord
{
    /// <summary>The payload goes to the log of the resource.</summary>
    public const byte Append = 1;

    /// <summary>The record at this i64 offset is not needed any more. Streams ignore it.</summary>
    public const byte Terminal = 2;

    /// <summary>u8 1 for a stream, which keeps all records; 0 for a queue.</summary>
    public const byte Create = 3;

    public const byte Delete = 4;

    /// <summary>Nothing below this i64 offset is needed any more.</summary>
    public const byte Trim = 5;

    /// <summary>The offsets below this i64 one are left out.</summary>
    public const byte Skip = 6;

    public static byte[] Number(long value)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}

/// <summary>The smallest fold that meets every path of the store: resources with one log each, queues and streams.
/// </summary>
internal sealed class LogFold(Store store) : IFold
{
    public SortedDictionary<uint, Resource> Resources { get; } = [];

    public void Apply(in JournalRecord record)
    {
        if (record.Type == LogRecord.Create)
        {
            var log = store.OpenLog(new LogId(record.Resource, 0));
            Resources.Add(record.Resource, new Resource(log, record.Payload[0] == 1));
            return;
        }

        // A snapshot lacks the resources that were deleted while it was taken; their last records are still replayed.
        if (!Resources.TryGetValue(record.Resource, out var resource))
            return;
        switch (record.Type)
        {
            case LogRecord.Append:
                resource.Log.Append(record.Time, record.Payload);
                break;
            case LogRecord.Terminal:
                resource.End(BinaryPrimitives.ReadInt64LittleEndian(record.Payload));
                break;
            case LogRecord.Trim:
                resource.Trim(BinaryPrimitives.ReadInt64LittleEndian(record.Payload));
                break;
            case LogRecord.Skip:
                resource.Log.SkipTo(BinaryPrimitives.ReadInt64LittleEndian(record.Payload));
                break;
            case LogRecord.Delete:
                store.DeleteLog(resource.Log.Id);
                Resources.Remove(record.Resource);
                break;
        }
    }

    public void Restore(uint resource, ReadOnlySpan<byte> state)
    {
        var restored = new Resource(store.OpenLog(new LogId(resource, 0)), state[0] == 1);
        restored.Read(state);
        Resources.Add(resource, restored);
    }

    public bool TryNextResource(long after, out uint resource)
    {
        foreach (var candidate in Resources.Keys)
        {
            resource = candidate;
            if (candidate > after)
                return true;
        }

        resource = 0;
        return false;
    }

    public void Capture(uint resource, IBufferWriter<byte> output) => Resources[resource].Write(output);

    public long NextLive(LogId log, long offset) =>
        Resources.TryGetValue(log.Resource, out var resource) ? resource.NextLive(offset) : long.MaxValue;

    internal sealed class Resource(AppendLog log, bool isStream)
    {
        private readonly SortedSet<long> _terminal = [];
        private long _floor;

        public AppendLog Log => log;

        public void End(long offset)
        {
            if (isStream || offset < _floor)
                return;
            _terminal.Add(offset);
            while (_terminal.Remove(_floor))
                _floor++;
            log.Trim(_floor);
        }

        public void Trim(long floor)
        {
            _floor = Math.Max(_floor, floor);
            _terminal.RemoveWhere(offset => offset < _floor);
            while (_terminal.Remove(_floor))
                _floor++;
            log.Trim(_floor);
        }

        public long NextLive(long offset)
        {
            offset = Math.Max(offset, _floor);
            while (_terminal.Contains(offset))
                offset++;
            return offset < log.End ? offset : long.MaxValue;
        }

        public void Write(IBufferWriter<byte> output) =>
            output.Write(NaiveModel.Encode(isStream, _floor, log.End, _terminal));

        public void Read(ReadOnlySpan<byte> state)
        {
            _floor = BinaryPrimitives.ReadInt64LittleEndian(state[1..]);
            Assert.Equal(BinaryPrimitives.ReadInt64LittleEndian(state[9..]), log.End);
            for (state = state[17..]; !state.IsEmpty; state = state[sizeof(long)..])
                _terminal.Add(BinaryPrimitives.ReadInt64LittleEndian(state));
        }
    }
}
