using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using QueueService.Server.Queues;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of queues; the declared fields come from the table that also parses them.</summary>
internal static class QueueSchemas
{
    public static void AddTo(SchemaSet set)
    {
        set.Add("QueueType", Choice("How messages are handed out. More values may come.", "standard", "fifo"));
        set.Add(
            "DeduplicationScope", Choice("Where a deduplication id counts. More values may come.", "queue", "group"));
        set.Add("Durability", Choice("When a write is answered. More values may come.", "fsync", "os", "memory"));
        set.Add("Overflow", Choice("What a full queue does. More values may come.", "reject", "dropOldest"));
        QueuePolicySchemas.AddTo(set);
        set.Add("QueueSettings", Closed(Object(
            "What the owner of a queue declares; every field is optional.", DefinitionSchemas.Settings(
                set, QueueFields.OfQueue))));
        set.Add("QueuePatch", Closed(Object(
            "The fields to change. `null` resets a field to its default.", DefinitionSchemas.Changes(
                set, QueueFields.OfQueue))));
        set.Add("QueueStats", Object(
            "Counts of this moment.",
            ("available", Integer("Ready to be received.", 0)),
            ("leased", Integer("Received and not finished, with time left.", 0)),
            ("delayed", Integer("Not due yet.", 0)),
            ("blocked", Integer(
                "Behind a message of their group, or failed as often as they may and waiting for the dead-letter " +
                "queue.",
                0)),
            ("oldestMessageAgeSeconds", Integer("Age of the oldest message; 0 when there is none.", 0)),
            ("sentTotal", Integer("Messages ever sent.", 0)),
            ("receivedTotal", Integer("Deliveries, repeated ones included.", 0)),
            ("deletedTotal", Integer("Messages acknowledged or deleted.", 0)),
            ("expiredTotal", Integer("Messages older than the retention.", 0)),
            ("deadLetteredTotal", Integer("Messages moved to the dead-letter queue.", 0)),
            ("droppedTotal", Integer("Messages that made room for newer ones.", 0)),
            ("bytes", Integer("Bytes of the messages that are here, as `maxBytes` counts them.", 0)),
            ("blockedReason?", Text("Why nothing is handed out although messages are available."))));
        set.Add("Queue", Object("A queue.",
        [
            ("name", Text("Its name.", @"^[A-Za-z0-9._-]{1,128}$")),
            .. DefinitionSchemas.Declared(set, QueueFields.OfQueue),
            ("createdAt", Instant("When it was created.")),
            ("updatedAt", Instant("When its settings changed last.")),
            ("stats", set.Ref("QueueStats")),
        ]));
        set.Add("QueuePage", Page("A page of queues.", set.Ref("Queue")));
    }

    public static OpenApiSchema Page(string description, IOpenApiSchema item) => Object(
        description,
        ("items", List("In order.", item, max: Limits.PageItems)),
        ("nextCursor?", Text("Where the next page starts; absent on the last.", @"^[A-Za-z0-9_-]+$")));
}
