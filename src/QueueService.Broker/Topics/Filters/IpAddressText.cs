using System.Buffers.Text;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Reads IP addresses without allocating. IPv4 is four decimal numbers without leading zeros; IPv6 is RFC 4291
/// text without a zone.</summary>
internal static class IpAddressText
{
    private const int LongestText = 45;
    private const int Groups = 8;

    public static bool TryParse(ReadOnlySpan<byte> text, out UInt128 address, out bool isV6)
    {
        isV6 = text.Contains((byte)':');
        address = 0;
        if (text.Length is 0 or > LongestText) return false;
        if (isV6) return TryParseV6(text, out address);
        if (!TryParseV4(text, out uint v4)) return false;
        address = v4;
        return true;
    }

    private static bool TryParseV4(ReadOnlySpan<byte> text, out uint address)
    {
        address = 0;
        for (int part = 0; part < 4; part++)
        {
            int end = part < 3 ? text.IndexOf((byte)'.') : text.Length;
            if (end is < 1 or > 3 || (end > 1 && text[0] == '0')) return false;
            if (!Utf8Parser.TryParse(text[..end], out byte number, out int read) || read != end) return false;
            address = (address << 8) | number;
            text = part < 3 ? text[(end + 1)..] : [];
        }

        return true;
    }

    private static bool TryParseV6(ReadOnlySpan<byte> text, out UInt128 address)
    {
        address = 0;
        int gap = text.IndexOf("::"u8);
        if (gap < 0) return TryParseGroups(text, out address, out int all) && all == Groups;
        ReadOnlySpan<byte> tail = text[(gap + 2)..];
        if (!TryParseGroups(text[..gap], out UInt128 head, out int before) || text[..gap].Contains((byte)'.')) return false;
        if (!TryParseGroups(tail, out UInt128 rest, out int after) || before + after >= Groups) return false;
        address = (before == 0 ? 0 : head << (16 * (Groups - before))) | rest;
        return true;
    }

    /// <summary>Groups of hexadecimal digits; the last two can be an IPv4 address.</summary>
    private static bool TryParseGroups(ReadOnlySpan<byte> text, out UInt128 value, out int groups)
    {
        (value, groups) = (0, 0);
        while (!text.IsEmpty)
        {
            int end = text.IndexOf((byte)':');
            ReadOnlySpan<byte> group = end < 0 ? text : text[..end];
            if (end == text.Length - 1) return false;
            if (end < 0 && group.Contains((byte)'.'))
            {
                if (!TryParseV4(group, out uint v4)) return false;
                (value, groups) = ((value << 32) | v4, groups + 2);
            }
            else
            {
                if (group.Length is 0 or > 4) return false;
                if (!Utf8Parser.TryParse(group, out ushort number, out int read, 'x') || read != group.Length) return false;
                (value, groups) = ((value << 16) | number, groups + 1);
            }

            if (groups > Groups) return false;
            text = end < 0 ? [] : text[(end + 1)..];
        }

        return true;
    }
}
