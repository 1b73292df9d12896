using System.Net;

namespace QueueService.Server.Webhooks;

/// <summary>Which addresses a webhook may be delivered to: public ones, and the networks that the operator allows. The
/// same policy is asked when a subscription is made, at each attempt, and about each connection.</summary>
internal sealed class AddressPolicy(IReadOnlyList<IPNetwork> allowed, OwnAddresses own)
{
    /// <summary>Why nothing may be sent there; null when it may.</summary>
    /// <remarks>A range allows an IPv4-mapped address as the IPv4 address that it is; every other form of IPv6 is
    /// allowed only by a range of IPv6.</remarks>
    public AddressKind? Denies(IPAddress address, int port)
    {
        address = AddressRanges.Normalize(address);
        if (own.Contains(address, port)) return AddressKind.OwnServer;
        AddressKind kind = AddressRanges.Classify(address);
        if (kind == AddressKind.Public) return null;
        foreach (IPNetwork network in allowed)
        {
            if (network.Contains(address)) return null;
        }

        return kind;
    }

    /// <summary>The first of the addresses that is denied; null when all are allowed. One is enough to deny a name.
    /// </summary>
    public DeniedAddress? FindDenied(IReadOnlyList<IPAddress> addresses, int port)
    {
        foreach (IPAddress address in addresses)
        {
            if (Denies(address, port) is { } kind) return new DeniedAddress(address, port, kind);
        }

        return null;
    }
}

/// <summary>An address that the policy denies, and why.</summary>
internal sealed record DeniedAddress(IPAddress Address, int Port, AddressKind Kind)
{
    public string Reason => Kind switch
    {
        AddressKind.OwnServer => $"{Address} port {Port} is this server itself.",
        AddressKind.Transition => $"{Address} is a transitional address that leads to another one.",
        AddressKind.CloudHost => $"{Address} is the host of a cloud's machines.",
        AddressKind.CarrierNat => $"{Address} is a carrier's NAT address.",
        AddressKind.LinkLocal => $"{Address} is a link-local address.",
        AddressKind.Unspecified => $"{Address} is no address of a host.",
        _ => $"{Address} is a {Kind.ToString().ToLowerInvariant()} address.",
    };
}
