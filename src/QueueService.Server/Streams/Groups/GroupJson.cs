using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;

namespace QueueService.Server.Streams.Groups;

/// <summary>A consumer group as JSON.</summary>
internal static class GroupJson
{
    public const string Summary = """
        {"name":"billing","stream":"clicks","autoOffsetReset":"earliest","assignor":"stickyCooperative",
        "sessionTimeoutSeconds":45,"processingTimeoutSeconds":300,"createdAt":"2026-11-21T10:00:00.000Z",
        "updatedAt":"2026-11-21T10:00:00.000Z","generation":3,"state":"stable","memberCount":1,"lag":10}
        """;

    public const string Example = """
        {"name":"billing","stream":"clicks","autoOffsetReset":"earliest","assignor":"stickyCooperative",
        "sessionTimeoutSeconds":45,"processingTimeoutSeconds":300,"createdAt":"2026-11-21T10:00:00.000Z",
        "updatedAt":"2026-11-21T10:00:00.000Z","generation":3,"state":"stable","memberCount":1,"lag":10,
        "members":[{"name":"worker-1","sessionTimeoutSeconds":45,"joinedAt":"2026-11-21T10:00:00.000Z",
        "lastSeenAt":"2026-11-21T10:00:01.000Z","assignment":[0,1],"revoked":[]}]}
        """;

    public static readonly string[] States = ["empty", "rebalancing", "stable"];

    public static Task Answer(HttpContext http, int status, GroupDescription group)
    {
        http.Response.Headers.ETag = ETags.Quote(group.ETag);
        JsonOutput output = JsonOutput.Rent();
        WriteSummary(output, group);
        output.Raw(",\"members\":["u8);
        for (int i = 0; i < group.Members.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            Write(output, group, group.Members[i]);
        }

        output.Raw("]}"u8);
        return http.Answer(status, Answers.Json, output);
    }

    /// <summary>The group without its closing brace: listings leave the members out.</summary>
    public static void WriteSummary(JsonOutput output, GroupDescription group)
    {
        GroupConfig config = group.Config;
        string state = group.Members.Count == 0 ? States[0] : group.IsRebalancing ? States[1] : States[2];
        output.Raw("{\"name\":"u8).Text(group.Name.Value)
            .Raw(",\"stream\":"u8).Text(group.Name.Stream.Value)
            .Raw(",\"autoOffsetReset\":"u8).Text(GroupSettings.Resets[(int)config.AutoOffsetReset])
            .Raw(",\"assignor\":"u8).Text(GroupSettings.Assignors[(int)config.Assignor])
            .Raw(",\"sessionTimeoutSeconds\":"u8).Number(config.SessionTimeoutSeconds)
            .Raw(",\"processingTimeoutSeconds\":"u8).Number(config.ProcessingTimeoutSeconds)
            .Raw(",\"createdAt\":"u8).Instant(group.CreatedAt)
            .Raw(",\"updatedAt\":"u8).Instant(group.UpdatedAt)
            .Raw(",\"generation\":"u8).Number(group.Generation)
            .Raw(",\"state\":"u8).Text(state)
            .Raw(",\"memberCount\":"u8).Number(group.Members.Count)
            .Raw(",\"lag\":"u8).Number(group.Lag);
    }

    public static void WriteNumbers(JsonOutput output, IEnumerable<int> numbers)
    {
        output.Raw("["u8);
        bool first = true;
        foreach (int number in numbers)
        {
            if (!first) output.Raw(","u8);
            output.Number(number);
            first = false;
        }

        output.Raw("]"u8);
    }

    private static void Write(JsonOutput output, GroupDescription group, MemberState member)
    {
        output.Raw("{\"name\":"u8).Text(member.Name);
        if (member.InstanceId is not null) output.Raw(",\"instanceId\":"u8).Text(member.InstanceId);
        output.Raw(",\"sessionTimeoutSeconds\":"u8).Number(member.SessionMilliseconds / 1_000)
            .Raw(",\"joinedAt\":"u8).Instant(member.JoinedAt);
        if (member.LastSeenAt > 0) output.Raw(",\"lastSeenAt\":"u8).Instant(member.LastSeenAt);
        output.Raw(",\"assignment\":"u8);
        WriteNumbers(output, Of(isRevoked: false));
        output.Raw(",\"revoked\":"u8);
        WriteNumbers(output, Of(isRevoked: true));
        output.Raw("}"u8);

        IEnumerable<int> Of(bool isRevoked) => group.Partitions
            .Where(partition => partition.Owner == member.Name && partition.NextOwner is not null == isRevoked)
            .Select(static partition => partition.Partition);
    }
}
