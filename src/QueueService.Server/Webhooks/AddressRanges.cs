using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QueueService.Server.Webhooks;

/// <summary>What an IP address is for.</summary>
internal enum AddressKind
{
    /// <summary>Anybody's, on the internet.</summary>
    Public,
    Unspecified,
    Loopback,
    Private,
    LinkLocal,

    /// <summary>Shared by a provider's customers behind one NAT (RFC 6598).</summary>
    CarrierNat,
    Multicast,
    Broadcast,
    Reserved,
    Documentation,
    Benchmark,

    /// <summary>An IPv6 form that leads into IPv4: compatible, 6to4, Teredo, local NAT64, ISATAP.</summary>
    Transition,

    /// <summary>Where a cloud's host answers its guests.</summary>
    CloudHost,

    /// <summary>This server itself.</summary>
    OwnServer,
}

/// <summary>The ranges of the IANA special-purpose registries (RFC 6890 and its updates), and what lies outside of the
/// one range of IPv6 that is given out. Deprecated forms are denied as a whole, also where they hold a public address:
/// nobody needs them, and each is a second way to say a first address.</summary>
internal static class AddressRanges
{
    private static readonly (IPNetwork Range, AddressKind Kind)[] V4 =
    [
        Of("0.0.0.0/8", AddressKind.Unspecified),
        Of("10.0.0.0/8", AddressKind.Private),
        Of("100.64.0.0/10", AddressKind.CarrierNat),
        Of("127.0.0.0/8", AddressKind.Loopback),
        // 169.254.169.254, where clouds hand out credentials, is one of these.
        Of("169.254.0.0/16", AddressKind.LinkLocal),
        Of("172.16.0.0/12", AddressKind.Private),
        Of("192.0.0.0/24", AddressKind.Reserved),
        Of("192.0.2.0/24", AddressKind.Documentation),
        Of("192.31.196.0/24", AddressKind.Reserved),
        Of("192.52.193.0/24", AddressKind.Reserved),
        Of("192.88.99.0/24", AddressKind.Transition),
        Of("192.168.0.0/16", AddressKind.Private),
        Of("192.175.48.0/24", AddressKind.Reserved),
        Of("198.18.0.0/15", AddressKind.Benchmark),
        Of("198.51.100.0/24", AddressKind.Documentation),
        Of("203.0.113.0/24", AddressKind.Documentation),
        Of("224.0.0.0/4", AddressKind.Multicast),
        Of("255.255.255.255/32", AddressKind.Broadcast),
        Of("240.0.0.0/4", AddressKind.Reserved),
        // Azure's host: a public number that answers on every one of its machines.
        Of("168.63.129.16/32", AddressKind.CloudHost),
    ];

    private static readonly (IPNetwork Range, AddressKind Kind)[] V6 =
    [
        Of("::/128", AddressKind.Unspecified),
        Of("::1/128", AddressKind.Loopback),
        Of("::/96", AddressKind.Transition),
        // RFC 2765, the predecessor of NAT64.
        Of("::ffff:0:0:0/96", AddressKind.Transition),
        Of("64:ff9b:1::/48", AddressKind.Transition),
        Of("fe80::/10", AddressKind.LinkLocal),
        Of("fec0::/10", AddressKind.Private),
        Of("fc00::/7", AddressKind.Private),
        Of("ff00::/8", AddressKind.Multicast),
        // Teredo, before the wider range of which it is a part.
        Of("2001::/32", AddressKind.Transition),
        Of("2001:2::/48", AddressKind.Benchmark),
        Of("2001::/23", AddressKind.Reserved),
        Of("2001:db8::/32", AddressKind.Documentation),
        Of("2002::/16", AddressKind.Transition),
        Of("3ffe::/16", AddressKind.Reserved),
        Of("3fff::/20", AddressKind.Documentation),
        Of("2620:4f:8000::/48", AddressKind.Reserved),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    /// <summary>An IPv4 address in its own form, however it was written.</summary>
    public static IPAddress Normalize(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    public static AddressKind Classify(IPAddress address)
    {
        address = Normalize(address);
        if (address.AddressFamily == AddressFamily.InterNetwork) return Find(V4, address) ?? AddressKind.Public;
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return AddressKind.Reserved;
        if (address.ScopeId != 0) return AddressKind.LinkLocal;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        // NAT64 is how a host without IPv4 reaches any of it, so the address inside decides.
        if (Nat64.Contains(address)) return Classify(new IPAddress(bytes[12..]));
        if (Find(V6, address) is { } kind) return kind;
        if (!Global.Contains(address)) return AddressKind.Reserved;
        return IsIsatap(bytes) ? AddressKind.Transition : AddressKind.Public;
    }

    /// <summary>RFC 5214: the interface part is 0000:5efe or 0200:5efe and an IPv4 address.</summary>
    private static bool IsIsatap(ReadOnlySpan<byte> address) =>
        (BinaryPrimitives.ReadUInt32BigEndian(address[8..]) & 0xFDFF_FFFF) == 0x0000_5EFE;

    private static AddressKind? Find((IPNetwork Range, AddressKind Kind)[] ranges, IPAddress address)
    {
        foreach ((IPNetwork range, AddressKind kind) in ranges)
        {
            if (range.Contains(address)) return kind;
        }

        return null;
    }

    private static (IPNetwork Range, AddressKind Kind) Of(string range, AddressKind kind) =>
        (IPNetwork.Parse(range), kind);
}
