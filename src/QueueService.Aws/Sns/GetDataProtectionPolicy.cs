using QueueService.Aws.Protocol;
using QueueService.Aws.Sqs;

namespace QueueService.Aws.Sns;

internal sealed record GetDataProtectionPolicyRequest(string? ResourceArn) : ITopicRequest;

internal sealed record GetDataProtectionPolicyResult(string? DataProtectionPolicy);

internal static class GetDataProtectionPolicy
{
    public static async ValueTask<Reply<GetDataProtectionPolicyResult>> Handle(
        AwsCall call, GetDataProtectionPolicyRequest request)
    {
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.ResourceArn, nameof(request.ResourceArn));
        return found.Value is { } topic
            ? new GetDataProtectionPolicyResult(
                Annotations.Find(topic.Config, TopicAttributes.DataProtectionPolicy))
            : found.Error!;
    }
}
