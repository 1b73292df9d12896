using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Operations;

namespace QueueService.Aws.Sqs;

internal static class PurgeQueue
{
    public static readonly AwsAction Action = new AwsAction<PurgeQueueRequest, Nothing>(
        nameof(PurgeQueue), SqsJson.Default.PurgeQueueRequest, null, Handle);

    /// <summary>Done when it is answered, while AWS takes up to 60 s.</summary>
    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, PurgeQueueRequest request)
    {
        string name = call.Queue.Queue.Value;
        if (call.Broker.Peek(call.Queue.Queue) is not null && !call.Host.Purged.TryNote(name))
        {
            return SqsErrors.PurgeQueueInProgress.With(
                $"Only one PurgeQueue operation on {call.Queue.Name} is allowed every 60 seconds.");
        }

        Result<Operation> purged = await call.Broker.Purge(call.Queue.Queue, forgetsDuplicates: true);
        if (purged.Succeeded) return Nothing.Said;
        call.Host.Purged.Forget(name);
        return SqsErrors.Of(call.Host, purged.Error);
    }
}

internal sealed class PurgeQueueRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }
}
