using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QueueService.Server.Webhooks;

/// <summary>An address that a webhook may be delivered to, as far as its text tells: absolute, http or https, without
/// user info and fragment. Whether its host may be reached is the <see cref="AddressPolicy"/>'s to say.</summary>
internal sealed record EndpointUrl
{
    /// <summary>What browsers and proxies take.</summary>
    public const int MaxLength = 2_048;

    private EndpointUrl(Uri url) => Url = url;

    public Uri Url { get; }

    /// <summary>In ASCII, as it is resolved and connected to: `Uri.Host` shows ideographic dots as part of a name.
    /// </summary>
    public string Host => Url.IdnHost;

    public int Port => Url.Port;

    /// <summary>What shares connections and a circuit: `https://host:443`.</summary>
    public string Authority => $"{Url.Scheme}://{(Url.HostNameType == UriHostNameType.IPv6 ? Url.Host : Host)}:{Port}";

    /// <summary>Reads it; null with the reason when it is refused.</summary>
    public static EndpointUrl? Parse(string text, out string? refusal)
    {
        refusal = null;
        if (text.Length > MaxLength) refusal = $"has more than {MaxLength} characters.";
        else if (text.AsSpan().ContainsAnyInRange('\0', ' ') || text.Contains('\\') || text.Contains('\u007F'))
            refusal = "must not contain spaces, control characters or backslashes.";
        else if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
            refusal = "must be an absolute http or https URL.";
        else refusal = Refuse(url, text);
        return refusal is null ? new EndpointUrl(new Uri(text)) : null;
    }

    /// <summary>The address, when the host is one and not a name; in any form that a resolver would take for one.
    /// </summary>
    public IPAddress? Literal() => IPAddress.TryParse(Host.TrimEnd('.'), out IPAddress? address) ? address : null;

    private static string? Refuse(Uri url, string text)
    {
        if (url.UserInfo.Length > 0 || Authorized(text).Contains('@'))
            return "must not contain a user name or password; use the target's authorization.";
        if (text.Contains('#')) return "must not contain a fragment: it would not be sent.";
        if (url.HostNameType is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
            return "must have a host name or an IP address.";
        if (url.Port is < 1 or > 65_535) return "must have a port from 1 to 65535.";
        if (url.HostNameType == UriHostNameType.IPv6)
            return Authorized(text).Contains('%') ? "must not have an IPv6 zone." : null;
        return HasLookalikes(url.Host)
            ? "must be written with ASCII digits and dots: other forms of them hide addresses."
            : RefuseName(url.IdnHost.TrimEnd('.'));
    }

    private static string? RefuseName(string host)
    {
        if (host.Length is 0 or > 253 || host.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')))
            return "must have a host name of letters, digits, hyphens and dots.";
        string last = host[(host.LastIndexOf('.') + 1)..];
        bool numeric = last.All(char.IsAsciiDigit) || last.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        bool address = IPAddress.TryParse(host, out IPAddress? ip) && ip.AddressFamily == AddressFamily.InterNetwork;
        return numeric && !address ? "has a host that ends in a number, but is no IPv4 address." : null;
    }

    /// <summary>From the scheme to the path, query or fragment.</summary>
    private static ReadOnlySpan<char> Authorized(string text)
    {
        ReadOnlySpan<char> rest = text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) + 3);
        int end = rest.IndexOfAny("/?#");
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>Letters of any script may stand in a name. Circled and full-width digits and letters, and ideographic
    /// dots, are only ever another way to write ASCII.</summary>
    private static bool HasLookalikes(string host)
    {
        for (int i = 0; i < host.Length; i++)
        {
            if (char.IsAscii(host[i])) continue;
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(host, i);
            if (host[i] is '\u3002' or >= '\uFF00' or (>= '\u2000' and <= '\u2BFF') ||
                category is not (UnicodeCategory.LowercaseLetter or UnicodeCategory.UppercaseLetter or
                    UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter or
                    UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark))
                return true;
        }

        return false;
    }
}
