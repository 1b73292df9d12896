using System.Buffers.Text;
using System.Globalization;
using QueueService.Broker.Streams;
using QueueService.Broker.Topics;

namespace QueueService.Server.Streams.Live;

/// <summary>How far each partition was read, as text: `0:123,1:88`, the offsets that come next.</summary>
internal static class OffsetVector
{
    /// <summary>Digits of a partition and of an offset, a colon and a comma.</summary>
    private const int MaxPlaceLength = 4 + 14 + 2;

    public static byte[] Format(TopicCursor place)
    {
        Span<byte> text = new byte[place.Places.Count() * MaxPlaceLength];
        int at = 0;
        foreach ((int partition, long offset) in place.Places)
        {
            if (at > 0) text[at++] = (byte)',';
            Utf8Formatter.TryFormat(partition, text[at..], out int written);
            at += written;
            text[at++] = (byte)':';
            Utf8Formatter.TryFormat(offset, text[at..], out written);
            at += written;
        }

        return text[..at].ToArray();
    }

    /// <summary>Where a reader of a stream goes on in each partition.</summary>
    /// <param name="after">How far it has read; null for one who comes for the first time.</param>
    /// <param name="otherwise">Where it begins in a partition that it does not know, which ends at the given offset;
    /// null when it does not want it, whatever it knows.</param>
    public static (TopicCursor Start, bool HasGap) Resume(
        IReadOnlyDictionary<int, long>? after, TopicCursor end, Func<int, long, long?> otherwise)
    {
        var places = new Dictionary<int, long>();
        bool hasGap = false;
        foreach ((int partition, long last) in end.Places)
        {
            if (otherwise(partition, last) is not { } begin) continue;
            if (after is not null && after.TryGetValue(partition, out long next)) begin = next;

            // From beyond the end: given by another stream of this name. Where its reader stood is not known here.
            hasGap |= begin > last;
            places[partition] = begin > last ? 0 : begin;
        }

        return (end.Moved(places), hasGap);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out Dictionary<int, long> places)
    {
        places = [];
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> place = text[part].Trim();
            int colon = place.IndexOf(':');
            if (colon < 0
                || !int.TryParse(place[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                || !long.TryParse(
                    place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
                || partition >= StreamLimits.MaxPartitions || offset > TopicCursor.MaxOffset
                || !places.TryAdd(partition, offset)) return false;
        }

        return true;
    }
}
