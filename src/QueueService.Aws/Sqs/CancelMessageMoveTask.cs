using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Operations;

namespace QueueService.Aws.Sqs;

internal static class CancelMessageMoveTask
{
    public static readonly AwsAction Action = new AwsAction<CancelMessageMoveTaskRequest, CancelMessageMoveTaskResult>(
        nameof(CancelMessageMoveTask), SqsJson.Default.CancelMessageMoveTaskRequest,
        SqsJson.Default.CancelMessageMoveTaskResult, Handle)
    {
        IsForService = true,
    };

    /// <summary>What was moved stays moved.</summary>
    private static async ValueTask<Reply<CancelMessageMoveTaskResult>> Handle(
        AwsCall call, CancelMessageMoveTaskRequest request)
    {
        if (string.IsNullOrEmpty(request.TaskHandle)) return ProtocolErrors.Missing("TaskHandle");
        if (!MoveTasks.TryReadHandle(request.TaskHandle, out OperationId id, out string sourceArn))
            return ProtocolErrors.InvalidParameterValue.With("Value for parameter TaskHandle is invalid.");
        if (MoveTasks.Find(call, sourceArn, "SourceArn", out QueueAddress source) is { } gone) return gone;
        if (await call.Host.Gate.Authorize(call, source) is { } refused) return refused;
        Result<Operation> task = await call.Broker.GetOperation(id);
        if (!task.Succeeded || task.Value.Kind != OperationKind.Redrive || task.Value.Queue != source.Queue)
            return MoveTasks.NoSuchTask;
        Result<Operation> cancelled = await call.Broker.CancelOperation(id);
        if (cancelled.Error is BrokerError.OperationFinished)
        {
            return SqsErrors.UnsupportedOperation.With(
                $"Only active tasks can be cancelled. The status of this one is {MoveTasks.StatusOf(task.Value)}.");
        }

        if (!cancelled.Succeeded) return SqsErrors.Of(call.Host, cancelled.Error);
        return new CancelMessageMoveTaskResult { ApproximateNumberOfMessagesMoved = cancelled.Value.Affected };
    }
}

internal sealed class CancelMessageMoveTaskRequest
{
    public string? TaskHandle { get; set; }
}

internal sealed class CancelMessageMoveTaskResult
{
    public long ApproximateNumberOfMessagesMoved { get; set; }
}
