using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

/// <summary>All actions of SQS.</summary>
internal static class SqsActions
{
    public static readonly AwsService Service = new("sqs", "AmazonSQS.", Shapes.Load("Sqs.shapes.json"),
    [
        ChangeMessageVisibility.Action,
        ChangeMessageVisibilityBatch.Action,
        CreateQueue.Action,
        DeleteMessage.Action,
        DeleteMessageBatch.Action,
        DeleteQueue.Action,
        GetQueueAttributes.Action,
        GetQueueUrl.Action,
        ListDeadLetterSourceQueues.Action,
        ListQueues.Action,
        ReceiveMessage.Action,
        SendMessage.Action,
        SendMessageBatch.Action,
        SetQueueAttributes.Action,
    ]);
}
