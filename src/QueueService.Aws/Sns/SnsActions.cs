using System.Text.Json.Serialization;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sns;

/// <summary>All actions of SNS.</summary>
internal static class SnsActions
{
    public const string Version = "2010-03-31";

    /// <summary>What it would take: mobile push and SMS.</summary>
    private static readonly string[] Unsupported =
    [
        "CheckIfPhoneNumberIsOptedOut", "CreatePlatformApplication", "CreatePlatformEndpoint",
        "CreateSMSSandboxPhoneNumber", "DeleteEndpoint", "DeletePlatformApplication", "DeleteSMSSandboxPhoneNumber",
        "GetEndpointAttributes", "GetPlatformApplicationAttributes", "GetSMSAttributes", "GetSMSSandboxAccountStatus",
        "ListEndpointsByPlatformApplication", "ListOriginationNumbers", "ListPhoneNumbersOptedOut",
        "ListPlatformApplications", "ListSMSSandboxPhoneNumbers", "OptInPhoneNumber", "SetEndpointAttributes",
        "SetPlatformApplicationAttributes", "SetSMSAttributes", "VerifySMSSandboxPhoneNumber",
    ];

    private static readonly SnsActionJson Json = SnsActionJson.Default;

    public static readonly AwsService Service = new(
        "sns", target: null, Shapes.Load("Sns.shapes.json"), [.. Topics, .. Subscriptions, .. Messages, .. Refused]);

    private static AwsAction[] Topics =>
    [
        new AwsAction<CreateTopicRequest, CreateTopicResult>(
            "CreateTopic", Json.CreateTopicRequest, Json.CreateTopicResult, CreateTopic.Handle) { IsForService = true },
        new AwsAction<DeleteTopicRequest, Nothing>("DeleteTopic", Json.DeleteTopicRequest, null, DeleteTopic.Handle),
        new AwsAction<ListTopicsRequest, ListTopicsResult>(
            "ListTopics", Json.ListTopicsRequest, Json.ListTopicsResult, ListTopics.Handle) { IsForService = true },
        new AwsAction<GetTopicAttributesRequest, AttributesResult>(
            "GetTopicAttributes", Json.GetTopicAttributesRequest, Json.AttributesResult, GetTopicAttributes.Handle),
        new AwsAction<SetTopicAttributesRequest, Nothing>(
            "SetTopicAttributes", Json.SetTopicAttributesRequest, null, SetTopicAttributes.Handle),
        new AwsAction<AddTopicPermissionRequest, Nothing>(
            "AddPermission", Json.AddTopicPermissionRequest, null, AddTopicPermission.Handle),
        new AwsAction<RemoveTopicPermissionRequest, Nothing>(
            "RemovePermission", Json.RemoveTopicPermissionRequest, null, RemoveTopicPermission.Handle),
        new AwsAction<TagTopicRequest, EmptyResult>(
            "TagResource", Json.TagTopicRequest, Json.EmptyResult, TagTopic.Handle),
        new AwsAction<UntagTopicRequest, EmptyResult>(
            "UntagResource", Json.UntagTopicRequest, Json.EmptyResult, UntagTopic.Handle),
        new AwsAction<ListTopicTagsRequest, ListTopicTagsResult>(
            "ListTagsForResource", Json.ListTopicTagsRequest, Json.ListTopicTagsResult, ListTopicTags.Handle),
        new AwsAction<PutDataProtectionPolicyRequest, Nothing>(
            "PutDataProtectionPolicy", Json.PutDataProtectionPolicyRequest, null, PutDataProtectionPolicy.Handle),
        new AwsAction<GetDataProtectionPolicyRequest, GetDataProtectionPolicyResult>(
            "GetDataProtectionPolicy", Json.GetDataProtectionPolicyRequest, Json.GetDataProtectionPolicyResult,
            GetDataProtectionPolicy.Handle),
    ];

    private static AwsAction[] Subscriptions =>
    [
        new AwsAction<SubscribeRequest, SubscribeResult>(
            "Subscribe", Json.SubscribeRequest, Json.SubscribeResult, Subscribe.Handle),
        new AwsAction<ConfirmSubscriptionRequest, SubscribeResult>(
            "ConfirmSubscription", Json.ConfirmSubscriptionRequest, Json.SubscribeResult, ConfirmSubscription.Handle),
        new AwsAction<UnsubscribeRequest, Nothing>("Unsubscribe", Json.UnsubscribeRequest, null, Unsubscribe.Handle),
        new AwsAction<ListSubscriptionsRequest, ListSubscriptionsResult>(
            "ListSubscriptions", Json.ListSubscriptionsRequest, Json.ListSubscriptionsResult, ListSubscriptions.Handle)
            { IsForService = true },
        new AwsAction<ListSubscriptionsByTopicRequest, ListSubscriptionsResult>(
            "ListSubscriptionsByTopic", Json.ListSubscriptionsByTopicRequest, Json.ListSubscriptionsResult,
            ListSubscriptionsByTopic.Handle),
        new AwsAction<GetSubscriptionAttributesRequest, AttributesResult>(
            "GetSubscriptionAttributes", Json.GetSubscriptionAttributesRequest, Json.AttributesResult,
            GetSubscriptionAttributes.Handle),
        new AwsAction<SetSubscriptionAttributesRequest, Nothing>(
            "SetSubscriptionAttributes", Json.SetSubscriptionAttributesRequest, null, SetSubscriptionAttributes.Handle),
    ];

    private static AwsAction[] Messages =>
    [
        new AwsAction<PublishRequest, PublishResult>(
            "Publish", Json.PublishRequest, Json.PublishResult, Publish.Handle),
        new AwsAction<PublishBatchRequest, PublishBatchResult>(
            "PublishBatch", Json.PublishBatchRequest, Json.PublishBatchResult, PublishBatch.Handle),
    ];

    private static IEnumerable<AwsAction> Refused => Unsupported.Select(static name =>
        new AwsAction<NoRequest, Nothing>(name, Json.NoRequest, null, (_, _) => new ValueTask<Reply<Nothing>>(
            SnsErrors.AuthorizationError.With(
                $"{name} is not supported by this server: it has neither mobile push nor SMS."))));
}

/// <summary>A request that nobody reads.</summary>
internal sealed record NoRequest;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateTopicRequest))]
[JsonSerializable(typeof(CreateTopicResult))]
[JsonSerializable(typeof(DeleteTopicRequest))]
[JsonSerializable(typeof(ListTopicsRequest))]
[JsonSerializable(typeof(ListTopicsResult))]
[JsonSerializable(typeof(GetTopicAttributesRequest))]
[JsonSerializable(typeof(SetTopicAttributesRequest))]
[JsonSerializable(typeof(AttributesResult))]
[JsonSerializable(typeof(AddTopicPermissionRequest))]
[JsonSerializable(typeof(RemoveTopicPermissionRequest))]
[JsonSerializable(typeof(TagTopicRequest))]
[JsonSerializable(typeof(UntagTopicRequest))]
[JsonSerializable(typeof(EmptyResult))]
[JsonSerializable(typeof(ListTopicTagsRequest))]
[JsonSerializable(typeof(ListTopicTagsResult))]
[JsonSerializable(typeof(PutDataProtectionPolicyRequest))]
[JsonSerializable(typeof(GetDataProtectionPolicyRequest))]
[JsonSerializable(typeof(GetDataProtectionPolicyResult))]
[JsonSerializable(typeof(SubscribeRequest))]
[JsonSerializable(typeof(SubscribeResult))]
[JsonSerializable(typeof(ConfirmSubscriptionRequest))]
[JsonSerializable(typeof(UnsubscribeRequest))]
[JsonSerializable(typeof(ListSubscriptionsRequest))]
[JsonSerializable(typeof(ListSubscriptionsResult))]
[JsonSerializable(typeof(ListSubscriptionsByTopicRequest))]
[JsonSerializable(typeof(GetSubscriptionAttributesRequest))]
[JsonSerializable(typeof(SetSubscriptionAttributesRequest))]
[JsonSerializable(typeof(PublishRequest))]
[JsonSerializable(typeof(PublishResult))]
[JsonSerializable(typeof(PublishBatchRequest))]
[JsonSerializable(typeof(PublishBatchResult))]
[JsonSerializable(typeof(NoRequest))]
internal sealed partial class SnsActionJson : JsonSerializerContext;
