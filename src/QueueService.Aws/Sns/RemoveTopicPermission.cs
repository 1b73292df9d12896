using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sns;

internal sealed record RemoveTopicPermissionRequest(string? TopicArn, string? Label) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

/// <summary>`RemovePermission`: takes a statement out of the policy of a topic; one that is not there is no mistake.
/// </summary>
internal static class RemoveTopicPermission
{
    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, RemoveTopicPermissionRequest request)
    {
        if (request.Label is not { Length: > 0 } label) return SnsErrors.Missing(nameof(request.Label));
        return await AddTopicPermission.Change(call, request.TopicArn, (_, policy) =>
        {
            PolicyEdit.TryRemove(policy, label, out string? changed);
            return new ChangedPolicy(changed);
        });
    }
}
