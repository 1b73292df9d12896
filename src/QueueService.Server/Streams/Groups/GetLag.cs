using QueueService.Broker.Streams.Groups;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;

namespace QueueService.Server.Streams.Groups;

internal static class GetLag
{
    private const string Example = """
        {"generation":3,"lag":2,"lagSeconds":12,"appendedPerSecond":0.7,"committedPerSecond":0.667,"partitions":[
        {"partition":0,"owner":"worker-1","committedOffset":40,"endOffset":42,"lag":2,"lagSeconds":12,"missedTotal":0,
        "appendedPerSecond":0.7,"committedPerSecond":0.667}]}
        """;

    private static readonly Operation Description = new(
        "getGroupLag", Tags.Groups, "Read how far a consumer group is behind",
        "For each partition: the records that were appended, are kept and were not committed, and the age of the " +
        "oldest of them. `lag` sums them up, `lagSeconds` is the most. Before anybody joined nothing is committed. " +
        "The rates are those of about the last minute: a lag that grows while records are committed is a group that " +
        "is too slow.")
    {
        Replies = [new(200, "The lag.", Content.Json("GroupLag", Example))],
        Problems = [StreamProblems.StreamNotFound, GroupProblems.GroupNotFound],
    };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOperation(
        "GET", GroupRoutes.OneGroup + "/lag", static (http, host) => GetGroup.Handle(http, host, Answer), Description);

    private static Task Answer(HttpContext http, GroupDescription group)
    {
        long oldest = group.Partitions.Max(static partition => partition.LagMilliseconds);
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"generation\":"u8).Number(group.Generation)
            .Raw(",\"lag\":"u8).Number(group.Lag)
            .Raw(",\"lagSeconds\":"u8).Number(oldest / 1_000)
            .Raw(",\"appendedPerSecond\":"u8).Rate(group.Partitions.Sum(static one => one.AppendedPerSecond))
            .Raw(",\"committedPerSecond\":"u8).Rate(group.Partitions.Sum(static one => one.CommittedPerSecond))
            .Raw(",\"partitions\":["u8);
        for (int i = 0; i < group.Partitions.Count; i++)
        {
            if (i > 0) output.Raw(","u8);
            Write(output, group.Partitions[i]);
        }

        output.Raw("]}"u8);
        return http.Answer(200, Answers.Json, output);
    }

    private static void Write(JsonOutput output, GroupPartition partition)
    {
        output.Raw("{\"partition\":"u8).Number(partition.Partition);
        if (partition.Owner is not null) output.Raw(",\"owner\":"u8).Text(partition.Owner);
        if (partition.NextOwner is not null) output.Raw(",\"nextOwner\":"u8).Text(partition.NextOwner);
        if (partition.Committed is { } committed) output.Raw(",\"committedOffset\":"u8).Number(committed);
        output.Raw(",\"endOffset\":"u8).Number(partition.End)
            .Raw(",\"lag\":"u8).Number(partition.Lag)
            .Raw(",\"lagSeconds\":"u8).Number(partition.LagMilliseconds / 1_000)
            .Raw(",\"missedTotal\":"u8).Number(partition.MissedTotal)
            .Raw(",\"appendedPerSecond\":"u8).Rate(partition.AppendedPerSecond)
            .Raw(",\"committedPerSecond\":"u8).Rate(partition.CommittedPerSecond).Raw("}"u8);
    }
}
