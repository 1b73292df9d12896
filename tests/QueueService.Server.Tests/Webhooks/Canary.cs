using System.Net;
using System.Net.Sockets;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>Listens where nobody may come, on every address of the machine, and counts who does. The kernel completes a
/// connection before anybody accepts it, so nothing has to be waited for.</summary>
internal sealed class Canary : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.IPv6Any, 0);
    private int _connections;

    public Canary()
    {
        _listener.Server.DualMode = true;
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections so far.</summary>
    public int Connections
    {
        get
        {
            while (_listener.Pending())
            {
                _listener.AcceptSocket().Dispose();
                _connections++;
            }

            return _connections;
        }
    }

    public void Dispose() => _listener.Dispose();
}
