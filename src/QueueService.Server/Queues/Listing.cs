using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Queues;

/// <summary>What a listing of definitions asks for.</summary>
/// <param name="After">The name before the first one; null at the beginning.</param>
internal sealed record Listing(string Prefix, string? After, int Limit, IReadOnlyList<TagFilter> Tags)
{
    private const string Tag = "tag";

    private static readonly string[] Names = ["prefix", "limit", "cursor", Tag];

    public static readonly Parameter[] Parameters =
    [
        new("prefix", "String", "Only those whose name starts so.", "orders-"),
        new(Tag, "TagFilters", "Only those with all these tags: `key:value`, or `key` for any value.",
            "[\"team:payments\"]"),
        Schemas.Limit, Schemas.Cursor,
    ];

    public static Listing Read(HttpContext http, ref Problem? problem)
    {
        QueryValues query = RequestQuery.Read(http, Names, ref problem, repeatable: Tag);
        int limit = Pages.ReadLimit(query[1], ref problem);
        List<TagFilter> tags = TagsJson.ReadFilters(RequestQuery.ReadAll(http, Tag), ref problem);
        return new Listing(query[0]?.ToString() ?? "", Pages.ReadName(query[2], ref problem), limit, tags);
    }
}
