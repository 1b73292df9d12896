using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Hosting;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Webhooks;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>The real server, whose webhooks may reach receivers on loopback.</summary>
public sealed class HookServer : RunningServer
{
    internal const string Network = "127.0.0.0/8";

    protected override void Configure(IWebHostBuilder builder) =>
        builder.UseSetting("Webhooks:AllowedNetworks:0", Network);
}

[CollectionDefinition(Name)]
public sealed class HookCollection : ICollectionFixture<HookServer>
{
    public const string Name = "hooks";
}

/// <summary>A topic with webhook subscriptions, made through the broker.</summary>
internal sealed class HookTopic
{
    private readonly BrokerHost _host;

    private HookTopic(BrokerHost host, Api api, string path)
    {
        (_host, Api, Path) = (host, api, path);
        Assert.True(TopicName.TryParse(path.Split('/')[^1], out TopicName name));
        Name = name;
    }

    public Api Api { get; }

    public string Path { get; }

    public TopicName Name { get; }

    public MessageBroker Broker => _host.Broker;

    public WebhookHost Webhooks => _host.Webhooks;

    public static async Task<HookTopic> Create(WebApplicationFactory<Program> server, Api api, string json = "{}") =>
        new(server.Services.GetRequiredService<BrokerHost>(), api, await api.NewTopic(json));

    public async Task<SubscriptionName> Subscribe(
        string name, string url, Func<WebhookTarget, WebhookTarget>? target = null,
        Func<QueueConfig, QueueConfig>? config = null)
    {
        Assert.True(SubscriptionName.TryParse(Name, name, out SubscriptionName subscription));
        WebhookTarget hook = new() { Url = url };
        QueueConfig settings = new()
        {
            Subscription = new SubscriptionConfig
            {
                Target = SubscriptionTarget.Webhook, Destination = (target?.Invoke(hook) ?? hook).ToJson(),
            },
        };
        Result<QueueChange> change = await Broker.PutSubscription(
            new SubscriptionRequest(subscription, config?.Invoke(settings) ?? settings, Precondition.None));
        Assert.Equal(BrokerError.None, change.Error);
        return subscription;
    }

    public SealedSigningKey Seal(WebhookSecret secret, string subscription, DateTimeOffset? expires = null) =>
        new(Webhooks.Secrets.Seal(secret.Key, Name.Value, subscription), expires?.ToUnixTimeMilliseconds());

    public byte[] SealText(string text, string subscription) =>
        Webhooks.Secrets.Seal(Encoding.UTF8.GetBytes(text), Name.Value, subscription);

    public Task Publish(params string[] bodies) => Api.Publish(Path, bodies);

    public async Task<QueueDescription> Describe(SubscriptionName subscription) =>
        (await Broker.GetSubscription(subscription)).Value;

    public async Task<QueueStats> Stats(SubscriptionName subscription) => (await Describe(subscription)).Stats;

    /// <summary>The attempts that are kept, the oldest first.</summary>
    public async Task<(KeptAttempt Kept, AttemptDetails Details)[]> Attempts(SubscriptionName subscription) =>
    [
        .. (await Broker.Attempts(subscription, null, 1_000)).Value.Attempts
            .Select(static kept => (kept, AttemptDetails.FromJson(kept.Details.Span))).Reverse(),
    ];

    /// <summary>Asks until so many attempts are kept.</summary>
    public async Task<(KeptAttempt Kept, AttemptDetails Details)[]> Attempts(SubscriptionName subscription, int count)
    {
        await Until(async () => (await Attempts(subscription)).Length >= count);
        (KeptAttempt, AttemptDetails)[] attempts = await Attempts(subscription);
        Assert.Equal(count, attempts.Length);
        return attempts;
    }

    /// <summary>Asks again until it is so; every question waits for a commit.</summary>
    public static async Task Until(Func<Task<bool>> holds)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!await holds()) patience.Token.ThrowIfCancellationRequested();
    }

    public Task Until(SubscriptionName subscription, Func<QueueStats, bool> holds) =>
        Until(async () => holds(await Stats(subscription)));
}
