using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

internal static class RemovePermission
{
    public static readonly AwsAction Action = new AwsAction<RemovePermissionRequest, Nothing>(
        nameof(RemovePermission), SqsJson.Default.RemovePermissionRequest, null, Handle);

    private static async ValueTask<Reply<Nothing>> Handle(AwsCall call, RemovePermissionRequest request)
    {
        if (QueuePolicy.CheckLabel(request.Label) is { } wrong) return wrong;
        return await QueuePolicy.Change(call, policy => Remove(policy, request.Label!));
    }

    private static Reply<string> Remove(string? policy, string label) =>
        PolicyEdit.TryRemove(policy, label, out string? changed)
            ? changed ?? ""
            : ProtocolErrors.Invalid("Label", label, "can't find label on existing policy.");
}

internal sealed class RemovePermissionRequest : IQueueRequest
{
    public string? QueueUrl { get; set; }

    public string? Label { get; set; }
}
