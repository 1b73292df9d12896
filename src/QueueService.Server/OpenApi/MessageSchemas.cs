using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using QueueService.Server.Queues;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of messages on their way in and out.</summary>
internal static class MessageSchemas
{
    private const string IdPattern = "^[A-Za-z0-9_-]{16}$";

    public static void AddTo(SchemaSet set)
    {
        set.Add("MessageState", Choice("Where a message is. More values may come.", MessageJson.States));
        set.Add("AcknowledgeMode", Choice("When messages are acknowledged.", "explicit", "auto"));
        set.Add("ReceiveFormat", Choice("The form of delivered messages.", "json", "raw", "cloudEvents"));
        AddAttributes(set);
        AddEvents(set);
        AddSent(set);
        set.Add("Message", Object("A message that was received.",
        [
            ("id", Text("Names the message for ever.", IdPattern)),
            ("receiptHandle?", Text("Proof of this lease; absent with `ack=auto`.", ReceiptSchemas.HandlePattern)),
            .. Content(set),
            ("event?", set.Ref("CloudEvent")),
            .. Facts(set),
        ]));
        set.Add("ReceivedMessages", Object(
            "What a receive answers.",
            ("messages", List("The messages.", set.Ref("Message"), max: ReceiveRequest.MaxMessages)),
            ("acknowledged?", List("The outcome of each handle in `acknowledge`.", set.Ref("SettleResult")))));
        set.Add("BrowsedMessage", Object("A message that was looked at.",
        [
            ("id", Text("Names the message for ever.", IdPattern)),
            ("state", set.Ref("MessageState")),
            .. Content(set),
            .. Facts(set),
        ]));
        set.Add("TopicMessagePage", QueueSchemas.Page("A page of messages of a topic.", set.Ref("Message")));
        set.Add("MessagePage", QueueSchemas.Page("A page of messages.", set.Ref("BrowsedMessage")));
    }

    private static void AddSent(SchemaSet set)
    {
        set.Add("SentMessage", Object(
            "A message that is stored.",
            ("id", Text("Names the message for ever.", IdPattern)),
            ("sequenceNumber", Integer("Its place in the queue or topic.", 0)),
            ("sentAt", Instant("When it was stored.")),
            ("md5OfBody", Text("MD5 of the body, to compare.", "^[0-9a-f]{32}$")),
            ("deduplicated?", Flag("It was sent before, and is not stored again."))));
        set.Add("NewMessage", Closed(Object(
            "A message of a batch: it has either `body` or `bodyBase64`.", [.. Given(set), .. Timing()])));
        set.Add("TopicMessage", Closed(Object(
            "A message to publish: it has either `body` or `bodyBase64`.", Given(set))));
        set.Add("TopicMessageBatch", Closed(Object(
            "Many messages.",
            ("messages", List("At most 1,000.", set.Ref("TopicMessage"), 1, Limits.BatchMessages)))));
        set.Add("MessageBatch", Closed(Object(
            "Many messages.",
            ("messages", List("At most 1,000.", set.Ref("NewMessage"), 1, Limits.BatchMessages)))));
        set.Add("SentMessageResult", Object(
            "A stored message of a batch.",
            ("id", Text("Names the message for ever.", IdPattern)),
            ("sequenceNumber", Integer("Its place in the queue or topic.", 0)),
            ("deduplicated?", Flag("It was sent before, and is not stored again."))));
        set.Add("SentMessageBatch", Object(
            "Where the messages are, in the order given.",
            ("results", List("One for each message.", set.Ref("SentMessageResult")))));
        set.Add("PartialResult", Object(
            "The outcome of one message.",
            ("status", Integer("201, 200 for one that was sent before, or the status of the problem.", 200, 599)),
            ("id?", Text("Names the message for ever.", IdPattern)),
            ("sequenceNumber?", Integer("Its place in the queue or topic.", 0)),
            ("deduplicated?", Flag("It was sent before, and is not stored again.")),
            ("problem?", set.Ref("Problem"))));
        set.Add("PartialBatch", Object(
            "The outcome of each message, in the order given.",
            ("results", List("One for each message.", set.Ref("PartialResult")))));
    }

    private static IEnumerable<(string, IOpenApiSchema)> Given(SchemaSet set) =>
    [
        ("body?", Text("The body as text.")),
        ("bodyBase64?", Text("The body as base64, when it is not text.", format: "byte")),
        ("contentType?", Text("Its media type.")),
        ("groupId?", Text("The message group: in order in a FIFO queue, a fair turn in a standard one.")),
        ("deduplicationId?", Text("FIFO only: sent again within five minutes, it is not stored again.")),
        ("correlationId?", Text("Carried along.")),
        ("replyTo?", Text("Carried along.")),
        ("routingKey?", Text("What topics route by; a queue carries it along.")),
        ("traceparent?", Text("W3C trace context.")),
        ("tracestate?", Text("W3C trace context.")),
        ("attributes?", set.Ref("Attributes")),
    ];

    /// <summary>What a topic does not know.</summary>
    private static IEnumerable<(string, IOpenApiSchema)> Timing() =>
    [
        ("delaySeconds?", OrNull(Integer(
            "Hide the message at first; `null` takes the queue's delay.", 0, QueueConfigLimits.MaxDelaySeconds))),
        ("deliverAt?", Instant("Instead of a delay: hide the message until then, at most 365 days.")),
        ("ttlSeconds?", OrNull(Integer(
            "The message is not delivered later than this after it was sent.", 1,
            QueueConfigLimits.MaxRetentionSeconds))),
        ("priority?", OrNull(Integer(
            "0 to 9, the highest first; standard queues only.", 0, QueueConfigLimits.MaxPriority))),
    ];

    private static void AddAttributes(SchemaSet set)
    {
        set.Add("Attributes", new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "Named values beside the body; names are 1 to 256 of A-Z a-z 0-9 . _ -",
            MaxProperties = Limits.Attributes,
            AdditionalProperties = new OpenApiSchema
            {
                Description = "A string, a number, a boolean, or `{type, value | valueBase64}` with the type " +
                    "`string`, `number`, `boolean` or `binary`, and maybe a label behind a dot: `number.int`.",
            },
        });
    }

    private static void AddEvents(SchemaSet set)
    {
        set.Add("CloudEvent", Object(
            "A CloudEvents 1.0 event in its structured form; other members are its extension attributes.",
            ("specversion", Text("`1.0`.")),
            ("id", Text("Names the event at its source.")),
            ("source", Text("Where it happened.", format: "uri-reference")),
            ("type", Text("What happened.")),
            ("subject?", Text("To what it happened.")),
            ("time?", Instant("When it happened.")),
            ("datacontenttype?", Text("The media type of the data.")),
            ("dataschema?", Text("The schema of the data.", format: "uri")),
            ("data?", new OpenApiSchema { Description = "Any JSON, or text." }),
            ("data_base64?", Text("Data that is not text.", format: "byte"))));
        set.Add("CloudEventBatch", List("Many events.", set.Ref("CloudEvent"), 1, Limits.BatchMessages));
    }

    private static IEnumerable<(string, IOpenApiSchema)> Content(SchemaSet set) =>
    [
        ("body?", Text("The body, when it is UTF-8 text.")),
        ("bodyBase64?", Text("The body as base64, when it is not text.", format: "byte")),
        ("contentType?", Text("Its media type.")),
        ("attributes?", set.Ref("Attributes")),
        ("groupId?", Text("As it was sent.")),
        ("deduplicationId?", Text("As it was sent.")),
        ("correlationId?", Text("As it was sent.")),
        ("replyTo?", Text("As it was sent.")),
        ("routingKey?", Text("As it was sent.")),
        ("traceparent?", Text("W3C trace context of the sender.")),
        ("tracestate?", Text("W3C trace context of the sender.")),
    ];

    private static IEnumerable<(string, IOpenApiSchema)> Facts(SchemaSet set) =>
    [
        ("sequenceNumber", Integer("Its place in the queue or topic; of a record, its offset.", 0)),
        ("partition?", Integer("Of a record of a stream: the partition in which it is.", 0, int.MaxValue)),
        ("offset?", Integer("Of a record of a stream: its number in the partition.", 0)),
        ("key?", Text("Of a record of a stream: what it is about.")),
        ("receiveCount", Integer("How often it was received.", 0, int.MaxValue)),
        ("sentAt", Instant("When it was stored.")),
        ("priority?", Integer("0 to 9; absent when 0.", 0, QueueConfigLimits.MaxPriority)),
        ("expiresAt?", Instant("It is not delivered later; absent when it was sent without a ttl.")),
        ("firstReceivedAt?", Instant("When it was received for the first time.")),
        ("visibleAt?", Instant("When its lease or delay ends.")),
        ("redriveCount?", Integer("How often it was brought back from a dead-letter queue.", 0, int.MaxValue)),
        ("deadLetter?", set.Ref("DeadLetter")),
    ];
}
