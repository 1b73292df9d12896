using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

/// <summary>All actions of SQS.</summary>
internal static class SqsActions
{
    public static readonly AwsService Service = new("sqs", "AmazonSQS.", Shapes.Load("Sqs.shapes.json"),
    [
        AddPermission.Action,
        CancelMessageMoveTask.Action,
        ChangeMessageVisibility.Action,
        ChangeMessageVisibilityBatch.Action,
        CreateQueue.Action,
        DeleteMessage.Action,
        DeleteMessageBatch.Action,
        DeleteQueue.Action,
        GetQueueAttributes.Action,
        GetQueueUrl.Action,
        ListDeadLetterSourceQueues.Action,
        ListMessageMoveTasks.Action,
        ListQueues.Action,
        ListQueueTags.Action,
        PurgeQueue.Action,
        ReceiveMessage.Action,
        RemovePermission.Action,
        SendMessage.Action,
        SendMessageBatch.Action,
        SetQueueAttributes.Action,
        StartMessageMoveTask.Action,
        TagQueue.Action,
        UntagQueue.Action,
    ]);
}
