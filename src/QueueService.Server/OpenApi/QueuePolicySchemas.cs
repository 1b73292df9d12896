using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using QueueService.Server.Queues;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of the policies of a queue, and of what they do to a message.</summary>
internal static class QueuePolicySchemas
{
    private const string NamePattern = "^[A-Za-z0-9._-]{1,128}$";

    public static void AddTo(SchemaSet set)
    {
        set.Add("RetryKind", Choice("How delays grow. More values may come.", QueuePolicies.RetryKinds));
        set.Add("RedrivePermission", Choice("Who may. More values may come.", QueuePolicies.Permissions));
        set.Add("RetryPolicy", Closed(Object(
            "The delay of the next delivery after one that failed.",
            ("kind?", set.Ref("RetryKind")),
            ("minSeconds?", Integer(
                "The first delay, and the only one of `fixed`. Default: 1.", 1,
                QueueConfigLimits.MaxVisibilityTimeoutSeconds)),
            ("maxSeconds?", Integer(
                "No delay is longer, but for jitter. Default: 16.", 1, QueueConfigLimits.MaxVisibilityTimeoutSeconds)),
            ("factor?", Number("From one delay to the next. Default: 2.", 1, 10)),
            ("jitter?", Number("How far a delay may lie on either side, as a part of it. Default: 0.", 0, 1)))));
        set.Add("RedrivePolicy", Closed(Object(
            "Where messages go that cannot be processed.",
            ("deadLetterQueue", Text("The name of another queue, which exists.", NamePattern)),
            ("maxReceiveCount?", Integer(
                $"Deliveries that fail; the last failure moves the message. Default: " +
                $"{QueuePolicies.DefaultMaxReceiveCount}.",
                1, RedrivePolicy.MaxMaxReceiveCount)),
            ("includeExpired?", Flag(
                "Messages whose time to live is over go there, too, instead of being dropped. Default: false.")))));
        set.Add("RedriveAllowPolicy", Closed(Object(
            "Which queues may name this one as their dead-letter queue.",
            ("permission", set.Ref("RedrivePermission")),
            ("sourceQueues?", List(
                "With `byQueue`: their names.", Text("A queue.", NamePattern), 1,
                RedriveAllowPolicy.MaxSourceQueues)))));
        AddTags(set);
        AddAlarms(set);
        set.Add("DeadLetter", Object(
            "Why a message is in a dead-letter queue.",
            ("sourceQueue", Text("The queue that it came from, or `topic/subscription`, or `stream/queueView`.")),
            ("stream?", Text("Of a record: the stream in which it is.")),
            ("partition?", Integer("Of a record: its partition.", 0, int.MaxValue)),
            ("offset?", Integer("Of a record: its number in the partition.", 0)),
            ("reason", Text("`maxReceiveCount`, or what the consumer said.")),
            ("receiveCount", Integer("Deliveries in that queue.", 0)),
            ("firstFailedAt", Instant("When the first of them failed.")),
            ("lastFailedAt", Instant("When the last of them failed."))));
        set.Add("DeadLetterRequest", Closed(Object(
            "Why a message is given up.",
            ("reason?", Text("Kept with the message. Default: `rejected`.")))));
    }

    private static void AddAlarms(SchemaSet set)
    {
        set.Add("AlarmMetric", Choice(
            "What an alarm looks at: `messages` in any state, or only those that are `available`, `leased`, " +
            "`delayed` or `blocked`; their `bytes`; the age of the oldest; or `deadLettered`, the messages that are " +
            "in the queue's dead-letter queue, whichever queue they came from. Of a stream: its `records`, their " +
            "`bytes`, the age of the oldest, and how much the consumer group that is most behind has not committed: " +
            "`groupLag` in records, `groupLagSeconds` the age of the oldest of them. More values may come.",
            AlarmsJson.Metrics));
        set.Add("AlarmStateName", Choice("Whether the alarm is raised. More values may come.", AlarmsJson.States));
        set.Add("Alarm", Closed(Object("A condition on a queue or a stream.", Fields(set, "?"))));
        set.Add("Alarms", List("Each has a name of its own.", set.Ref("Alarm"), max: Alarm.MaxPerQueue));
        set.Add("AlarmState", Object("An alarm and its state.",
        [
            .. Fields(set, ""),
            ("state", set.Ref("AlarmStateName")),
            ("since", Instant("When it entered this state.")),
            ("value?", Integer("Of the metric when it was last looked at; absent right after a start.", 0)),
        ]));
        set.Add("AlarmStates", List("In the order of the definition.", set.Ref("AlarmState"), max: Alarm.MaxPerQueue));
    }

    private static IEnumerable<(string, IOpenApiSchema)> Fields(SchemaSet set, string suffix) =>
    [
        ("name", Text("Unique in the queue.", NamePattern)),
        ("metric", set.Ref("AlarmMetric")),
        ("above" + suffix, Integer("The condition holds while the metric is greater. Default: 0.", 0, Alarm.MaxAbove)),
        ("forSeconds" + suffix, Integer(
            "It has to hold this long without a break. Default: 0.", 0, Alarm.MaxForSeconds)),
    ];

    private static void AddTags(SchemaSet set)
    {
        string keys = $"At most {Tag.MaxPerQueue} names and values; a name is {TagsJson.KeyRule}";
        set.Add("Tags", new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = keys,
            MaxProperties = Tag.MaxPerQueue,
            AdditionalProperties = Text($"At most {Tag.MaxValueLength} characters."),
        });
        set.Add("TagChanges", new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = keys,
            AdditionalProperties = new OpenApiSchema { Description = "The value, or `null` to take the name away." },
        });
    }

    private static OpenApiSchema Number(string description, int min, int max) => new()
    {
        Type = JsonSchemaType.Number,
        Format = "double",
        Description = description,
        Minimum = min.ToString(),
        Maximum = max.ToString(),
    };
}
