using System.Net;
using System.Net.Sockets;

namespace QueueService.Server.Webhooks;

/// <summary>Opens a connection to one address.</summary>
/// <exception cref="SocketException">Nobody is there.</exception>
internal delegate ValueTask<Socket> ConnectTo(IPEndPoint address, CancellationToken cancellationToken);

/// <summary>The network as the transport sees it; tests play resolvers and networks that lie.</summary>
internal sealed record WebhookNetwork(ResolveHost Resolve, ConnectTo Connect)
{
    public static readonly WebhookNetwork Real = new(
        static async (host, token) => await Dns.GetHostAddressesAsync(host, token), Open);

    private static async ValueTask<Socket> Open(IPEndPoint address, CancellationToken cancellationToken)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
