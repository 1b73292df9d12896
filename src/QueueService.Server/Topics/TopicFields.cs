using QueueService.Broker.Queues;
using QueueService.Server.Queues;

namespace QueueService.Server.Topics;

/// <summary>What the owner of a topic declares: the fields of a queue that have a meaning for a log from which nobody
/// receives.</summary>
internal static class TopicFields
{
    public static readonly DefinitionFields All = new(
        new QueueConfig(),
        [
            QueueFields.Named("type") with
            {
                Schema = "TopicType",
                Description = "`fifo` deduplicates what is published. Both keep the order of message groups for " +
                    "subscriptions with the ordering `group`.",
            },
            QueueFields.Named("retentionSeconds") with
            {
                Description =
                    "How long a message is kept for subscriptions that have not delivered it yet, and for seeks.",
            },
            QueueFields.Named("maxMessageBytes"),
            QueueFields.Named("durability"),
            QueueFields.Named("contentBasedDeduplication"),
            QueueFields.Named("deduplicationScope") with
            {
                Choices = ["topic", "group"],
                Schema = "TopicDeduplicationScope",
                Description =
                    "FIFO only: whether a deduplication id counts in the whole topic or in its message group.",
            },
        ],
        [QueuePolicies.Named("tags")]);
}
