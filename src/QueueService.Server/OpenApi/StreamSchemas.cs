using Microsoft.OpenApi;
using QueueService.Broker.Queues;
using QueueService.Server.Streams;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>Schemas of streams and their records.</summary>
internal static class StreamSchemas
{
    private const string NamePattern = "^[A-Za-z0-9._-]{1,128}$";

    public static void AddTo(SchemaSet set)
    {
        AddStreams(set);
        AddRecords(set);
        AddAppended(set);
    }

    private static void AddStreams(SchemaSet set)
    {
        set.Add("StreamTier", Closed(Object(
            "When a sealed segment goes to the object store: when either holds. At least one is given.",
            ("afterSeconds?", Integer(
                "Its newest record is older.", 0, QueueConfigLimits.MaxRetentionSeconds)),
            ("localBytes?", Integer(
                "The segments of its partition on the server's disk have more bytes; the oldest go.", 0,
                QueueConfigLimits.MaxMaxBytes)))));
        set.Add("Cleanup", Choice("How records end. More values may come.", "delete", "compact", "compactAndDelete"));
        set.Add("StreamSettings", Closed(Object(
            "What the owner of a stream declares; every field is optional.",
            DefinitionSchemas.Settings(set, StreamFields.All))));
        set.Add("StreamPatch", Closed(Object(
            "The fields to change. `null` resets a field to its default.",
            DefinitionSchemas.Changes(set, StreamFields.All))));
        set.Add("StreamStats", Object(
            "Counts of this moment.",
            ("records", Integer("Records that the stream keeps.", 0)),
            ("bytes", Integer("Their bytes, with what is stored about them.", 0)),
            ("appendedTotal", Integer("Records ever appended.", 0)),
            ("oldestRecordAgeSeconds", Integer("Age of the oldest record; 0 when there is none.", 0))));
        set.Add("Stream", Object("A stream.",
        [
            ("name", Text("Its name.", NamePattern)),
            .. DefinitionSchemas.Declared(set, StreamFields.All),
            ("createdAt", Instant("When it was created.")),
            ("updatedAt", Instant("When its settings changed last.")),
            ("stats", set.Ref("StreamStats")),
        ]));
        set.Add("StreamPage", QueueSchemas.Page("A page of streams.", set.Ref("Stream")));
        set.Add("PartitionState", Object(
            "A partition at this moment.",
            ("partition", Integer("Its number.", 0, int.MaxValue)),
            ("earliestOffset", Integer("Of the oldest record that is kept; the end when there is none.", 0)),
            ("endOffset", Integer("Of the record that is appended next.", 0)),
            ("bytes", Integer("Of the records, as they are stored.", 0)),
            ("appendedPerSecond", Rate("Records that are appended, over about the last minute.")),
            ("dirtyBytes?", Integer("Of a compacted stream: those that were not compacted yet.", 0)),
            ("compactedAt?", Instant("When compaction last wrote something of it."))));
        set.Add("SegmentLocation", Choice(
            "Where a segment is: on the server's disk, or in its object store. More values may come.",
            ListSegments.Locations));
        set.Add("Segment", Object(
            "A run of records of a partition that is stored as one.",
            ("baseOffset", Integer("Of its first record, or lower.", 0)),
            ("lastOffset", Integer("Of its last record.", 0)),
            ("records", Integer("How many it has.", 0, int.MaxValue)),
            ("bytes", Integer("What they take, with what is stored about them.", 0)),
            ("firstTimestamp?", Instant("When its first record was appended; absent when that cannot be read.")),
            ("lastTimestamp", Instant("When its last record was appended.")),
            ("location", set.Ref("SegmentLocation"))));
        set.Add("SegmentPage", QueueSchemas.Page("A page of segments.", set.Ref("Segment")));
        set.Add("PartitionPage", Object(
            "All partitions of a stream.", ("items", List("In order.", set.Ref("PartitionState")))));
    }

    private static void AddRecords(SchemaSet set)
    {
        set.Add("NewRecord", Closed(Object(
            "A record to append: `body`, `bodyBase64` or `tombstone`.",
            ("body?", Text("The record as text.")),
            ("bodyBase64?", Text("The record as base64, when it is not text.")),
            ("tombstone?", Flag("True: the record has no value, and says that its key has none any more.")),
            ("key?", Text("What it is about: its partition follows from it.")),
            ("partition?", Integer("The partition, whatever the key.", 0, int.MaxValue)),
            ("contentType?", Text("Its media type.")),
            ("headers?", set.Ref("Attributes")),
            ("traceparent?", Text("W3C trace context.")),
            ("tracestate?", Text("W3C trace context.")))));
        set.Add("RecordBatch", Closed(Object(
            "Records to append.", ("records", List("1 to 1,000.", set.Ref("NewRecord"), 1, Limits.BatchMessages)))));
        set.Add("StreamRecord", Object(
            "A record of a stream.",
            ("partition", Integer("The partition in which it is.", 0, int.MaxValue)),
            ("offset", Integer("Its number in the partition.", 0)),
            ("timestamp", Instant("When it was appended.")),
            ("key?", Text("What it is about.")),
            ("headers?", set.Ref("Attributes")),
            ("traceparent?", Text("W3C trace context.")),
            ("tracestate?", Text("W3C trace context.")),
            ("contentType", Text("Its media type.")),
            ("body?", Text("The record, when it is text.")),
            ("bodyBase64?", Text("The record as base64, when it is not text.")),
            (
                "tombstone?", Flag(
                    "True for a record without a value, which says that its key has none any more: there is " +
                "neither `body` nor `bodyBase64`."))));
        set.Add("TablePage", Object(
            "Keys of a table with their newest records, as they were at one moment.",
            ("items", List("In ordinal order of their keys.", set.Ref("StreamRecord"))),
            ("asOf", Text("That moment: the offset that came next in each partition.")),
            ("nextCursor?", Text("Where the next page begins; absent on the last."))));
        set.Add("RecordPage", Object(
            "Records of a partition.",
            ("records", List("In the order of their offsets.", set.Ref("StreamRecord"))),
            ("nextOffset", Integer("The offset to go on at.", 0)),
            ("endOffset", Integer("Of the record that is appended next.", 0))));
    }

    private static void AddAppended(SchemaSet set)
    {
        set.Add("AppendedRecord", Object(
            "Where a record is.",
            ("partition", Integer("The partition in which it is.", 0, int.MaxValue)),
            ("offset", Integer("Its number in the partition.", 0)),
            ("timestamp", Instant("When it was appended."))));
        set.Add("RecordPosition", Object(
            "Where a record is.",
            ("partition", Integer("The partition in which it is.", 0, int.MaxValue)),
            ("offset", Integer("Its number in the partition.", 0))));
        set.Add("AppendedRecordBatch", Object(
            "Where the records are.",
            ("results", List("In the order of the request.", set.Ref("RecordPosition"))),
            ("timestamp", Instant("When they were appended."))));
        set.Add("PartialRecord", Object(
            "What became of a record.",
            ("status", Integer("As of a request of its own.", 200, 599)),
            ("partition?", Integer("The partition in which it is.", 0, int.MaxValue)),
            ("offset?", Integer("Its number in the partition.", 0)),
            ("problem?", set.Ref("Problem"))));
        set.Add("PartialRecordBatch", Object(
            "What became of each record.",
            ("results", List("In the order of the request.", set.Ref("PartialRecord"))),
            ("timestamp", Instant("When they were appended."))));
    }
}
