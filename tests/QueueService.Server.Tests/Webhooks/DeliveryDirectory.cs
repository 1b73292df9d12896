using System.Globalization;
using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Webhooks;
using QueueService.Storage.Files;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>Prepares the data directory of a server that is to be killed: it has everything before it starts.</summary>
internal static class DeliveryDirectory
{
    /// <summary>A topic `killed` with these webhooks, which send one message at a time at most so often.</summary>
    public static async Task AddHooks(string directory, Func<WebhookTarget, WebhookTarget> target, params string[] urls)
    {
        using var files = new PhysicalFileSystem(directory);
        await using MessageBroker broker = MessageBroker.Open(files, new BrokerOptions(), TimeProvider.System);
        Assert.True(TopicName.TryParse("killed", out TopicName topic));
        await broker.PutTopic(topic, new QueueConfig(), Precondition.None);
        for (int i = 0; i < urls.Length; i++)
        {
            Assert.True(SubscriptionName.TryParse(
                topic, "s" + i.ToString(CultureInfo.InvariantCulture), out SubscriptionName name));
            QueueConfig config = new()
            {
                Subscription = new SubscriptionConfig
                {
                    Target = SubscriptionTarget.Webhook,
                    Destination = target(new WebhookTarget { Url = urls[i] }).ToJson(),
                },
                Retry = new RetryPolicy { Kind = RetryKind.Fixed, MinSeconds = 1 },
            };
            Result<QueueChange> made =
                await broker.PutSubscription(new SubscriptionRequest(name, config, Precondition.None));
            Assert.True(made.Succeeded, made.Error.ToString());
        }
    }
}
