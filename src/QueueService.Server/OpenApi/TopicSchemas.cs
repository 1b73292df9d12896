using Microsoft.OpenApi;
using QueueService.Server.Topics;
using QueueService.Server.Topics.Targets;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of topics and subscriptions.</summary>
internal static class TopicSchemas
{
    private const string NamePattern = "^[A-Za-z0-9._-]{1,128}$";

    public static void AddTo(SchemaSet set)
    {
        AddTopics(set);
        set.Add("Ordering", Choice("In which order messages are delivered. More values may come.", "none", "group"));
        set.Add("TargetType", Choice("What becomes of messages. More values may come.", TargetJson.Names));
        set.Add("SubscriptionStart", Text("`latest`, `earliest` or an instant."));
        set.Add("Target", Closed(Object(
            "What becomes of the messages of a subscription.",
        [
            ("type", set.Ref("TargetType")),
            ("queue?", Text("With `queue`: the name of the queue to which they are copied.", NamePattern)),
            ("stream?", Text(
                "With `stream`: the name of the stream to which they are copied, the message group as the key.",
                NamePattern)),
            .. DeliverySchemas.TargetFields(set),
        ])));
        AddFilter(set);
        set.Add("SubscriptionSettings", Closed(Object(
            "What the owner of a subscription declares; every field is optional.",
            DefinitionSchemas.Settings(set, SubscriptionFields.All))));
        set.Add("SubscriptionPatch", Closed(Object(
            "The fields to change. `null` resets a field to its default.",
            DefinitionSchemas.Changes(set, SubscriptionFields.All))));
        AddSubscription(set);
        set.Add("SeekRequest", Closed(Object(
            "Where a subscription begins anew: one of `time`, `to` and `snapshot`.",
            ("time?", Instant("With what was published then or later.")),
            ("to?", Choice("At one end of the topic.", "earliest", "latest")),
            ("snapshot?", Text("Where this snapshot was taken.", NamePattern)),
            ("subscription?", Text("With `snapshot`: whose it is; without, its own.", NamePattern)))));
        AddSnapshots(set);
    }

    private static void AddSnapshots(SchemaSet set)
    {
        set.Add("Snapshot", Object(
            "Which messages a subscription had not acknowledged at a moment.",
            ("name", Text("Its name within the subscription.", NamePattern)),
            ("topic", Text("The name of the topic.", NamePattern)),
            ("subscription", Text("The name of the subscription.", NamePattern)),
            ("createdAt", Instant("The moment.")),
            ("expiresAt", Instant("From then on it does not exist."))));
        set.Add("SnapshotPage", QueueSchemas.Page("A page of snapshots.", set.Ref("Snapshot")));
    }

    private static void AddFilter(SchemaSet set)
    {
        set.Add("FilterScope", Choice("What the policy is about.", "attributes", "body"));
        set.Add("Filter", Closed(Object(
            "Which messages a subscription gets; both given: both must match.",
            ("scope?", set.Ref("FilterScope")),
            ("policy?", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "In the language of SNS's filter policies: names with lists of values and conditions.",
                AdditionalProperties = new OpenApiSchema { Description = "A list of values and conditions." },
            }),
            ("routingKey?", Text("`*` stands for one word, `#` for any number of them.")))));
    }

    private static void AddTopics(SchemaSet set)
    {
        set.Add("TopicType", Choice("What a topic does with messages. More values may come.", "standard", "fifo"));
        set.Add("TopicDeduplicationScope", Choice(
            "Where a deduplication id counts. More values may come.", "topic", "group"));
        set.Add("TopicSettings", Closed(Object(
            "What the owner of a topic declares; every field is optional.",
            DefinitionSchemas.Settings(set, TopicFields.All))));
        set.Add("TopicPatch", Closed(Object(
            "The fields to change. `null` resets a field to its default.",
            DefinitionSchemas.Changes(set, TopicFields.All))));
        set.Add("TopicStats", Object(
            "Counts of this moment.",
            ("messages", Integer("Messages that the topic keeps.", 0)),
            ("bytes", Integer("Their bytes, with what is stored about them.", 0)),
            ("publishedTotal", Integer("Messages ever published.", 0)),
            ("oldestMessageAgeSeconds", Integer("Age of the oldest message; 0 when there is none.", 0)),
            ("subscriptions", Integer("Subscriptions of the topic.", 0, int.MaxValue))));
        set.Add("Topic", Object("A topic.",
        [
            ("name", Text("Its name.", NamePattern)),
            .. DefinitionSchemas.Declared(set, TopicFields.All),
            ("createdAt", Instant("When it was created.")),
            ("updatedAt", Instant("When its settings changed last.")),
            ("stats", set.Ref("TopicStats")),
        ]));
        set.Add("TopicPage", QueueSchemas.Page("A page of topics.", set.Ref("Topic")));
    }

    private static void AddSubscription(SchemaSet set)
    {
        set.Add("SubscriptionStats", Object("Counts of this moment.",
        [
            ("available", Integer("Ready to be delivered.", 0)),
            ("leased", Integer("Delivered and not finished, with time left.", 0)),
            ("delayed", Integer("To be delivered again later.", 0)),
            ("blocked", Integer(
                "Behind a message of their group, or failed as often as they may and waiting for the dead-letter " +
                "queue.",
                0)),
            (
                "oldestUnacknowledgedAgeSeconds", Integer(
                    "Age of the oldest that is not finished; 0 when there is none.", 0)),
            ("receivedTotal", Integer("Deliveries, repeated ones included.", 0)),
            ("acknowledgedTotal", Integer("Messages that are finished.", 0)),
            ("deadLetteredTotal", Integer("Messages moved to the dead-letter queue.", 0)),
            ("missedTotal", Integer("Messages that the topic did not keep until they were delivered.", 0)),
            ("blockedReason?", Text("Why nothing is delivered although messages are available.")),
            .. DeliverySchemas.StatsFields(set),
        ]));
        set.Add("Subscription", Object("A subscription.",
        [
            ("name", Text("Its name within the topic.", NamePattern)),
            ("topic", Text("The name of the topic.", NamePattern)),
            .. DefinitionSchemas.Declared(set, SubscriptionFields.All),
            ("createdAt", Instant("When it was created.")),
            ("updatedAt", Instant("When its settings changed last.")),
            ("stats", set.Ref("SubscriptionStats")),
        ]));
        set.Add("SubscriptionPage", QueueSchemas.Page("A page of subscriptions.", set.Ref("Subscription")));
    }
}
