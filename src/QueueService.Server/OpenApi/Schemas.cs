using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Server.DurableStreams;
using QueueService.Server.Http;
using QueueService.Server.Streams;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>All schemas of the document, and the parameters and headers that operations share.</summary>
internal static class Schemas
{
    public static readonly Parameter IfMatch = new(
        "If-Match", "String", "Only when the current ETag is one of these; `*`: only when it exists.", "\"1-2\"",
        ParameterPlace.Header);

    public static readonly Parameter IdempotencyKey = new(
        Http.IdempotencyKey.Header, "String",
        "Makes the request safe to repeat: for 24 hours the same key answers the first outcome again.",
        "8e03978e-40d5-43dd-bc93-6894a57f9324", ParameterPlace.Header);

    public static readonly Parameter IfNoneMatch = new(
        "If-None-Match", "String", "`*`: only when it does not exist.", "*", ParameterPlace.Header);

    public static readonly Parameter Limit = new(
        "limit", "Limit", "Items of a page; larger values are taken as the maximum.", "100");

    public static readonly Parameter Cursor = new(
        "cursor", "String", "Where the page starts: `nextCursor` of the page before.", "bmpvYnM");

    public static readonly string[] DefinitionHeaders = ["ETag", Answers.DurabilityHeader];

    /// <summary>What each response header says.</summary>
    public static readonly Dictionary<string, (string Description, string Schema)> Headers = new()
    {
        [Answers.DurabilityHeader] = ("What the answer guarantees: when the write survives.", "Durability"),
        ["ETag"] = ("Names this version of the definition; for If-Match.", "String"),
        ["Location"] = ("The address of what was created.", "String"),
        ["Link"] = ("The next page, `rel=\"next\"`; absent on the last.", "String"),
        [ReadRecords.NextOffsetHeader] = ("The offset to go on at.", "String"),
        [ReadRecords.EndOffsetHeader] = ("The offset of the record that is appended next.", "String"),
        ["Retry-After"] = ("Seconds to wait before trying again.", "Integer"),
        [Http.IdempotencyKey.ReplayedHeader] =
            ("`true` when this is the outcome of an earlier request with the key.", "String"),
        ["Allow"] = ("The methods that are allowed.", "String"),
    };

    static Schemas()
    {
        foreach ((string name, var described) in DurableStreamHeaders.Described) Headers.Add(name, described);
    }

    /// <summary>Schemas that are used where they stand and have no name.</summary>
    public static IOpenApiSchema Find(string name, SchemaSet set) => name switch
    {
        "String" => new OpenApiSchema { Type = JsonSchemaType.String },
        "Integer" => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32" },
        "Boolean" => new OpenApiSchema { Type = JsonSchemaType.Boolean },
        "Bytes" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" },
        "Lines" => Text("One message as JSON a line."),
        "ResultLines" => Text("One JSON object a line."),
        "ConsumerLines" => Text("One JSON object a line."),
        "Events" => Text("Server-sent events."),
        "Duration" => Text("`30` or `30s` are seconds; `500ms`, `5m`, `2h`.", @"^[0-9]{1,12}(ms|s|m|h)?$"),
        "Instant" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
        "Limit" => Bare(Integer("", 1, int.MaxValue, Limits.DefaultPageItems)),
        "Priority" => Bare(Integer("", 0, QueueConfigLimits.MaxPriority)),
        "Prefetch" => Bare(Integer("", 1, Limits.Prefetch, Limits.DefaultPrefetch)),
        "TagFilters" => List("Each must match.", Text("`key:value`, or `key`."), max: Limits.TagFilters),
        "Partition" => Bare(Integer("", 0, StreamLimits.MaxPartitions - 1)),
        "Counter" => Bare(Integer("", 0)),
        "RecordLimit" => Bare(Integer("", 1, StreamLimits.MaxRecordsPerRead, Limits.DefaultPageItems)),
        "ReceiveMax" => Bare(Integer("", 1, ReceiveRequest.MaxMessages, 1)),
        _ => set.Ref(name),
    };

    public static void AddTo(OpenApiDocument document)
    {
        SchemaSet set = new(document);
        QueueSchemas.AddTo(set);
        TopicSchemas.AddTo(set);
        StreamSchemas.AddTo(set);
        GroupSchemas.AddTo(set);
        QueueViewSchemas.AddTo(set);
        DeliverySchemas.AddTo(set);
        MessageSchemas.AddTo(set);
        ReceiptSchemas.AddTo(set);
        OperationSchemas.AddTo(set);
        AddServiceSchemas(set);
    }

    private static void AddServiceSchemas(SchemaSet set)
    {
        set.Add("Health", Object("The state of the server.", ("status", Text("`live`, `ready` or `diskFull`."))));
        set.Add("ServiceLimit", Object(
            "A bound of the service.",
            ("name", Text("Names it; stable.")),
            ("value", Integer("The largest value that is accepted, or the smallest where the name ends in `Min`.", 0)),
            ("unit", Text("What is counted.")),
            ("bounds", Text("What it is a bound of.")),
            ("past", Text("What happens past it: the status and code of a problem, or what is done instead.")),
            ("setting?", Text("The key of the configuration that changes it."))));
        set.Add("ServiceLimits", Object(
            "All limits.", ("limits", List("One for each bound.", set.Ref("ServiceLimit")))));
        set.Add("ProblemPage", Object(
            "What a kind of problem means.",
            ("code", Text("Names the kind of problem.")),
            ("status", Integer("The HTTP status.", 400, 599)),
            ("title", Text("What went wrong.")),
            ("retriable", Flag("The same request may succeed later.")),
            ("effect", Text("What happened to the request.")),
            ("remedy", Text("What to do."))));
        set.Add("Problem", Object(
            "An RFC 9457 problem.",
            ("type", Text("The address of its explanation on this server.", format: "uri-reference")),
            ("title", Text("What went wrong.")),
            ("status", Integer("The HTTP status.", 400, 599)),
            ("detail", Text("What went wrong this time.")),
            ("code", Text("Names the kind of problem; stable.")),
            ("retriable", Flag("The same request may succeed later.")),
            ("currentEpoch?", Integer("Of a producer that was fenced: the epoch that is valid.", 0)),
            ("expectedSequence?", Integer("Of a producer's gap: the sequence that comes next.", 0)),
            ("earliestOffset?", Integer("Of an offset that is not there: where the partition begins.", 0)),
            ("endOffset?", Integer("Of an offset that is not there: where the partition ends.", 0)),
            ("errors?", new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What is to blame: a JSON pointer into the body, `?name` for a query parameter, else a " +
                    "header or a part of the path.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String },
            }),
            ("traceId?", Text("Finds the request in traces and logs."))));
    }

    private static OpenApiSchema Bare(OpenApiSchema schema)
    {
        schema.Description = null;
        return schema;
    }
}
