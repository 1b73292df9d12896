using System.Text.Json.Serialization;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ListDeadLetterSourceQueues
{
    public static readonly AwsAction Action =
        new AwsAction<ListDeadLetterSourceQueuesRequest, ListDeadLetterSourceQueuesResult>(
            nameof(ListDeadLetterSourceQueues), SqsJson.Default.ListDeadLetterSourceQueuesRequest,
            SqsJson.Default.ListDeadLetterSourceQueuesResult, Handle);

    private static async ValueTask<Reply<ListDeadLetterSourceQueuesResult>> Handle(
        AwsCall call, ListDeadLetterSourceQueuesRequest request)
    {
        if (QueuePages.Read(request.MaxResults, request.NextToken, out string? after) is { } wrong) return wrong;
        Result<QueueDescription> target = await call.Broker.GetQueue(call.Queue.Queue);
        if (!target.Succeeded) return SqsErrors.Of(call.Host, target.Error);
        int limit = request.MaxResults ?? AwsLimits.PageItems;
        List<string> names = [];
        List<string> urls = [];
        do
        {
            Result<QueuePage> page = await call.Broker.ListQueues("", after, AwsLimits.PageItems);
            if (!page.Succeeded) return SqsErrors.Of(call.Host, page.Error);
            foreach (QueueDescription queue in page.Value.Queues.Where(queue => IsSource(queue, call.Queue.Queue)))
            {
                names.Add(queue.Name.Value);
                urls.Add(QueueAddresses.UrlOf(call, QueueAddresses.NameFor(queue.Name, queue.Config)));
            }

            after = page.Value.Next;
        }
        while (after is not null && urls.Count <= limit);

        bool hasMore = urls.Count > limit;
        return new ListDeadLetterSourceQueuesResult
        {
            QueueUrls = hasMore ? urls[..limit] : urls,
            NextToken = hasMore && request.MaxResults is not null ? QueuePages.TokenOf(names[limit - 1]) : null,
        };
    }

    private static bool IsSource(QueueDescription queue, QueueName target) =>
        queue.Config.Redrive?.DeadLetterQueue == target.Value;
}

internal sealed class ListDeadLetterSourceQueuesRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public int? MaxResults { get; set; }

    public string? NextToken { get; set; }
}

internal sealed class ListDeadLetterSourceQueuesResult
{
    /// <summary>Without a capital, alone in SQS.</summary>
    [JsonPropertyName("queueUrls")]
    public List<string> QueueUrls { get; init; } = [];

    public string? NextToken { get; init; }
}
