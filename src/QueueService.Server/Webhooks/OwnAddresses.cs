using System.Net;
using System.Net.NetworkInformation;

namespace QueueService.Server.Webhooks;

/// <summary>Where this server listens: a webhook must not reach it, whatever the operator allows. An address by which a
/// NAT or a proxy leads back here is not known to the server, and not among them.</summary>
internal sealed class OwnAddresses
{
    public static readonly OwnAddresses None = new([]);

    /// <summary>Null is every address of the machine.</summary>
    private readonly (IPAddress? Address, int Port)[] _listening;

    private OwnAddresses((IPAddress? Address, int Port)[] listening) => _listening = listening;

    /// <param name="urls">As Kestrel reports them once it listens, so with ports that are not 0.</param>
    public static OwnAddresses Parse(IEnumerable<string> urls) =>
        new([.. urls.Select(BindingAddress.Parse).Where(url => !url.IsUnixPipe).SelectMany(Listening)]);

    public bool Contains(IPAddress address, int port)
    {
        address = AddressRanges.Normalize(address);
        foreach ((IPAddress? listening, int ownPort) in _listening)
        {
            if (ownPort == port && (listening is null ? IsLocal(address) : Reaches(address, listening))) return true;
        }

        return false;
    }

    /// <summary>Connecting to the unspecified address reaches loopback.</summary>
    private static bool Reaches(IPAddress address, IPAddress listening) =>
        address.Equals(listening) ||
        (AddressRanges.Classify(address) == AddressKind.Unspecified && IPAddress.IsLoopback(listening));

    private static IEnumerable<(IPAddress? Address, int Port)> Listening(BindingAddress url)
    {
        if (url.Host == "localhost") return [(IPAddress.Loopback, url.Port), (IPAddress.IPv6Loopback, url.Port)];
        bool one = IPAddress.TryParse(url.Host, out IPAddress? address) &&
            !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);
        // A host that is no address is a wildcard to Kestrel.
        return [(one ? AddressRanges.Normalize(address!) : null, url.Port)];
    }

    /// <summary>Asked only for one of our own ports, so rarely; interfaces come and go.</summary>
    private static bool IsLocal(IPAddress address) =>
        AddressRanges.Classify(address) is AddressKind.Loopback or AddressKind.Unspecified ||
        NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Any(own => WithoutScope(own.Address).Equals(WithoutScope(address)));

    private static IPAddress WithoutScope(IPAddress address) => new(address.GetAddressBytes());
}
