using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace QueueService.Server.Webhooks;

/// <summary>The address policy denies the endpoint; nothing was sent.</summary>
internal sealed class AddressDeniedException(DeniedAddress denied) : IOException(denied.Reason);

/// <summary>
/// Opens the transport's connections. The name is resolved once; if any of its addresses is denied, none is tried; and
/// what is connected to is one of these addresses, not the name, so a resolver that answers differently the next time
/// finds no gap between check and use. At last the socket's own remote end is checked.
/// </summary>
/// <remarks>A pooled connection is an open socket to an address that was checked in this way: no answer of a resolver
/// can move it. It lives at most two minutes.</remarks>
internal sealed class VettedConnector(
    AddressPolicy policy, WebhookNetwork network, TimeProvider time, TimeSpan connectTimeout)
{
    public async ValueTask<Stream> Connect(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        ConnectionFacts facts = new() { Phase = ConnectPhase.Resolving };
        if (context.InitialRequestMessage.Options.TryGetValue(AttemptTrace.Key, out AttemptTrace? attempt))
            attempt.Opening = facts;
        using CancellationTokenSource limit = new(connectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        long started = time.GetTimestamp();
        facts.Addresses = await Resolve(context.DnsEndPoint.Host, either.Token);
        facts.Dns = time.GetElapsedTime(started);
        ThrowIfDenied(facts.Addresses, context.DnsEndPoint.Port);
        facts.Phase = ConnectPhase.Connecting;
        started = time.GetTimestamp();
        Socket socket = await ConnectAny(facts, context.DnsEndPoint.Port, either.Token);
        facts.Connect = time.GetElapsedTime(started);
        facts.ConnectedAt = time.GetTimestamp();
        facts.Phase = ConnectPhase.Securing;
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Called when the connection can carry requests, so after TLS.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "The stream belongs to the pool.")]
    public ValueTask<Stream> Trace(SocketsHttpPlaintextStreamFilterContext context, CancellationToken cancellationToken)
    {
        if (!context.InitialRequestMessage.Options.TryGetValue(AttemptTrace.Key, out AttemptTrace? attempt) ||
            attempt.Opening is not { } facts)
            return ValueTask.FromResult(context.PlaintextStream);
        if (context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps)
            facts.Tls = time.GetElapsedTime(facts.ConnectedAt);
        facts.Phase = ConnectPhase.Ready;
        return ValueTask.FromResult<Stream>(new TracedStream(context.PlaintextStream, facts, time));
    }

    private async ValueTask<IReadOnlyList<IPAddress>> Resolve(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.TrimEnd('.'), out IPAddress? literal)) return [literal];
        IPAddress[] addresses = await network.Resolve(host, cancellationToken);
        if (addresses.Length is > 0 and <= WebhookLimits.Addresses) return addresses;
        throw new SocketException((int)(addresses.Length == 0 ? SocketError.NoData : SocketError.MessageSize));
    }

    private async ValueTask<Socket> ConnectAny(ConnectionFacts facts, int port, CancellationToken cancellationToken)
    {
        SocketException? failure = null;
        foreach (IPAddress address in facts.Addresses)
        {
            IPEndPoint target = new(AddressRanges.Normalize(address), port);
            try
            {
                Socket socket = await network.Connect(target, cancellationToken);
                Vet(facts, socket);
                return socket;
            }
            catch (SocketException refused)
            {
                failure = refused;
            }
        }

        throw failure!;
    }

    private void Vet(ConnectionFacts facts, Socket socket)
    {
        try
        {
            facts.Remote = (IPEndPoint)socket.RemoteEndPoint!;
            ThrowIfDenied([facts.Remote.Address], facts.Remote.Port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void ThrowIfDenied(IReadOnlyList<IPAddress> addresses, int port)
    {
        if (policy.FindDenied(addresses, port) is { } denied) throw new AddressDeniedException(denied);
    }
}
