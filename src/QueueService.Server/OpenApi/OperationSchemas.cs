using Microsoft.OpenApi;
using QueueService.Broker.Operations;
using QueueService.Server.Operations;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of long work and of jobs.</summary>
internal static class OperationSchemas
{
    private const string IdPattern = "^op-[0-9]+$";

    public static void AddTo(SchemaSet set)
    {
        set.Add("OperationKind", Choice("What is done. More values may come.", OperationJson.Kinds));
        set.Add("OperationStatus", Choice("How far it is. More values may come.", OperationJson.Statuses));
        AddOperation(set);
        AddRedrive(set);
        set.Add("ImportError", Object(
            "A line that was left out.",
            ("line", Integer("Its number; the first line is 1.", 1)),
            ("problem", set.Ref("Problem"))));
        set.Add("Import", Object(
            "An import that ended.",
            ("operation", set.Ref("Operation")),
            ("errors", List("The first bad lines.", set.Ref("ImportError"), max: 100))));
        AddJobs(set);
    }

    private static void AddOperation(SchemaSet set)
    {
        set.Add("OperationResult", Object(
            "What was done so far; for a dry run what would be.",
            ("affected", Integer("Messages moved, deleted or added.", 0)),
            ("skipped", Integer("Messages left alone: leased, delayed, or not what the filter asks for.", 0)),
            ("failed", Integer("Messages or lines that should have been dealt with and could not.", 0)),
            ("failures", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "How many of them for which reason: `noSource` (no dead letter, and no `to` given), " +
                    "`targetNotFound`, `tooLarge` (for the target), `damaged` (on disk), `invalidLine`, " +
                    "`queueFull` (of the target).",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
            })));
        set.Add("Operation", Object(
            "Long work.",
            ("id", Text("Names the operation for ever.", IdPattern)),
            ("kind", set.Ref("OperationKind")),
            ("queue", Text("The queue that it works on.")),
            ("status", set.Ref("OperationStatus")),
            ("dryRun", Flag("Nothing is changed.")),
            ("done", Integer("Messages or lines that it has dealt with.", 0)),
            ("total", Integer("What there was to deal with when it started; when it succeeded, what there was.", 0)),
            ("createdAt", Instant("When it was asked for.")),
            ("startedAt?", Instant("When its first page was looked at.")),
            ("finishedAt?", Instant("When it ended.")),
            ("result", set.Ref("OperationResult")),
            ("problem?", set.Ref("Problem"))));
        set.Add("OperationPage", QueueSchemas.Page("A page of operations.", set.Ref("Operation")));
    }

    private static void AddRedrive(SchemaSet set)
    {
        set.Add("MessageFilter", Closed(Object(
            "Which messages are meant: everything that is given must hold.",
            ("attributes?", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "Names and a value, or a list of values any of which matches; numbers are compared as " +
                    "numbers.",
                MaxProperties = MessageFilter.MaxAttributes,
                AdditionalProperties = new OpenApiSchema { Description = "A string, a number, a boolean or a list." },
            }),
            ("reason?", Text("Why it was dead-lettered, exactly.")),
            ("sourceQueue?", Text("The queue that it came from.")),
            ("sentSince?", Instant("Sent at this time or later.")),
            ("sentBefore?", Instant("Sent before this time.")))));
        set.Add("RedriveRequest", Closed(Object(
            "What is to be moved back, and where; every field is optional.",
            ("to?", Text("The target; when left out, each message goes to the queue that it came from.")),
            ("filter?", set.Ref("MessageFilter")),
            ("limit?", Integer("Messages to move at most.", 1)),
            ("ratePerSecond?", Integer(
                "Messages to move a second at most.", 1, OperationLimits.MaxRatePerSecond)),
            ("dryRun?", Flag("Only count.")))));
    }

    private static void AddJobs(SchemaSet set)
    {
        set.Add("JobResult", Object(
            "How the last run ended.",
            ("succeeded", Flag("It did what it should.")),
            ("message", Text("What it did, or why it failed; for people."))));
        set.Add("Job", Object(
            "Periodic work.",
            ("name", Text("Its name.")),
            ("description", Text("What it does.")),
            ("intervalSeconds", Integer("From the end of a run to the next one.", 1)),
            ("running", Flag("It runs now.")),
            ("paused", Flag("It does not run by itself.")),
            ("lastRunAt?", Instant("When the last run began; absent before the first one since the start.")),
            ("lastDurationMilliseconds?", Integer("How long it took.", 0)),
            ("lastResult?", set.Ref("JobResult")),
            ("nextRunAt?", Instant("When it runs next; absent while it is paused or runs."))));
        set.Add("JobList", Object("All jobs.", ("items", List("In a fixed order.", set.Ref("Job")))));
    }
}
