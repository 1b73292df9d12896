using System.Text.Json;
using QueueService.Aws.Protocol;
using QueueService.Aws.Sqs;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

internal sealed record PutDataProtectionPolicyRequest(string? ResourceArn,
    string? DataProtectionPolicy) : ITopicRequest;

/// <summary>Keeps a data protection policy; it is given back and nothing else: messages are not looked into.</summary>
internal static class PutDataProtectionPolicy
{
    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, PutDataProtectionPolicyRequest request)
    {
        if (request.DataProtectionPolicy is not { } policy)
            return SnsErrors.Missing(nameof(request.DataProtectionPolicy));
        if (Refuse(policy) is { } refused) return refused;
        Reply<FoundTopic> found = await TopicLookup.Topic(call, request.ResourceArn, nameof(request.ResourceArn));
        if (found.Value is not { } topic) return found.Error!;
        Result<QueueChange> changed = await call.Broker.PatchTopic(
            topic.Name,
            config => Annotations.With(
                config, TopicAttributes.DataProtectionPolicy, policy.Length == 0 ? null : policy),
            Precondition.None);
        return changed.Succeeded ? Nothing.Said : SnsErrors.Of(changed.Error);
    }

    public static AwsError? Refuse(string policy)
    {
        if (policy.Length == 0) return null;
        if (policy.Length > SnsLimits.DataProtectionPolicyCharacters)
            return SnsErrors.Invalid("DataProtectionPolicy", "it has at most 30720 characters");
        try
        {
            using var document = JsonDocument.Parse(policy);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? null
                : SnsErrors.Invalid("DataProtectionPolicy", "it must be a JSON object");
        }
        catch (JsonException)
        {
            return SnsErrors.Invalid("DataProtectionPolicy", "failed to parse JSON");
        }
    }
}
