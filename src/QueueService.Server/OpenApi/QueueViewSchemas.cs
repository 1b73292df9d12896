using Microsoft.OpenApi;
using QueueService.Server.Streams.QueueViews;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of queue views.</summary>
internal static class QueueViewSchemas
{
    private const string NamePattern = "^[A-Za-z0-9._-]{1,128}$";

    public static void AddTo(SchemaSet set)
    {
        set.Add("QueueViewSettings", Closed(Object(
            "What the owner of a queue view declares; every field is optional.",
            DefinitionSchemas.Settings(set, QueueViewFields.All))));
        set.Add("QueueViewPatch", Closed(Object(
            "The fields to change. `null` resets a field to its default.",
            DefinitionSchemas.Changes(set, QueueViewFields.All))));
        set.Add("QueueViewStats", Object(
            "Counts of this moment.",
            ("available", Integer("Ready to be received.", 0)),
            ("leased", Integer("Received and not acknowledged, with time left.", 0)),
            ("delayed", Integer("To be received again later.", 0)),
            ("blocked", Integer("Failed as often as they may and waiting for the dead-letter queue.", 0)),
            ("oldestUnacknowledgedAgeSeconds", Integer(
                "Age of the oldest that is not acknowledged; 0 when there is none.", 0)),
            ("receivedTotal", Integer("Receives, repeated ones included.", 0)),
            ("acknowledgedTotal", Integer("Records that were acknowledged.", 0)),
            ("deadLetteredTotal", Integer("Records that were given up and copied to the dead-letter queue.", 0)),
            ("expiredTotal", Integer("Records that the stream did not keep until they were acknowledged.", 0)),
            ("blockedReason?", Text("Why nothing is handed out although records are available."))));
        set.Add("QueueView", Object("The records of a stream as a queue.",
        [
            ("name", Text("Its name within the stream.", NamePattern)),
            ("stream", Text("The name of the stream.", NamePattern)),
            .. DefinitionSchemas.Declared(set, QueueViewFields.All),
            ("createdAt", Instant("When it was created.")),
            ("updatedAt", Instant("When its settings changed last.")),
            ("stats", set.Ref("QueueViewStats")),
        ]));
        set.Add("QueueViewPage", QueueSchemas.Page("A page of queue views.", set.Ref("QueueView")));
        set.Add("QueueViewSeek", Closed(Object(
            "Where a queue view begins anew: one of both.",
            ("time?", Instant("With what was appended then or later.")),
            ("to?", Choice("At one end of the partitions.", "earliest", "latest")))));
    }
}
