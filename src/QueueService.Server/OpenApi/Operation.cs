using QueueService.Server.Http;

namespace QueueService.Server.OpenApi;

/// <summary>What the OpenAPI document says about an operation; each slice declares its own, beside its handler.
/// </summary>
internal sealed record Operation(string Id, string Tag, string Summary, string Description)
{
    public IReadOnlyList<Parameter> Parameters { get; init; } = [];

    /// <summary>Knows the Idempotency-Key header.</summary>
    public bool IsKeyed { get; init; }

    /// <summary>The accepted request bodies; none when the operation takes no body.</summary>
    public IReadOnlyList<Content> Request { get; init; } = [];

    public bool RequestRequired { get; init; }

    public required IReadOnlyList<Reply> Replies { get; init; }

    /// <summary>The problems of this operation beside those that any operation may answer.</summary>
    public IReadOnlyList<ProblemKind> Problems { get; init; } = [];

    /// <summary>The same at the address of something else than a queue.</summary>
    /// <param name="problems">Instead of that the queue does not exist.</param>
    public Operation At(string tag, params ProblemKind[] problems) => this with
    {
        Tag = tag,
        Problems = [.. Problems.Where(static kind => kind != ProblemKind.QueueNotFound), .. problems],
    };
}

internal enum ParameterPlace
{
    Query,
    Header,
}

/// <param name="Schema">The name of a schema in <see cref="Schemas"/>.</param>
internal sealed record Parameter(
    string Name, string Schema, string Description, string Example, ParameterPlace Place = ParameterPlace.Query);

/// <summary>A body in one media type.</summary>
/// <param name="Schema">The name of a schema in <see cref="Schemas"/>.</param>
/// <param name="Example">JSON, or the text itself for other media types.</param>
internal sealed record Content(string MediaType, string Schema, string Example)
{
    public static Content Json(string schema, string example) => new(Answers.Json, schema, example);
}

/// <summary>A successful answer.</summary>
internal sealed record Reply(int Status, string Description, params IReadOnlyList<Content> Contents)
{
    /// <summary>Names of the headers described in <see cref="Schemas.Headers"/>.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];
}
