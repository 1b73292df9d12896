using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>A message's headers as HTTP headers, for `format=raw`. The context of a CloudEvent is in `ce-*` headers,
/// which is its binary form.</summary>
internal static class RawHeaders
{
    public static void Write(IHeaderDictionary headers, in MessageView message)
    {
        headers["Message-Id"] = message.Id.ToString();
        if (message.Receipt != default) headers["Message-Receipt-Handle"] = message.Receipt.ToString();
        headers["Message-Sequence-Number"] = (message.IsRecord ? message.Offset : message.SequenceNumber).ToString();
        if (message.IsRecord) headers["Message-Partition"] = message.Partition.ToString();
        if (message.IsRecord) headers["Message-Offset"] = message.Offset.ToString();
        headers["Message-Receive-Count"] = message.ReceiveCount.ToString();
        headers["Message-Sent-At"] = Rfc3339.Format(message.SentAt);
        if (message.FirstReceivedAt != 0)
            headers["Message-First-Received-At"] = Rfc3339.Format(message.FirstReceivedAt);
        if (message.VisibleAt != 0) headers["Message-Visible-At"] = Rfc3339.Format(message.VisibleAt);
        if (message.Priority != 0) headers["Message-Priority"] = message.Priority.ToString();
        if (message.ExpiresAt != 0) headers["Message-Expires-At"] = Rfc3339.Format(message.ExpiresAt);
        if (message.Origin is { } origin) Write(headers, origin);
        if (message.HasHeaders) Write(headers, message.ReadHeaders());
    }

    private static void Write(IHeaderDictionary headers, MessageOrigin origin)
    {
        if (origin.RedriveCount > 0) headers["Message-Redrive-Count"] = origin.RedriveCount.ToString();
        if (!origin.IsDeadLetter) return;
        headers["Message-Dead-Letter-Source-Queue"] = origin.SourceQueue;
        if (origin.Record is { } record)
        {
            headers["Message-Dead-Letter-Source-Queue"] = $"{record.Stream}/{record.QueueView}";
            headers["Message-Dead-Letter-Stream"] = record.Stream;
            headers["Message-Dead-Letter-Partition"] = record.Partition.ToString();
            headers["Message-Dead-Letter-Offset"] = record.Offset.ToString();
        }

        headers["Message-Dead-Letter-Reason"] = Printable(origin.Reason);
        headers["Message-Dead-Letter-Receive-Count"] = origin.ReceiveCount.ToString();
        headers["Message-Dead-Letter-First-Failed-At"] = Rfc3339.Format(origin.FirstFailedAt);
        headers["Message-Dead-Letter-Last-Failed-At"] = Rfc3339.Format(origin.LastFailedAt);
    }

    public static void Write(IHeaderDictionary headers, MessageHeaders message)
    {
        if (message.Key is not null) headers["Message-Key"] = Printable(message.Key);
        if (message.GroupId is not null) headers["Message-Group-Id"] = message.GroupId;
        if (message.DeduplicationId is not null) headers["Message-Deduplication-Id"] = message.DeduplicationId;
        if (message.CorrelationId is not null) headers["Message-Correlation-Id"] = Printable(message.CorrelationId);
        if (message.ReplyTo is not null) headers["Message-Reply-To"] = Printable(message.ReplyTo);
        if (message.RoutingKey is not null) headers["Message-Routing-Key"] = Printable(message.RoutingKey);
        if (message.TraceParent is not null) headers.TraceParent = message.TraceParent;
        if (message.TraceState is not null) headers.TraceState = Printable(message.TraceState);
        bool isEvent = CloudEvents.IsEvent(message);
        foreach (MessageAttribute attribute in message.Attributes)
        {
            if (isEvent && CloudEvents.IsAttribute(attribute.Name))
                headers[attribute.Name] = CloudEvents.Encode(attribute.Text);
            else
                headers["Message-Attribute-" + NameOf(attribute.Name)] = Printable(attribute.Text);
        }
    }

    /// <summary>Names of headers are ASCII; letters of other alphabets, which SQS lets into names of attributes, are
    /// %XX.</summary>
    private static string NameOf(string attribute) =>
        Ascii.IsValid(attribute) ? attribute : Uri.EscapeDataString(attribute);

    /// <summary>Header values are UTF-8; control characters, which a header cannot hold, are %XX.</summary>
    public static string Printable(string value)
    {
        if (!value.AsSpan().ContainsAnyInRange('\0', '\u001F') && !value.Contains('\u007F')) return value;
        StringBuilder printable = new();
        foreach (char c in value)
        {
            if (char.IsControl(c)) printable.Append('%').Append(((int)c).ToString("X2"));
            else printable.Append(c);
        }

        return printable.ToString();
    }
}
