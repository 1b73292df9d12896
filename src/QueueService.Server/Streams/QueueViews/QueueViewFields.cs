using QueueService.Broker.Queues;
using QueueService.Broker.Topics;
using QueueService.Server.Queues;
using QueueService.Server.Topics;

namespace QueueService.Server.Streams.QueueViews;

/// <summary>What the owner of a queue view declares.</summary>
internal static class QueueViewFields
{
    public static readonly DefinitionFields All = new(
        new QueueConfig { Subscription = new SubscriptionConfig() },
        [
            QueueFields.Named("visibilityTimeoutSeconds"),
            QueueFields.Named("receiveWaitSeconds"),
            QueueFields.Named("paused") with { Description = "Nothing is handed out; settling goes on." },
        ],
        [
            SubscriptionFields.From with
            {
                Description = "Where a new view begins in each partition: `latest`, `earliest`, or with the records " +
                    "that were appended at a time (RFC 3339) or later. Partitions that are added later are received " +
                    "from their first record on. Default: `latest`.",
            },
            FilterJson.Field with
            {
                Description = "Which records it gets: those whose headers or body match the `policy`, which is in " +
                    "the language of SNS's filter policies; the headers of a record are its attributes. Default: all.",
            },
            QueuePolicies.Named("retryPolicy"), QueuePolicies.Named("redrivePolicy"), QueuePolicies.Named("tags"),
        ]);
}
