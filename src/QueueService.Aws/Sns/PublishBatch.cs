using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record PublishBatchRequest(string? TopicArn, List<PublishBatchRequestEntry>? PublishBatchRequestEntries)
    : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

internal sealed record PublishBatchRequestEntry(
    string? Id, string? Message, string? Subject, string? MessageStructure,
    Dictionary<string, SnsAttributeValue>? MessageAttributes, string? MessageDeduplicationId, string? MessageGroupId)
    : IPublishedContent;

internal sealed record PublishedEntry(string Id, string MessageId, string? SequenceNumber);

internal sealed record FailedEntry(string Id, string Code, string Message, bool SenderFault)
{
    public static FailedEntry Of(string id, AwsError error) =>
        new(id, error.Kind.Code, error.Message, error.Kind.IsSender);
}

internal sealed record PublishBatchResult(List<PublishedEntry> Successful, List<FailedEntry> Failed);

/// <summary>Publishes up to ten messages. What is wrong with the request as a whole is an error; what is wrong with an
/// entry fails that entry.</summary>
internal static class PublishBatch
{
    public static async ValueTask<Reply<PublishBatchResult>> Handle(AwsCall call, PublishBatchRequest request)
    {
        // The query protocol cannot tell an empty list from none.
        List<PublishBatchRequestEntry> entries = request.PublishBatchRequestEntries ?? [];
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.TopicArn);
        if (found.Value is not { } topic) return found.Error!;
        if (Refuse(entries, topic) is { } refused) return refused;
        PublishBatchResult result = new([], []);
        List<string> accepted = [];
        long bytes = 0;
        var batch = MessageBatch.Rent();
        batch.Partial = true;
        foreach (PublishBatchRequestEntry entry in entries)
        {
            Reply<PublishContent> read = PublishContent.Read(entry, topic, call.Caller.UserId);
            if (read.Value is not { } content)
            {
                result.Failed.Add(FailedEntry.Of(entry.Id!, read.Error!));
                continue;
            }

            bytes += content.Bytes;
            accepted.Add(entry.Id!);
            batch.Add(content.Headers, content.Body);
        }

        if (bytes > SnsLimits.MessageBytes || accepted.Count == 0)
        {
            batch.Dispose();
            return accepted.Count == 0
                ? result
                : SnsErrors.BatchRequestTooLong.With(
                    "The length of all the messages put together is more than the limit.");
        }

        Result<SendOutcome> sent = await call.Broker.Publish(topic.Name, batch);
        if (!sent.Succeeded) return SnsErrors.Of(sent.Error);
        Report(result, accepted, sent.Value, topic.IsFifo);
        return result;
    }

    private static AwsError? Refuse(List<PublishBatchRequestEntry> entries, FoundTopic topic)
    {
        if (entries.Count == 0)
            return SnsErrors.EmptyBatchRequest.With("The batch request doesn't contain any entries.");
        if (entries.Count > SnsLimits.BatchEntries)
        {
            return SnsErrors.TooManyEntriesInBatchRequest.With(
                "The batch request contains more entries than permissible.");
        }

        foreach (PublishBatchRequestEntry entry in entries)
        {
            if (entry.Id is null) return SnsErrors.Missing("PublishBatchRequestEntries.member.Id");
            if (entry.Id.Length is 0 or > SnsLimits.BatchIdCharacters ||
                !entry.Id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                return SnsErrors.InvalidBatchEntryId.With(
                    "The Id of a batch entry in a batch request doesn't abide by the specification.");
            }

            if (topic.IsFifo && entry.MessageGroupId is null)
                return SnsErrors.Invalid("The MessageGroupId parameter is required for FIFO topics");
        }

        return entries.Select(static entry => entry.Id).Distinct(StringComparer.Ordinal).Count() == entries.Count
            ? null
            : SnsErrors.BatchEntryIdsNotDistinct.With("Two or more batch entries in the request have the same Id.");
    }

    private static void Report(PublishBatchResult result, List<string> ids, in SendOutcome sent, bool isFifo)
    {
        int n = 0;
        for (int i = 0; i < ids.Count; i++)
        {
            if (sent.Errors?[i] is { } error and not BrokerError.None)
            {
                result.Failed.Add(FailedEntry.Of(ids[i], SnsErrors.Of(error)));
                continue;
            }

            PublishResult one = Publish.Answer(sent, n++, isFifo);
            result.Successful.Add(new PublishedEntry(ids[i], one.MessageId, one.SequenceNumber));
        }
    }
}
