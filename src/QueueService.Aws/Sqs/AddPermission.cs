using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

internal static class AddPermission
{
    public static readonly AwsAction Action = new AwsAction<AddPermissionRequest, Nothing>(
        nameof(AddPermission), SqsJson.Default.AddPermissionRequest, null, Handle);

    /// <summary>What can be given to another account; the rest is the owner's.</summary>
    private static readonly HashSet<string> Given = new(StringComparer.Ordinal)
    {
        "*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
        "ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage",
    };

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, AddPermissionRequest request)
    {
        if (Check(request) is { } wrong) return wrong;
        string arn = QueueAddresses.ArnOf(call.Options, call.Queue.Name);
        Permission permission = new(
            request.Label!, [.. request.AWSAccountIds!.Select(static account => Caller.RootArn(account!))],
            [.. request.Actions!.Select(static action => "SQS:" + action)], arn, $"{arn}/SQSDefaultPolicy");
        return await QueuePolicy.Change(call, policy => Add(policy, permission));
    }

    private static AwsError? Check(AddPermissionRequest request)
    {
        if (QueuePolicy.CheckLabel(request.Label) is { } label) return label;
        if (request.AWSAccountIds is not { Count: > 0 } accounts) return ProtocolErrors.Missing("AWSAccountIds");
        if (request.Actions is not { Count: > 0 } actions) return ProtocolErrors.Missing("Actions");
        foreach (string? account in accounts)
        {
            if (!AwsOptions.IsAccount(account))
                return ProtocolErrors.Invalid("PrincipalId", account, "Unable to verify.");
        }

        if (actions.Count > PolicyRules.MaxActions)
        {
            return SqsErrors.OverLimit.With(
                $"{actions.Count} Actions were found, maximum allowed is {PolicyRules.MaxActions}.");
        }

        foreach (string? action in actions)
            if (!Given.Contains(action ?? "")) return Refuse(action ?? "");
        return null;
    }

    private static AwsError Refuse(string action) => ProtocolErrors.Invalid(
        "ActionName", "SQS:" + action, PolicyRules.Sqs.OfOwner.Contains(action)
            ? "Only the queue owner is allowed to invoke this action."
            : "Please refer to the appropriate WSDL for a list of valid actions.");

    private static Reply<string> Add(string? policy, Permission permission)
    {
        if (PolicyEdit.Add(policy, permission) is not { } changed)
            return ProtocolErrors.Invalid("Label", permission.Label, "Already exists.");

        // All parts of it were checked: what can be wrong now is that there is too much of something.
        return PolicyReader.Read(changed, PolicyRules.Sqs, out string? problem) is null
            ? SqsErrors.OverLimit.With(problem!)
            : changed;
    }
}

internal sealed class AddPermissionRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public string? Label { get; set; }

    public List<string?>? AWSAccountIds { get; set; }

    public List<string?>? Actions { get; set; }
}
