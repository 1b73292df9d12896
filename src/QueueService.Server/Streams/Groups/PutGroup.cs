using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Hosting;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class PutGroup
{
    private static readonly Operation Description = new(
        "putGroup", Tags.Groups, "Create or replace a consumer group",
        "Idempotent: the same request again answers 200. A field left out takes its default; no body is `{}`. A poll " +
        "creates a group that does not exist, with the defaults. `autoOffsetReset` counts until the first member " +
        "joins: then it is written down where the group begins.")
    {
        Parameters = [Schemas.IfMatch, Schemas.IfNoneMatch],
        Request = [Content.Json("GroupSettings", """{"autoOffsetReset":"latest","sessionTimeoutSeconds":10}""")],
        Replies =
        [
            new(200, "The group existed; it now has these settings.", Content.Json("Group", GroupJson.Example))
                { Headers = Schemas.DefinitionHeaders },
            new(201, "The group was created.", Content.Json("Group", GroupJson.Example))
                { Headers = [.. Schemas.DefinitionHeaders, "Location"] },
        ],
        Problems =
        [
            ProblemKind.MalformedJson, StreamProblems.StreamNotFound, ProblemKind.PreconditionFailed,
            ProblemKind.UnsupportedMediaType, GroupProblems.TooManyGroups, ProblemKind.DiskFull,
            ProblemKind.RequestTooLarge, ProblemKind.UnsupportedContentEncoding,
        ],
    };

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOperation("PUT", GroupRoutes.OneGroup, Handle, Description);

    public static async Task Handle(HttpContext http, BrokerHost host)
    {
        Problem? problem = null;
        GroupName name = http.Group(ref problem);
        RequestQuery.Read(http, [], ref problem);
        Precondition precondition = ETags.Read(http, ref problem);
        GroupSettings settings = new();
        problem ??= await JsonBody.Read(http, host, settings, GroupSettings.Read);
        if (problem is not null)
        {
            await problem.Write(http);
            return;
        }

        Result<GroupChange> result = await host.Broker.PutGroup(name, settings.Config, precondition);
        if (!result.Succeeded)
        {
            await result.Error.Write(http);
            return;
        }

        http.Promise(Durability.Fsync);
        if (result.Value.Created) http.Response.Headers.Location = http.Request.Path.ToUriComponent();
        await GroupJson.Answer(http, result.Value.Created ? 201 : 200, result.Value.Group);
    }
}
