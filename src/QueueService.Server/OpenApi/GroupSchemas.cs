using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using QueueService.Broker.Streams;
using QueueService.Broker.Streams.Groups;
using QueueService.Broker.Topics;
using QueueService.Server.Streams.Groups;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of consumer groups.</summary>
internal static class GroupSchemas
{
    private const string NamePattern = "^[A-Za-z0-9._-]{1,128}$";

    public static void AddTo(SchemaSet set)
    {
        AddGroups(set);
        AddPolls(set);
        AddOffsets(set);
    }

    private static void AddGroups(SchemaSet set)
    {
        set.Add("GroupSettings", Closed(Object(
            "What the owner of a consumer group declares; every field is optional.",
            Settings().Select(static field => (field.Name + "?", field.Schema)))));
        (string, IOpenApiSchema)[] summary =
        [
            ("name", Text("Its name.", NamePattern)),
            ("stream", Text("The stream that it reads.", NamePattern)),
            .. Settings(),
            ("createdAt", Instant("When it was created.")),
            ("updatedAt", Instant("When its settings changed last.")),
            ("generation", Integer("Rises with each change of the members or of what they own.", 0)),
            ("state", Choice("`rebalancing` while a member has to give something up.", GroupJson.States)),
            ("memberCount", Integer("How many members it has.", 0, GroupLimits.MaxMembers)),
            ("lag", Integer("Records that are kept and were not committed.", 0)),
        ];
        set.Add("GroupSummary", Object("A consumer group.", summary));
        set.Add("GroupMember", Object(
            "A member of a consumer group.",
            ("name", Text("Its name.", NamePattern)),
            ("instanceId?", Text("Of a process that keeps its partitions under another name.", NamePattern)),
            ("sessionTimeoutSeconds", Session()),
            ("joinedAt", Instant("When it joined.")),
            ("lastSeenAt?", Instant("Its last call; missing when there was none since the server started.")),
            ("assignment", Partitions("The partitions that it reads.")),
            ("revoked", Partitions("Those that it has to give up."))));
        set.Add("Group", Object(
            "A consumer group with its members.",
            [.. summary, ("members", List("In the order of their names.", set.Ref("GroupMember")))]));
        set.Add("GroupPage", QueueSchemas.Page("A page of consumer groups.", set.Ref("GroupSummary")));
        set.Add("PartitionLag", Object(
            "How far a group is behind in a partition.",
            ("partition", Integer("Its number.", 0, int.MaxValue)),
            ("owner?", Text("The member that reads it.", NamePattern)),
            ("nextOwner?", Text("The member that gets it when the owner has given it up.", NamePattern)),
            ("committedOffset?", Integer("Of the record that is to be read next.", 0)),
            ("endOffset", Integer("Of the record that is appended next.", 0)),
            ("lag", Integer("Records that are kept and were not committed.", 0)),
            ("lagSeconds", Integer("The age of the oldest of them; 0 when there is none.", 0)),
            ("missedTotal", Integer("Records that were not kept until the group read them.", 0)),
            ("appendedPerSecond", Rate("Records that are appended, over about the last minute.")),
            ("committedPerSecond", Rate("Records that the group commits, over about the last minute."))));
        set.Add("GroupLag", Object(
            "How far a group is behind.",
            ("generation", Integer("Of the assignment.", 0)),
            ("lag", Integer("The sum over all partitions.", 0)),
            ("lagSeconds", Integer("The largest of all partitions.", 0)),
            ("appendedPerSecond", Rate("The sum over all partitions.")),
            ("committedPerSecond", Rate("The sum over all partitions.")),
            ("partitions", List("All partitions of the stream, in order.", set.Ref("PartitionLag")))));
    }

    private static void AddPolls(SchemaSet set)
    {
        set.Add("PollRequest", Closed(Object(
            "What a member asks for.",
            ("member", Text("Its name: one for each process, the same in all its calls.", NamePattern)),
            ("instanceId?", Text("Of a process that keeps its partitions under another name.", NamePattern)),
            ("max?", Integer(
                $"At most so many, and 16 MiB of them; {GroupLimits.DefaultPollRecords} when left out. 0: a heartbeat.",
                0, StreamLimits.MaxRecordsPerRead)),
            ("waitSeconds?", Integer("Wait so long for a first record.", 0, QueueConfigLimits.MaxReceiveWaitSeconds)),
            ("sessionTimeoutSeconds?", Session()),
            ("generation?", Integer("Of the last answer.", 0)),
            ("positions?", Offsets("Where to read on instead of at the committed offsets; needs `generation`.")),
            ("commit?", Offsets("Committed before anything is read.")),
            ("autoCommit?", Flag("Commit what is answered with the answer.")))));
        set.Add("RecordGap", Object(
            "Records that were not kept until they were read.",
            ("partition", Integer("Where.", 0, int.MaxValue)),
            ("from", Integer("The first that is missing.", 0)),
            ("to", Integer("The first that is there.", 0))));
        set.Add("PollAnswer", Object(
            "What is the member's, and records of it.",
            ("generation", Integer("Of the assignment; for commits.", 0)),
            ("assignment", Partitions("The partitions that the member reads.")),
            ("revoked?", Partitions("Those that it has to give up: its next poll says that it has.")),
            ("records", List("In order within each partition.", set.Ref("StreamRecord"))),
            ("nextOffsets", Offsets("Of all assigned partitions: what to commit when the records are processed.")),
            ("lag", Integer("Records of the assigned partitions behind these.", 0)),
            ("gaps?", List("What was missed.", set.Ref("RecordGap")))));
    }

    private static void AddOffsets(SchemaSet set)
    {
        set.Add("CommitRequest", Closed(Object(
            "How far partitions are processed.",
            ("member?", Text("Who commits; left out when the group has no members.", NamePattern)),
            ("generation?", Integer("Of the poll that brought the records.", 0)),
            ("offsets", Offsets("For each partition the offset of the record to be read next.")))));
        set.Add("ResetRequest", Closed(Object(
            "Where offsets are to be set.",
            ("to", Choice("Which place is meant.", ResetDraft.Places)),
            ("time?", Instant("With `time`: the first record of then or later.")),
            ("offset?", Integer("With `offset`.", 0, TopicCursor.MaxOffset)),
            ("shift?", Integer("With `shift`: so many records forward, or back when negative.")),
            ("partitions?", Partitions("All when left out.")),
            ("dryRun?", Flag("Only say what would be done.")))));
        set.Add("OffsetMove", Object(
            "The offset of a partition.",
            ("partition", Integer("Its number.", 0, int.MaxValue)),
            ("from?", Integer("Before; missing when there was none.", 0)),
            ("to", Integer("After.", 0))));
        set.Add("ResetResult", Object(
            "What a reset did or would do.",
            ("dryRun", Flag("Nothing was changed.")),
            ("partitions", List("In the order of the partitions.", set.Ref("OffsetMove")))));
    }

    private static (string Name, IOpenApiSchema Schema)[] Settings() =>
    [
        ("autoOffsetReset", Choice(
            "Where the group begins: with the oldest records, which is the default, or with what is appended after " +
            "the first member joined.", GroupSettings.Resets)),
        ("assignor", Choice(
            "`stickyCooperative`, the default: evenly, and everybody keeps what it can. `range`: evenly, " +
            "neighbouring partitions together.", GroupSettings.Assignors)),
        ("sessionTimeoutSeconds", Session()),
        ("processingTimeoutSeconds", Integer(
            "Whoever asks for no records and commits nothing for so long has left, also when it sends heartbeats; " +
            "300 when left out.", GroupLimits.MinProcessingTimeoutSeconds, GroupLimits.MaxProcessingTimeoutSeconds)),
    ];

    private static OpenApiSchema Session() => Integer(
        "Whoever does not call for so long has left; 45 when nobody says anything.",
        GroupLimits.MinSessionTimeoutSeconds, GroupLimits.MaxSessionTimeoutSeconds);

    private static OpenApiSchema Partitions(string description) =>
        List(description, Integer("The number of a partition.", 0, StreamLimits.MaxPartitions - 1));

    private static OpenApiSchema Offsets(string description) => new()
    {
        Type = JsonSchemaType.Object,
        Description = description,
        AdditionalProperties = Integer("The offset of the partition.", 0, TopicCursor.MaxOffset),
    };
}
