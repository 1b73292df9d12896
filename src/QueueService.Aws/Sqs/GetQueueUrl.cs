using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class GetQueueUrl
{
    public static readonly AwsAction Action = new AwsAction<GetQueueUrlRequest, GetQueueUrlResult>(
        nameof(GetQueueUrl), SqsJson.Default.GetQueueUrlRequest, SqsJson.Default.GetQueueUrlResult, Handle)
    {
        IsForService = true,
        ChecksAccess = true,
    };

    private static async ValueTask<Reply<GetQueueUrlResult>> Handle(AwsCall call, GetQueueUrlRequest request)
    {
        if (string.IsNullOrEmpty(request.QueueName)) return ProtocolErrors.Missing("QueueName");
        string owner = request.QueueOwnerAWSAccountId ?? call.Options.AccountId;
        if (owner != call.Options.AccountId
            || !QueueAddresses.TryResolve(call.Host, request.QueueName, out QueueAddress queue))
            return SqsErrors.NoSuchQueue;
        if (await call.Host.Gate.Authorize(call, queue) is { } refused) return refused;
        Result<QueueDescription> found = await call.Broker.GetQueue(queue.Queue);
        if (!found.Succeeded) return SqsErrors.Of(call.Host, found.Error);
        return new GetQueueUrlResult { QueueUrl = QueueAddresses.UrlOf(call, queue.Name) };
    }
}

internal sealed class GetQueueUrlRequest
{
    public string? QueueName { get; set; }

    public string? QueueOwnerAWSAccountId { get; set; }
}

internal sealed class GetQueueUrlResult
{
    public string QueueUrl { get; init; } = "";
}
