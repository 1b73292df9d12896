using System.Globalization;
using QueueService.Broker;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.Streams;

/// <summary>Where a reader begins: `earliest`, `latest`, an offset, or `time:` and an instant.</summary>
/// <param name="Offset">Null when a time is asked for.</param>
/// <param name="Time">Unix milliseconds; 0 for the oldest record, long.MaxValue for the end.</param>
internal readonly record struct RecordPlace(long? Offset, long Time)
{
    private const string TimePrefix = "time:";

    public static readonly RecordPlace Earliest = new(null, 0);

    public static readonly RecordPlace Latest = new(null, long.MaxValue);

    public static bool TryParse(ReadOnlySpan<char> text, out RecordPlace place)
    {
        place = Earliest;
        if (text.Equals("earliest", StringComparison.OrdinalIgnoreCase)) return true;
        if (text.StartsWith(TimePrefix, StringComparison.OrdinalIgnoreCase))
        {
            bool isInstant = Rfc3339.TryParse(text[TimePrefix.Length..], out long time);
            place = new RecordPlace(null, Math.Max(0, time));
            return isInstant;
        }

        place = Latest;
        if (text.Equals("latest", StringComparison.OrdinalIgnoreCase)) return true;
        bool isOffset = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
            && offset <= TopicCursor.MaxOffset;
        place = new RecordPlace(offset, 0);
        return isOffset;
    }

    /// <summary>Where this is in one partition of a stream.</summary>
    public async ValueTask<Result<TopicCursor>> Find(BrokerHost host, StreamName stream, int partition)
    {
        long offset = Offset ?? 0;
        if (Offset is null)
        {
            Result<TopicCursor> places = await host.Broker.PlaceOf(stream, Time);
            if (!places.Succeeded) return places;
            if (places.Value.OffsetIn(partition) is not { } found) return BrokerError.PartitionNotFound;
            offset = found;
        }

        return TopicCursor.Select([new(partition, offset)]);
    }
}
