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

    public static bool TryParse(ReadOnlySpan<char> text, out Dictionary<int, long> places)
    {
        places = [];
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> place = text[part].Trim();
            int colon = place.IndexOf(':');
            if (colon < 0
                || !int.TryParse(place[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out int partition)
                || !long.TryParse(place[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long offset)
                || partition >= StreamLimits.MaxPartitions || offset > TopicCursor.MaxOffset
                || !places.TryAdd(partition, offset)) return false;
        }

        return true;
    }
}
