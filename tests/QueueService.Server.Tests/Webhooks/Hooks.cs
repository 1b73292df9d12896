using System.Net;
using System.Net.Sockets;
using System.Text;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>What tests of deliveries start from.</summary>
internal static class Hooks
{
    /// <summary>Where receivers of these tests are; the rest of loopback is denied, as it is by default.</summary>
    public const string Allowed = "127.0.0.2";

    public static AddressPolicy Policy(params string[] networks) =>
        new([.. networks.Select(IPNetwork.Parse)], OwnAddresses.None);

    public static AddressPolicy AllowedOnly { get; } = Policy(Allowed + "/32");

    /// <summary>A resolver that knows these names; each answer is a list of addresses, the last one is repeated.
    /// </summary>
    public static ResolveHost Names(params (string Name, string[] Answers)[] names)
    {
        Dictionary<string, Queue<string>> answers =
            names.ToDictionary(name => name.Name, name => new Queue<string>(name.Answers));
        return (host, _) =>
        {
            if (!answers.TryGetValue(host, out Queue<string>? rest))
                throw new SocketException((int)SocketError.HostNotFound);
            string answer = rest.Count > 1 ? rest.Dequeue() : rest.Peek();
            return ValueTask.FromResult(answer.Split(',').Select(IPAddress.Parse).ToArray());
        };
    }

    public static WebhookNetwork Network(ResolveHost resolve) => WebhookNetwork.Real with { Resolve = resolve };

    public static WebhookTransport Transport(
        ResolveHost? resolve = null, TimeProvider? time = null, AddressPolicy? policy = null) =>
        new(policy ?? AllowedOnly, Network(resolve ?? Names()), time ?? TimeProvider.System);

    public static WebhookRequest Post(string url, string body = "hello", params WebhookHeader[] headers) => new(
        EndpointUrl.Parse(url, out string? refusal) ?? throw new ArgumentException(refusal, nameof(url)),
        HttpMethod.Post, [new("Content-Type", "text/plain"), .. headers], Encoding.UTF8.GetBytes(body));

    public static Task<WebhookAttempt> Send(this WebhookTransport transport, string url, string body = "hello") =>
        transport.Send(Post(url, body), CancellationToken.None);

    public static string Text(this ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
