using QueueService.Broker.Queues;
using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>The addresses of consumer groups, one slice each.</summary>
internal static class GroupRoutes
{
    public const string Groups = StreamRoutes.Stream + "/groups";
    public const string OneGroup = Groups + "/{group}";
    public const string OneMember = OneGroup + "/members/{member}";

    public const string NameRule = "1 to 128 of A-Z a-z 0-9 . _ -";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ListGroups.Map(routes);
        PutGroup.Map(routes);
        GetGroup.Map(routes);
        DeleteGroup.Map(routes);
        GetLag.Map(routes);
        PollRecords.Map(routes);
        CommitOffsets.Map(routes);
        ResetOffsets.Map(routes);
        LeaveGroup.Map(routes);
    }

    /// <summary>The group that the path names.</summary>
    public static GroupName Group(this HttpContext http, ref Problem? problem)
    {
        if (!GroupName.TryParse(http.Stream(ref problem), http.PathValue("group"), out GroupName name))
            Problem.Blame(ref problem, "group", $"in the path must be {NameRule}");
        return name;
    }

    /// <summary>The member that the path names.</summary>
    public static string Member(this HttpContext http, ref Problem? problem)
    {
        string member = http.PathValue("member");
        if (!QueueName.TryParse(member, out _)) Problem.Blame(ref problem, "member", $"in the path must be {NameRule}");
        return member;
    }
}
