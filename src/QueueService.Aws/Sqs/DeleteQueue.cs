using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class DeleteQueue
{
    public static readonly AwsAction Action = new AwsAction<DeleteQueueRequest, Nothing>(
        nameof(DeleteQueue), SqsJson.Default.DeleteQueueRequest, null, Handle);

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, DeleteQueueRequest request)
    {
        BrokerError error = await call.Broker.DeleteQueue(call.Queue.Queue, Precondition.None);
        if (error != BrokerError.None) return SqsErrors.Of(call.Host, error);
        call.Host.Deleted.TryNote(call.Queue.Queue.Value);
        return Nothing.Said;
    }
}

internal sealed class DeleteQueueRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }
}
