using QueueService.Aws.Auth;
using QueueService.Aws.Protocol;
using QueueService.Aws.Sqs;
using QueueService.Broker;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Sns;

// The members have the singular names of the query protocol.
internal sealed record AddTopicPermissionRequest(
    string? TopicArn, string? Label, List<string>? AWSAccountId, List<string>? ActionName) : ITopicRequest
{
    string? ITopicRequest.ResourceArn => TopicArn;
}

/// <summary>`AddPermission`: adds a statement to the policy of a topic.</summary>
internal static class AddTopicPermission
{
    private static readonly HashSet<string> Actions =
    [
        "Publish", "RemovePermission", "SetTopicAttributes", "DeleteTopic", "ListSubscriptionsByTopic",
        "GetTopicAttributes", "Receive", "AddPermission", "Subscribe",
    ];

    public static async ValueTask<Reply<Nothing>> Handle(AwsCall call, AddTopicPermissionRequest request)
    {
        if (request.Label is not { Length: > 0 } label) return SnsErrors.Missing(nameof(request.Label));
        if (request.AWSAccountId is not { Count: > 0 } accounts) return SnsErrors.Missing(nameof(request.AWSAccountId));
        if (request.ActionName is not { Count: > 0 } actions) return SnsErrors.Missing(nameof(request.ActionName));
        if (actions.FirstOrDefault(static action => !Actions.Contains(action)) is { } unknown)
            return SnsErrors.Invalid("Policy statement action out of service scope!", $"{unknown} is not one of them");
        if (accounts.FirstOrDefault(static one => !IsAccount(one)) is { } wrong)
            return SnsErrors.Invalid("AWSAccountId", $"{wrong} is not an account of 12 digits");
        return await Change(call, request.TopicArn, (topic, policy) => PolicyEdit.Add(policy, new Permission(
            label, [.. accounts.Select(Caller.RootArn)], [.. actions.Select(static action => "SNS:" + action)],
            topic.Arn, "__default_policy_ID")) is { } changed
                ? new ChangedPolicy(changed)
                : SnsErrors.Invalid("Statement already exists"));
    }

    private static bool IsAccount(string text) =>
        text.Length == AwsOptions.AccountDigits && text.All(char.IsAsciiDigit);

    /// <summary>Writes another policy, unless somebody was faster: then it is made anew from what is there.</summary>
    public static async ValueTask<Reply<Nothing>> Change(
        AwsCall call, string? arn, Func<FoundTopic, string?, Reply<ChangedPolicy>> change)
    {
        for (int i = 0; i < SnsLimits.Tries; i++)
        {
            Reply<FoundTopic> found = await TopicLookup.Topic(call, arn);
            if (found.Value is not { } topic) return found.Error!;

            // A topic without a policy has the default one, and keeps its statement.
            string? policy = Annotations.Find(topic.Config, TopicAttributes.Policy)
                ?? GetTopicAttributes.DefaultPolicy(topic.Arn, call.Options.AccountId);
            Reply<ChangedPolicy> changed = change(topic, policy);
            if (changed.Value is not { } next) return changed.Error!;
            if (next.Text is not null && TopicAttributes.RefusePolicy(next.Text) is { } refused)
                return SnsErrors.Invalid(refused);
            Result<QueueChange> written = await call.Broker.PatchTopic(
                topic.Name, config => Annotations.With(config, TopicAttributes.Policy, next.Text),
                new Precondition([topic.Description.ETag], MustNotExist: false));
            if (written.Error == BrokerError.PreconditionFailed) continue;
            return written.Succeeded ? Nothing.Said : SnsErrors.Of(written.Error);
        }

        return SnsErrors.Throttled.With("Rate exceeded");
    }
}

/// <summary>A policy after a change.</summary>
/// <param name="Text">Null: there is none any more.</param>
internal sealed record ChangedPolicy(string? Text);
