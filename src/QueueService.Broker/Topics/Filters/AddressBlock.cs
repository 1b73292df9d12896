using System.Buffers.Text;

namespace QueueService.Broker.Topics.Filters;

/// <summary>A block of IP addresses in CIDR notation. Bits of the address beyond its length do not count, and an IPv6
/// block holds no IPv4 address, in whichever form.</summary>
internal readonly record struct AddressBlock(UInt128 Network, byte Bits, bool IsV6)
{
    public static bool TryParse(ReadOnlySpan<byte> text, out AddressBlock block)
    {
        block = default;
        int slash = text.IndexOf((byte)'/');
        if (slash < 0 || !IpAddressText.TryParse(text[..slash], out UInt128 address, out bool isV6)) return false;
        ReadOnlySpan<byte> length = text[(slash + 1)..];
        if (!Utf8Parser.TryParse(length, out byte bits, out int read) || read != length.Length) return false;
        if (bits > Width(isV6) || (length.Length > 1 && length[0] == '0')) return false;
        block = Of(address, bits, isV6);
        return true;
    }

    /// <summary>The block of this length around an address.</summary>
    public static AddressBlock Of(UInt128 address, byte bits, bool isV6)
    {
        int rest = Width(isV6) - bits;
        return new AddressBlock(rest == 128 ? 0 : address >> rest << rest, bits, isV6);
    }

    public bool Contains(ReadOnlySpan<byte> text) =>
        IpAddressText.TryParse(text, out UInt128 address, out bool isV6) && isV6 == IsV6 && Of(address, Bits, isV6) == this;

    private static int Width(bool isV6) => isV6 ? 128 : 32;
}
