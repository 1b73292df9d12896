using System.Net;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

public sealed class AddressPolicyTests
{
    /// <summary>Every range at its first and last address, and the addresses just outside.</summary>
    [Theory]
    [InlineData("0.0.0.0", "0.255.255.255", "Unspecified")]
    [InlineData("10.0.0.0", "10.255.255.255", "Private")]
    [InlineData("100.64.0.0", "100.127.255.255", "CarrierNat")]
    [InlineData("127.0.0.0", "127.255.255.255", "Loopback")]
    [InlineData("169.254.0.0", "169.254.255.255", "LinkLocal")]
    [InlineData("172.16.0.0", "172.31.255.255", "Private")]
    [InlineData("192.0.0.0", "192.0.0.255", "Reserved")]
    [InlineData("192.0.2.0", "192.0.2.255", "Documentation")]
    [InlineData("192.88.99.0", "192.88.99.255", "Transition")]
    [InlineData("192.168.0.0", "192.168.255.255", "Private")]
    [InlineData("198.18.0.0", "198.19.255.255", "Benchmark")]
    [InlineData("198.51.100.0", "198.51.100.255", "Documentation")]
    [InlineData("203.0.113.0", "203.0.113.255", "Documentation")]
    [InlineData("224.0.0.0", "239.255.255.255", "Multicast")]
    [InlineData("240.0.0.0", "255.255.255.254", "Reserved")]
    [InlineData("255.255.255.255", "255.255.255.255", "Broadcast")]
    [InlineData("168.63.129.16", "168.63.129.16", "CloudHost")]
    [InlineData("::", "::", "Unspecified")]
    [InlineData("::1", "::1", "Loopback")]
    [InlineData("::2", "::ffff:ffff", "Transition")]
    [InlineData("::ffff:0:0:1", "::ffff:0:7f00:1", "Transition")]
    [InlineData("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "Transition")]
    [InlineData("100::", "1fff:ffff::1", "Reserved")]
    [InlineData("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Transition")]
    [InlineData("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "Benchmark")]
    [InlineData("2001:10::", "2001:1ff:ffff::1", "Reserved")]
    [InlineData("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "Documentation")]
    [InlineData("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Transition")]
    [InlineData("3ffe::", "3ffe:ffff::1", "Reserved")]
    [InlineData("3fff::", "3fff:fff:ffff::1", "Documentation")]
    [InlineData("4000::", "fbff:ffff::1", "Reserved")]
    [InlineData("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Private")]
    [InlineData("fe00::", "fe7f:ffff::1", "Reserved")]
    [InlineData("fe80::", "febf:ffff::1", "LinkLocal")]
    [InlineData("fec0::", "feff:ffff::1", "Private")]
    [InlineData("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "Multicast")]
    [InlineData("::ffff:10.0.0.1", "::ffff:10.255.255.255", "Private")]
    [InlineData("64:ff9b::7f00:1", "64:ff9b::7fff:ffff", "Loopback")]
    [InlineData("64:ff9b::a9fe:a9fe", "64:ff9b::a9fe:a9fe", "LinkLocal")]
    [InlineData("2a00:1450::5efe:7f00:1", "2a00:1450::200:5efe:10.0.0.1", "Transition")]
    public void Every_special_range_is_denied_from_its_first_address_to_its_last(string first, string last, string kind)
    {
        AddressPolicy policy = Hooks.Policy();
        Assert.Equal(kind, policy.Denies(IPAddress.Parse(first), 443).ToString());
        Assert.Equal(kind, policy.Denies(IPAddress.Parse(last), 443).ToString());
    }

    [Theory]
    [InlineData("1.0.0.0")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.0")]
    [InlineData("169.253.255.255")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.0.1.0")]
    [InlineData("192.167.255.255")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2000::1")]
    [InlineData("2001:200::1")]
    [InlineData("2003::1")]
    [InlineData("2606:4700::1111")]
    public void Public_addresses_are_not_denied(string address) =>
        Assert.Null(Hooks.Policy().Denies(IPAddress.Parse(address), 443));

    [Fact]
    public void An_allowed_network_lifts_every_denial_within_it_and_no_other()
    {
        AddressPolicy policy = Hooks.Policy("10.1.0.0/16", "fd00::/8", "2002::/16", "240.0.0.0/4");
        Assert.Null(policy.Denies(IPAddress.Parse("10.1.2.3"), 80));
        Assert.Null(policy.Denies(IPAddress.Parse("::ffff:10.1.2.3"), 80));
        Assert.Null(policy.Denies(IPAddress.Parse("fd12::1"), 80));
        Assert.Null(policy.Denies(IPAddress.Parse("2002:7f00:1::"), 80));
        Assert.Null(policy.Denies(IPAddress.Parse("255.255.255.255"), 80));
        Assert.Equal(AddressKind.Private, policy.Denies(IPAddress.Parse("10.2.0.1"), 80));
        Assert.Equal(AddressKind.Private, policy.Denies(IPAddress.Parse("64:ff9b::a01:203"), 80));
    }

    [Fact]
    public void The_servers_own_address_and_port_stay_denied_whatever_is_allowed()
    {
        AddressPolicy policy = Allowing("http://127.0.0.1:8080", "https://[::1]:8443", "http://10.0.0.7:80");
        foreach (string own in new[] { "127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "0.1.2.3", "::" })
            Assert.Equal(AddressKind.OwnServer, policy.Denies(IPAddress.Parse(own), 8080));
        Assert.Equal(AddressKind.OwnServer, policy.Denies(IPAddress.IPv6Loopback, 8443));
        Assert.Equal(AddressKind.OwnServer, policy.Denies(IPAddress.Parse("10.0.0.7"), 80));
        Assert.Null(policy.Denies(IPAddress.Parse("127.0.0.1"), 8081));
        Assert.Null(policy.Denies(IPAddress.Parse("127.0.0.2"), 8080));
        Assert.Null(policy.Denies(IPAddress.Parse("10.0.0.8"), 80));
    }

    [Theory]
    [InlineData("http://*:8080")]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://queue.example:8080")]
    public void A_server_that_listens_everywhere_denies_its_port_on_every_address_of_the_machine(string address)
    {
        AddressPolicy policy = Allowing(address);
        foreach (string own in new[] { "127.0.0.1", "127.9.9.9", "::1", "0.0.0.0" })
            Assert.Equal(AddressKind.OwnServer, policy.Denies(IPAddress.Parse(own), 8080));
        Assert.Null(policy.Denies(IPAddress.Loopback, 8081));
        Assert.Null(policy.Denies(IPAddress.Parse("203.0.113.77"), 8080));
    }

    [Fact]
    public void Localhost_is_both_loopback_addresses()
    {
        AddressPolicy policy = Allowing("http://localhost:8080");
        Assert.Equal(AddressKind.OwnServer, policy.Denies(IPAddress.Loopback, 8080));
        Assert.Equal(AddressKind.OwnServer, policy.Denies(IPAddress.IPv6Loopback, 8080));
    }

    private static AddressPolicy Allowing(params string[] listening) => new(
        [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")], OwnAddresses.Parse(listening));
}
