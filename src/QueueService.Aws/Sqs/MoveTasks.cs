using System.Text;
using System.Text.Json;
using QueueService.Aws.Protocol;
using QueueService.Broker;
using QueueService.Broker.Operations;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sqs;

/// <summary>A message move task is a redrive of the broker, by AWS's names. Redrives that were started over /v1 are
/// tasks, too.</summary>
internal static class MoveTasks
{
    private const int QueuesPerPage = 1_000;

    public static readonly AwsError NoSuchTask = SqsErrors.ResourceNotFound.With("Task does not exist.");

    /// <summary>The queue that an ARN in a request names; the error says which parameter it was.</summary>
    public static AwsError? Find(AwsCall call, string? arn, string parameter, out QueueAddress queue)
    {
        queue = default;
        if (string.IsNullOrEmpty(arn)) return ProtocolErrors.Missing(parameter);
        bool exists = QueueAddresses.NameOf(call.Options, arn) is { } name
            && QueueAddresses.TryResolve(call.Host, name, out queue) && call.Broker.Peek(queue.Queue) is not null;
        return exists ? null : SqsErrors.ResourceNotFound.With(
            $"The resource that you specified for the {parameter} parameter doesn't exist.");
    }

    /// <summary>Whether a queue names this one in its RedrivePolicy.</summary>
    public static async ValueTask<Reply<Nothing>> CheckIsDeadLetterQueue(AwsCall call, QueueName queue)
    {
        string? after = null;
        do
        {
            Result<QueuePage> page = await call.Broker.ListQueues("", after, QueuesPerPage);
            if (!page.Succeeded) return SqsErrors.Of(call.Host, page.Error);
            foreach (QueueDescription source in page.Value.Queues)
                if (source.Config.Redrive?.DeadLetterQueue == queue.Value) return Nothing.Said;
            after = page.Value.Next;
        }
        while (after is not null);
        return ProtocolErrors.InvalidParameterValue.With("Source queue must be configured as a Dead Letter Queue.");
    }

    /// <summary>As AWS makes them: base64 of a JSON object.</summary>
    public static string HandleOf(OperationId task, string sourceArn) => Convert.ToBase64String(
        Encoding.UTF8.GetBytes($$"""{"taskId":"{{task}}","sourceArn":"{{sourceArn}}"}"""));

    public static bool TryReadHandle(string handle, out OperationId task, out string sourceArn)
    {
        task = default;
        sourceArn = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(Convert.FromBase64String(handle));
            JsonElement root = document.RootElement;
            bool isObject = root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("taskId", out JsonElement id) && id.ValueKind == JsonValueKind.String
                && OperationId.TryParse(id.GetString(), out task)
                && root.TryGetProperty("sourceArn", out JsonElement arn) && arn.ValueKind == JsonValueKind.String;
            if (isObject) sourceArn = root.GetProperty("sourceArn").GetString()!;
            return isObject;
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException)
        {
            return false;
        }
    }

    /// <summary>A cancelled task is at its end at once: CANCELLING is never seen.</summary>
    public static string StatusOf(Operation task) => task.Status switch
    {
        OperationStatus.Queued or OperationStatus.Running => "RUNNING",
        OperationStatus.Cancelled => "CANCELLED",
        _ => FailureOf(task) is null ? "COMPLETED" : "FAILED",
    };

    /// <summary>AWS ends a task at the first message that cannot be moved; here the others are moved all the same.
    /// </summary>
    public static string? FailureOf(Operation task)
    {
        if (task.IsActive || task.Status == OperationStatus.Cancelled) return null;
        bool isGone = task.Problem is OperationProblem.TargetNotFound or OperationProblem.QueueNotFound
            || task.Failures.ContainsKey(MessageFailure.TargetNotFound);
        if (isGone) return SqsErrors.QueueDoesNotExist.Code;
        if (task.Failures.ContainsKey(MessageFailure.NoSource)) return "CouldNotDetermineMessageSource";
        if (task.Failures.ContainsKey(MessageFailure.QueueFull)) return SqsErrors.OverLimit.Code;
        if (task.Failures.ContainsKey(MessageFailure.TooLarge)) return ProtocolErrors.InvalidParameterValue.Code;
        return task.Failures.IsEmpty && task.Problem == OperationProblem.None
            ? null
            : ProtocolErrors.InternalFailure.Code;
    }
}
