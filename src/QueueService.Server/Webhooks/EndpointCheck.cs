using System.Net;
using System.Net.Sockets;

namespace QueueService.Server.Webhooks;

/// <summary>Asks the resolver for all addresses of a name.</summary>
/// <exception cref="SocketException">It has none, or nobody answers.</exception>
internal delegate ValueTask<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>Why an endpoint is refused, to be told to whoever configures it.</summary>
/// <param name="IsAddress">The address policy denies it (`address-denied`); else the URL itself is not valid.</param>
internal sealed record EndpointRefusal(string Message, bool IsAddress);

/// <summary>Looks at an endpoint when a subscription is made. Each attempt is looked at anew.</summary>
internal sealed class EndpointCheck(AddressPolicy policy, ResolveHost resolve, TimeProvider time)
{
    /// <summary>A resolver that is slower is not waited for: whoever configures waits for the answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Answers null when the endpoint may be used. A name is refused when any of its addresses is denied. A
    /// name that does not resolve now is accepted: it may be made before its entry in the DNS is, nothing is sent
    /// anywhere by accepting it, and every attempt asks the same policy.</summary>
    public async ValueTask<EndpointRefusal?> Check(string url, CancellationToken cancellationToken)
    {
        if (EndpointUrl.Parse(url, out string? refusal) is not { } endpoint)
            return new EndpointRefusal(refusal!, IsAddress: false);
        IReadOnlyList<IPAddress> addresses =
            endpoint.Literal() is { } literal ? [literal] : await Resolve(endpoint.Host, cancellationToken);
        return policy.FindDenied(addresses, endpoint.Port) is { } denied
            ? new EndpointRefusal(
                $"must not be reached by webhooks: {denied.Reason} The operator can allow networks by " +
                "Webhooks:AllowedNetworks.", IsAddress: true)
            : null;
    }

    private async ValueTask<IReadOnlyList<IPAddress>> Resolve(string host, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await resolve(host, either.Token);
        }
        catch (SocketException)
        {
            return [];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }
}
