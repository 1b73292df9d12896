using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using QueueService.Server.Http;

namespace QueueService.Server.OpenApi;

/// <summary>Writes the document from the descriptions that the slices attached to their endpoints.</summary>
internal sealed class DocumentWriter(EndpointDataSource endpoints) : IOpenApiDocumentTransformer
{
    /// <summary>Problems that any operation may answer.</summary>
    private static readonly ProblemKind[] Anywhere =
    [
        ProblemKind.InvalidRequest, ProblemKind.MalformedRequest, ProblemKind.InternalError, ProblemKind.Overloaded,
        ProblemKind.ShuttingDown, ProblemKind.StorageFailed,
    ];

    /// <summary>Problems of the operations that know the Idempotency-Key.</summary>
    private static readonly ProblemKind[] Keyed =
        [ProblemKind.IdempotencyKeyReused, ProblemKind.IdempotencyWindowFull];

    private static readonly Dictionary<string, (string Description, string Example)> PathParameters = new()
    {
        ["queue"] = ("The name of the queue: 1 to 128 of A-Z a-z 0-9 . _ -", "jobs"),
        ["topic"] = ("The name of the topic: 1 to 128 of A-Z a-z 0-9 . _ -", "orders"),
        ["subscription"] = ("The name of the subscription: 1 to 128 of A-Z a-z 0-9 . _ -", "billing"),
        ["snapshot"] = ("The name of the snapshot: 1 to 128 of A-Z a-z 0-9 . _ -", "before-deploy"),
        ["stream"] = ("The name of the stream: 1 to 128 of A-Z a-z 0-9 . _ -", "clicks"),
        ["partition"] = ("The number of the partition, from 0.", "0"),
        ["group"] = ("The name of the consumer group: 1 to 128 of A-Z a-z 0-9 . _ -", "billing"),
        ["view"] = ("The name of the queue view: 1 to 128 of A-Z a-z 0-9 . _ -", "thumbnails"),
        ["member"] = ("The name of the member: 1 to 128 of A-Z a-z 0-9 . _ -", "worker-1"),
        ["offset"] = ("The number of the record in its partition, from 0.", "41"),
        ["key"] = ("The key: 1 to 1024 bytes of UTF-8, which may be slashes.", "customer-7"),
        ["id"] = ("The id of the message.", "AAAAAQAAAAAAAAAq"),
        ["receiptHandle"] = ("The receipt handle that came with the message.", ReceiptSchemas.ExampleHandle),
        ["operation"] = ("The id of the operation.", "op-7"),
        ["job"] = ("The name of the job.", "retention"),
        ["path"] = ("The path of the durable stream: 1 to 1024 characters, which may be slashes.", "chats/7"),
        ["code"] = ("The code of the problem.", "receipt-expired"),
    };

    public Task TransformAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        DescribeService(document);
        Schemas.AddTo(document);
        document.Paths = [];
        foreach (RouteEndpoint endpoint in endpoints.Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<Operation>() is not { } operation) continue;
            string path =
                "/" + endpoint.RoutePattern.RawText!.TrimStart('/').Replace("{**", "{", StringComparison.Ordinal);
            if (!document.Paths.TryGetValue(path, out IOpenApiPathItem? item))
                document.Paths.Add(path, item = new OpenApiPathItem { Operations = [] });
            HttpMethod method = HttpMethod.Parse(endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods[0]);
            item.Operations!.Add(method, Write(document, endpoint, operation));
        }

        return Task.CompletedTask;
    }

    private static void DescribeService(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "QueueService",
            Version = "1.0",
            Description = "A durable message queue over HTTP. Every error is an RFC 9457 problem whose `type` is an " +
                "address on this server that explains it.",
            Contact = new OpenApiContact { Name = "The maintainers of QueueService" },
            License = new OpenApiLicense { Name = "Apache 2.0", Identifier = "Apache-2.0" },
        };
        document.Servers = [new OpenApiServer { Url = "/", Description = "This server" }];
        document.Security = [];
        document.Tags = new HashSet<OpenApiTag>(
            Tags.All.Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description }));
    }

    private static OpenApiOperation Write(OpenApiDocument document, RouteEndpoint endpoint, Operation operation)
    {
        SchemaSet set = new(document);
        return new OpenApiOperation
        {
            OperationId = operation.Id,
            Summary = operation.Summary,
            Description = operation.Description,
            Tags = new HashSet<OpenApiTagReference> { new(operation.Tag, document) },
            Parameters =
            [
                .. endpoint.RoutePattern.Parameters.Select(parameter => PathParameter(parameter.Name)),
                .. operation.Parameters.Select(parameter => Write(set, parameter)),
                .. operation.IsKeyed ? [Write(set, Schemas.IdempotencyKey)] : Array.Empty<IOpenApiParameter>(),
            ],
            RequestBody = operation.Request.Count == 0 ? null : new OpenApiRequestBody
            {
                Required = operation.RequestRequired,
                Content = Write(set, operation.Request),
            },
            Responses = new ProblemResponses(
                set, [.. Anywhere, .. operation.Problems, .. operation.IsKeyed ? Keyed : []]).AddTo(
                [.. operation.Replies.Select(reply => (reply.Status, Write(set, operation, reply)))]),
        };
    }

    private static OpenApiParameter PathParameter(string name) => new()
    {
        Name = name,
        In = ParameterLocation.Path,
        Required = true,
        Description = PathParameters[name].Description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = JsonValue.Create(PathParameters[name].Example),
    };

    private static OpenApiParameter Write(SchemaSet set, Parameter parameter) => new()
    {
        Name = parameter.Name,
        In = parameter.Place == ParameterPlace.Query ? ParameterLocation.Query : ParameterLocation.Header,
        Description = parameter.Description,
        Schema = Schemas.Find(parameter.Schema, set),
        Example = parameter.Schema is "Limit" or "ReceiveMax" or "Prefetch" or "Boolean" or "Priority" or
            "Partition" or "Counter" or "RecordLimit" or "TagFilters"
            ? JsonNode.Parse(parameter.Example)
            : JsonValue.Create(parameter.Example),
    };

    private static OpenApiResponse Write(SchemaSet set, Operation operation, Reply reply)
    {
        string[] headers = operation.IsKeyed ? [.. reply.Headers, IdempotencyKey.ReplayedHeader] : [.. reply.Headers];
        return new OpenApiResponse
        {
            Description = reply.Description,
            Headers = headers.Length == 0 ? null : Headers(set, headers),
            Content = reply.Contents.Count == 0 ? null : Write(set, reply.Contents),
        };
    }

    public static Dictionary<string, IOpenApiHeader> Headers(SchemaSet set, IEnumerable<string> names) =>
        names.ToDictionary(name => name, name => (IOpenApiHeader)new OpenApiHeader
        {
            Description = Schemas.Headers[name].Description,
            Schema = Schemas.Find(Schemas.Headers[name].Schema, set),
        });

    private static Dictionary<string, OpenApiMediaType> Write(SchemaSet set, IReadOnlyList<Content> contents) =>
        contents.ToDictionary(content => content.MediaType, content => new OpenApiMediaType
        {
            Schema = Schemas.Find(content.Schema, set),
            Example = content.MediaType.EndsWith("json", StringComparison.Ordinal) &&
                content.MediaType != ContentTypes.Lines
                    ? JsonNode.Parse(content.Example)
                    : JsonValue.Create(content.Example),
        });
}
