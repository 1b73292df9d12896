using QueueService.Server.Queues.Live;

namespace QueueService.Server.Queues;

/// <summary>The addresses of the queue operations, one slice each.</summary>
internal static class QueueRoutes
{
    public const string Queues = "/v1/queues";
    public const string Queue = Queues + "/{queue}";
    public const string Messages = Queue + "/messages";
    public const string Message = Messages + "/{id}";
    public const string Receipt = Queue + "/receipts/{receiptHandle}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        ListQueues.Map(routes);
        PutQueue.Map(routes);
        GetQueue.Map(routes);
        PatchQueue.Map(routes);
        DeleteQueue.Map(routes);
        PauseQueue.Map(routes);

        SendMessage.Map(routes);
        SendMessageBatch.Map(routes);
        StreamMessages.Map(routes);
        RequestReply.Map(routes);
        ReceiveMessages.Map(routes);
        ReceiveEvents.Map(routes);
        ConsumeMessages.Map(routes);
        BrowseMessages.Map(routes);
        GetMessage.Map(routes);
        DeleteMessage.Map(routes);
        RescheduleMessage.Map(routes);

        AcknowledgeMessage.Map(routes);
        ExtendLease.Map(routes);
        ReleaseMessage.Map(routes);
        DeadLetterMessage.Map(routes);
        SettleBatches.Map(routes, Queue, static operation => operation);
    }
}
