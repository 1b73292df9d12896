using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class StartMessageMoveTask
{
    public static readonly AwsAction Action = new AwsAction<StartMessageMoveTaskRequest, StartMessageMoveTaskResult>(
        nameof(StartMessageMoveTask), SqsJson.Default.StartMessageMoveTaskRequest,
        SqsJson.Default.StartMessageMoveTaskResult, Handle)
    {
        IsForService = true,
    };

    private static async ValueTask<Reply<StartMessageMoveTaskResult>> Handle(
        AwsCall call, StartMessageMoveTaskRequest request)
    {
        QueueAddress target = default;
        AwsError? wrong = MoveTasks.Find(call, request.SourceArn, "SourceArn", out QueueAddress source)
            ?? CheckRate(request.MaxNumberOfMessagesPerSecond);
        if (wrong is null && request.DestinationArn is { Length: > 0 } arn)
            wrong = MoveTasks.Find(call, arn, "DestinationArn", out target) ?? CheckTarget(call, source, target);
        wrong ??= await call.Host.Gate.Authorize(call, source);
        wrong ??= (await MoveTasks.CheckIsDeadLetterQueue(call, source.Queue)).Error;
        if (wrong is not null) return wrong;
        Result<Operation> started = await call.Broker.Redrive(source.Queue, new RedriveRequest(
            target.IsNone ? null : target.Queue.Value, MessageFilter.All,
            RatePerSecond: request.MaxNumberOfMessagesPerSecond) { IsAlone = true });
        if (!started.Succeeded) return Refuse(call, started.Error);
        await call.Host.HastenOperations();
        return new StartMessageMoveTaskResult
        {
            TaskHandle = MoveTasks.HandleOf(started.Value.Id, request.SourceArn!),
        };
    }

    private static AwsError? CheckRate(int? rate) => ProtocolErrors.CheckRange(
        "MaxNumberOfMessagesPerSecond", rate, 1, AwsLimits.MovedPerSecond,
        $"Must be between 1 and {AwsLimits.MovedPerSecond}, if provided.");

    private static AwsError? CheckTarget(AwsCall call, QueueAddress source, QueueAddress target)
    {
        if (source.Queue == target.Queue)
        {
            return ProtocolErrors.InvalidParameterValue.With(
                "Source queue and destination queue must not be the same.");
        }

        return call.Broker.Peek(source.Queue)?.Type == call.Broker.Peek(target.Queue)?.Type
            ? null
            : ProtocolErrors.InvalidParameterValue.With("Source queue and destination queue must be of the same type.");
    }

    private static AwsError Refuse(AwsCall call, BrokerError error) => error switch
    {
        BrokerError.RedriveActive => ProtocolErrors.InvalidParameterValue.With(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."),
        BrokerError.RedriveTargetNotFound => SqsErrors.ResourceNotFound.With(
            "The resource that you specified for the DestinationArn parameter doesn't exist."),
        BrokerError.QueueNotFound => SqsErrors.ResourceNotFound.With(
            "The resource that you specified for the SourceArn parameter doesn't exist."),
        _ => SqsErrors.Of(call.Host, error),
    };
}

internal sealed class StartMessageMoveTaskRequest
{
    public string? SourceArn { get; set; }

    /// <summary>Null: each message goes to the queue that it came from.</summary>
    public string? DestinationArn { get; set; }

    /// <summary>Null: as fast as it goes.</summary>
    public int? MaxNumberOfMessagesPerSecond { get; set; }
}

internal sealed class StartMessageMoveTaskResult
{
    public string TaskHandle { get; set; } = "";
}
