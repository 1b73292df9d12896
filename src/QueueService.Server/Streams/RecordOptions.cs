using System.Globalization;
using Microsoft.Extensions.Primitives;
using QueueService.Broker.Messages;
using QueueService.Broker.Streams;
using QueueService.Server.Http;
using QueueService.Server.OpenApi;
using QueueService.Server.Queues;

namespace QueueService.Server.Streams;

/// <summary>Reads the options of a raw record from headers and the query; a header and the query parameter of the same
/// name mean the same.</summary>
internal static class RecordOptions
{
    public static readonly string[] QueryNames = ["key", "partition", "tombstone"];

    public static readonly Parameter[] Parameters =
    [
        new(
            "key", "String", "What the record is about: its partition follows from it. Same as Message-Key.",
            "customer-7"),
        new("partition", "Partition", "The partition, whatever the key. Same as Message-Partition.", "3"),
        new("tombstone", "Boolean",
            "The record has no value, and says that its key has none any more. The body must be empty. " +
            "Same as Message-Tombstone.", "false"),
        new("Message-Key", "String", "What the record is about: its partition follows from it.", "customer-7",
            ParameterPlace.Header),
        new("Message-Partition", "Partition", "The partition, whatever the key.", "3", ParameterPlace.Header),
        new("Message-Tombstone", "Boolean",
            "The record has no value, and says that its key has none any more. The body must be empty.", "false",
            ParameterPlace.Header),
        new("traceparent", "String", "W3C trace context, given back on reading.",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", ParameterPlace.Header),
        new("tracestate", "String", "W3C trace context, given back on reading.", "vendor=1", ParameterPlace.Header),
    ];

    private const string Prefix = "Message-";
    private const string AttributePrefix = "Message-Attribute-";
    private const string KeyHeader = "Message-Key";
    private const string PartitionHeader = "Message-Partition";
    private const string TombstoneHeader = "Message-Tombstone";

    private static readonly string[] Choices = ["false", "true"];

    /// <param name="query">The values of <see cref="QueryNames"/>.</param>
    public static void Read(HttpContext http, in QueryValues query, ref MessageDraft draft, ref Problem? problem)
    {
        IHeaderDictionary headers = http.Request.Headers;
        if (http.Request.ContentType is { } contentType and not ContentTypes.CurlDefault)
            draft.SetContentType("Content-Type", contentType, ref problem);
        if (headers.TraceParent.Count == 1)
            draft.SetTrace(headers.TraceParent.ToString(), headers.TraceState.ToString());
        if (query[0] is { } key) draft.SetKey("?key", key.ToString(), ref problem);
        if (query[1] is { } partition) SetPartition("?partition", partition.Span, ref draft, ref problem);
        bool isTombstone = RequestQuery.Choice(query[2], "tombstone", Choices, ref problem) == 1;
        bool isEvent = false;
        foreach ((string name, StringValues value) in headers)
        {
            if (name.Equals(TombstoneHeader, StringComparison.OrdinalIgnoreCase))
            {
                isTombstone |= ReadTombstone(value, in query, ref problem);
            }
            else if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                ReadHeader(name, value, in query, ref draft, ref problem);
            }
            else if (CloudEvents.IsHeader(name))
            {
                CloudEvents.ReadHeader(name, value, ref draft, ref problem);
                isEvent = true;
            }
        }

        if (isTombstone) draft.SetTombstone(query[0] is null ? KeyHeader : "?key", ref problem);
        if (isEvent) CloudEvents.Check(in draft, CloudEvents.Prefix, ref problem);
    }

    public static void SetPartition(
        string where, ReadOnlySpan<char> text, ref MessageDraft draft, ref Problem? problem)
    {
        if (int.TryParse(text, NumberStyles.None, null, out int partition) && partition < StreamLimits.MaxPartitions)
            draft.SetPartition(partition);
        else Problem.Blame(ref problem, where, $"must be an integer from 0 to {StreamLimits.MaxPartitions - 1}.");
    }

    private static bool ReadTombstone(StringValues values, in QueryValues query, ref Problem? problem)
    {
        if (query[2] is not null) Problem.Blame(ref problem, TombstoneHeader, "is given in the query as well.");
        if (bool.TryParse(values.ToString(), out bool isTombstone)) return isTombstone;
        Problem.Blame(ref problem, TombstoneHeader, "must be true or false.");
        return false;
    }

    private static void ReadHeader(
        string name, StringValues values, in QueryValues query, ref MessageDraft draft, ref Problem? problem)
    {
        string value = values.ToString();
        if (values.Count != 1)
        {
            Problem.Blame(ref problem, name, "is given more than once.");
        }
        else if (name.StartsWith(AttributePrefix, StringComparison.OrdinalIgnoreCase))
        {
            string attribute = name[AttributePrefix.Length..].ToLowerInvariant();
            draft.AddAttribute(name, new MessageAttribute(attribute, AttributeKind.String, value), ref problem);
        }
        else if (name.Equals(KeyHeader, StringComparison.OrdinalIgnoreCase))
        {
            if (query[0] is not null) Problem.Blame(ref problem, name, "is given in the query as well.");
            draft.SetKey(name, value, ref problem);
        }
        else if (name.Equals(PartitionHeader, StringComparison.OrdinalIgnoreCase))
        {
            if (query[1] is not null) Problem.Blame(ref problem, name, "is given in the query as well.");
            SetPartition(name, value, ref draft, ref problem);
        }
        else
        {
            Problem.Blame(ref problem, name, "is not a known option of a record.");
        }
    }
}
