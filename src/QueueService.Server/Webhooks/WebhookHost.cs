using System.Collections.Concurrent;
using System.Net;
using System.Text.Unicode;
using QueueService.Aws.Sns;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Storage.Files;

namespace QueueService.Server.Webhooks;

/// <summary>What deliveries to webhooks share: the secrets' key, the address policy, connections, circuits and turns.
/// </summary>
internal sealed class WebhookHost(ServerOptions options, TimeProvider time) : IDisposable
{
    private readonly WebhookNetwork _network = WebhookNetwork.Real;
    private readonly ConcurrentDictionary<QueueName, WebhookTally> _tallies = new();
    private SecretBox? _secrets;
    private WebhookTransport? _transport;
    private AddressPolicy? _policy;

    /// <summary>Seals and opens what targets keep.</summary>
    public SecretBox Secrets => _secrets ?? throw new InvalidOperationException("The key of the secrets is not read.");

    /// <summary>Looks at the address of a target when it is set.</summary>
    public EndpointCheck Endpoints => new(Policy, _network.Resolve, time);

    /// <summary>The same before the server listens: the server's own addresses are not known yet, and names are not
    /// asked for. Every attempt looks at both.</summary>
    public EndpointCheck EarlyEndpoints => new(
        new AddressPolicy(options.Webhooks.AllowedNetworks, OwnAddresses.Parse([])),
        static (_, _) => ValueTask.FromResult<IPAddress[]>([]), time);

    /// <summary>Asks the owner of an address.</summary>
    public OwnershipCheck Ownership => new(Transport, time, options.Webhooks.Origin);

    /// <summary>The same for endpoints of SNS.</summary>
    public SnsEndpoints SnsEndpoints => new(
        async (url, cancellation) => IsListening
            ? (await Endpoints.Check(url, cancellation))?.Message
            : "the server is starting",
        static url => new WebhookTarget { Url = url }.ToJson(),
        static destination => WebhookTarget.FromJson(destination).Url);

    public Circuits Circuits { get; } = new(time);

    public AttemptTurns Turns { get; } = new(WebhookLimits.AttemptsAtOnce, WebhookLimits.AttemptBytesAtOnce);

    public WebhookTransport Transport =>
        _transport ?? throw new InvalidOperationException("The server does not listen yet.");

    /// <summary>Before, nobody can say which addresses are the server's own.</summary>
    public bool IsListening => _policy is not null;

    private AddressPolicy Policy => _policy ?? throw new InvalidOperationException("The server does not listen yet.");

    /// <summary>Reads the key of the secrets, or makes it. To be called while the data directory is locked.</summary>
    /// <exception cref="SecretKeyException">It is another one than the directory's.</exception>
    public void Open(IFileSystem files) =>
        _secrets = new SecretBox(SecretKeyStore.Open(files, options.Webhooks.SecretKey));

    /// <summary>The server listens there: no webhook goes there.</summary>
    public void Listen(IEnumerable<string> urls)
    {
        _policy = new AddressPolicy(options.Webhooks.AllowedNetworks, OwnAddresses.Parse(urls));
        _transport = new WebhookTransport(_policy, _network, time);
    }

    /// <summary>Sends a sample message now, whatever the circuit's state, and answers everything about the attempt.
    /// Nothing is kept, and nothing is tried again.</summary>
    /// <param name="subscription">With a webhook as its target.</param>
    public async Task<AttemptDetails> Test(
        QueueDescription subscription, WebhookSample sample, CancellationToken cancellationToken)
    {
        var name = SubscriptionName.At(subscription.Name);
        Guid id = Guid.CreateVersion7(time.GetUtcNow());
        WebhookMessage message = new()
        {
            Id = sample.Form is null ? $"test-{id:N}" : id.ToString(),
            Topic = name.Topic.Value,
            Subscription = name.Value,
            SequenceNumber = 0,
            SentAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
            ContentType = sample.ContentType,
            Body = sample.Body,
            IsText = Utf8.IsValid(sample.Body.Span),
        };
        var endpoint = WebhookEndpoint.Open(subscription, Secrets, sample.Form);
        await Turns.Enter(cancellationToken);
        try
        {
            WebhookAttempt attempt =
                await Transport.Send(endpoint.Request(message, time.GetUtcNow()), cancellationToken);
            return AttemptDetails.Of(attempt, message.Id, nextAttemptAt: null);
        }
        finally
        {
            Turns.Leave(0);
        }
    }

    /// <summary>Counts of a subscription whose target is a webhook.</summary>
    public WebhookStats Stats(QueueDescription subscription)
    {
        string url = WebhookTarget.FromJson(subscription.Config.Subscription!.Destination).Url;
        return TallyOf(subscription.Name).Read(Circuits.Status(EndpointUrl.Parse(url, out _)!.Authority));
    }

    /// <summary>Where the deliveries of a subscription are counted.</summary>
    public WebhookTally TallyOf(QueueName subscription) =>
        _tallies.GetOrAdd(subscription, static _ => new WebhookTally());

    /// <summary>The subscription is gone.</summary>
    public void Forget(QueueName subscription) => _tallies.TryRemove(subscription, out _);

    public void Dispose() => _transport?.Dispose();
}

/// <summary>What a test sends.</summary>
/// <param name="Form">Of a subscription of SNS; null for one of `/v1`.</param>
internal sealed record WebhookSample(string ContentType, ReadOnlyMemory<byte> Body, SnsForm? Form)
{
    public const string DefaultType = "application/json";

    public static readonly byte[] DefaultBody = """{"test":true}"""u8.ToArray();
}
