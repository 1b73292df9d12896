using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

internal static class ListMessageMoveTasks
{
    private const int MaxResults = 10;

    public static readonly AwsAction Action = new AwsAction<ListMessageMoveTasksRequest, ListMessageMoveTasksResult>(
        nameof(ListMessageMoveTasks), SqsJson.Default.ListMessageMoveTasksRequest,
        SqsJson.Default.ListMessageMoveTasksResult, Handle)
    {
        IsForService = true,
    };

    /// <summary>The newest first.</summary>
    private static async ValueTask<Reply<ListMessageMoveTasksResult>> Handle(
        AwsCall call, ListMessageMoveTasksRequest request)
    {
        AwsError? wrong = MoveTasks.Find(call, request.SourceArn, "SourceArn", out QueueAddress source)
            ?? ProtocolErrors.CheckRange(
                "MaxResults", request.MaxResults, 1, MaxResults, $"Must be between 1 and {MaxResults}, if provided.");
        wrong ??= await call.Host.Gate.Authorize(call, source);
        if (wrong is not null) return wrong;
        Result<OperationPage> tasks = await call.Broker.ListOperations(
            new OperationListing(null, OperationLimits.Kept) { Kind = OperationKind.Redrive, Queue = source.Queue });
        if (!tasks.Succeeded) return SqsErrors.Of(call.Host, tasks.Error);
        IEnumerable<Operation> moving = tasks.Value.Operations.Where(static task => !task.DryRun);
        return new ListMessageMoveTasksResult
        {
            Results =
            [
                .. moving.Take(request.MaxResults ?? 1).Select(task => Describe(call, request.SourceArn!, task)),
            ],
        };
    }

    private static ListMessageMoveTasksResultEntry Describe(AwsCall call, string sourceArn, Operation task) => new()
    {
        TaskHandle = task.IsActive ? MoveTasks.HandleOf(task.Id, sourceArn) : null,
        Status = MoveTasks.StatusOf(task),
        SourceArn = sourceArn,
        DestinationArn = task.Redrive!.Target is { } target ? ArnOf(call, target) : null,
        MaxNumberOfMessagesPerSecond = task.Redrive.RatePerSecond,
        ApproximateNumberOfMessagesMoved = task.Affected,
        ApproximateNumberOfMessagesToMove = task.StartedAt == 0 ? null : task.Total,
        FailureReason = MoveTasks.FailureOf(task),
        StartedTimestamp = task.StartedAt == 0 ? task.CreatedAt : task.StartedAt,
    };

    private static string ArnOf(AwsCall call, string queue)
    {
        bool isThere = QueueName.TryParse(queue, out QueueName name);
        QueueConfig? config = isThere ? call.Broker.Peek(name) : null;
        return QueueAddresses.ArnOf(call.Options, config is null ? queue : QueueAddresses.NameFor(name, config));
    }
}

internal sealed class ListMessageMoveTasksRequest
{
    public string? SourceArn { get; set; }

    public int? MaxResults { get; set; }
}

internal sealed class ListMessageMoveTasksResult
{
    public List<ListMessageMoveTasksResultEntry> Results { get; set; } = [];
}

internal sealed class ListMessageMoveTasksResultEntry
{
    /// <summary>Only while it is running: it is for cancelling.</summary>
    public string? TaskHandle { get; set; }

    public string Status { get; set; } = "";

    public string SourceArn { get; set; } = "";

    /// <summary>Null when each message goes to the queue that it came from.</summary>
    public string? DestinationArn { get; set; }

    public int? MaxNumberOfMessagesPerSecond { get; set; }

    public long ApproximateNumberOfMessagesMoved { get; set; }

    /// <summary>What was there when it was started; null before.</summary>
    public long? ApproximateNumberOfMessagesToMove { get; set; }

    public string? FailureReason { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long StartedTimestamp { get; set; }
}
