using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using QueueService.Server.Http;

namespace QueueService.Server.OpenApi;

/// <summary>The problem responses of an operation: one for each status, with an example for each kind.</summary>
internal sealed class ProblemResponses(SchemaSet set, IReadOnlyList<ProblemKind> kinds)
{
    public OpenApiResponses AddTo(IReadOnlyList<(int Status, OpenApiResponse Response)> replies)
    {
        OpenApiResponses responses = [];
        foreach ((int status, OpenApiResponse response) in replies) responses.Add(status.ToString(), response);
        foreach (IGrouping<int, ProblemKind> group in kinds.Distinct().GroupBy(kind => kind.Status).OrderBy(g => g.Key))
            responses.Add(group.Key.ToString(), Write([.. group]));
        return responses;
    }

    private OpenApiResponse Write(ProblemKind[] group) => new()
    {
        Description = string.Join(" ", group.Select(kind => $"`{kind.Code}`: {kind.Title}.")),
        Headers = group.Any(kind => kind.RetryAfterSeconds is not null)
            ? DocumentWriter.Headers(set, ["Retry-After"])
            : null,
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [Problem.ContentType] = new()
            {
                Schema = set.Ref("Problem"),
                Examples = group.ToDictionary(kind => kind.Code, kind => (IOpenApiExample)Example(kind)),
            },
        },
    };

    private static OpenApiExample Example(ProblemKind kind) => new()
    {
        Summary = kind.Title,
        Value = new JsonObject
        {
            ["type"] = kind.Type,
            ["title"] = kind.Title,
            ["status"] = kind.Status,
            ["detail"] = kind.Effect + " " + kind.Remedy,
            ["code"] = kind.Code,
            ["retriable"] = kind.Retriable,
            ["traceId"] = "4bf92f3577b34da6a3ce929d0e0e4736",
        },
    };
}
