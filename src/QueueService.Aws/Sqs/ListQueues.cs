using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ListQueues
{
    public static readonly AwsAction Action = new AwsAction<ListQueuesRequest, ListQueuesResult>(
        nameof(ListQueues), SqsJson.Default.ListQueuesRequest, SqsJson.Default.ListQueuesResult, Handle)
    {
        IsForService = true,
    };

    private static async ValueTask<Reply<ListQueuesResult>> Handle(AwsCall call, ListQueuesRequest request)
    {
        if (QueuePages.Read(request.MaxResults, request.NextToken, out string? after) is { } wrong) return wrong;
        string prefix = request.QueueNamePrefix ?? "";
        Result<QueuePage> page = await call.Broker.ListQueues(prefix, after, request.MaxResults ?? AwsLimits.PageItems);
        if (!page.Succeeded) return SqsErrors.Of(call.Host, page.Error);
        List<string> urls =
        [
            .. page.Value.Queues.Select(queue =>
                QueueAddresses.UrlOf(call, QueueAddresses.NameFor(queue.Name, queue.Config))),
        ];
        if (after is null && BySuffix(call, prefix) is { } name) urls.Insert(0, QueueAddresses.UrlOf(call, name));
        return new ListQueuesResult
        {
            QueueUrls = urls.Count == 0 ? null : urls,
            NextToken = request.MaxResults is null ? null : QueuePages.TokenOf(page.Value.Next),
        };
    }

    /// <summary>A FIFO queue of /v1 whose name is the prefix but for a part of the suffix that only AWS sees.</summary>
    private static string? BySuffix(AwsCall call, string prefix)
    {
        int dot = prefix.LastIndexOf('.');
        bool isSuffix = dot > 0 && QueueAddress.FifoSuffix.StartsWith(prefix[dot..], StringComparison.Ordinal);
        return isSuffix && QueueName.TryParse(prefix[..dot], out QueueName queue)
            && call.Broker.Peek(queue)?.Type == QueueType.Fifo
                ? queue.Value + QueueAddress.FifoSuffix
                : null;
    }
}

internal sealed class ListQueuesRequest
{
    public string? QueueNamePrefix { get; set; }

    public int? MaxResults { get; set; }

    public string? NextToken { get; set; }
}

internal sealed class ListQueuesResult
{
    /// <summary>Left out when there are none.</summary>
    public List<string>? QueueUrls { get; init; }

    public string? NextToken { get; init; }
}
