using QueueService.Aws.Sns;
using QueueService.Broker.Queues;

namespace QueueService.Server.Webhooks;

/// <summary>The requests that SNS makes to endpoints.</summary>
internal static class SnsWebhook
{
    private const string Agent = "Amazon Simple Notification Service Agent";

    /// <summary>One message.</summary>
    /// <param name="contentType">As the delivery policy says.</param>
    public static WebhookPayload Notification(SnsForm form, WebhookMessage message, string contentType)
    {
        List<WebhookHeader> headers = Headers(form, SnsNotification.Type, message.Id);
        headers.Add(new("Content-Type", contentType));
        headers.Add(new("x-amz-sns-subscription-arn", form.SubscriptionArn));
        if (form.Subscription.IsRaw) headers.Add(new("x-amz-sns-rawdelivery", "true"));
        PublishedMessage published = new(
            message.Id, message.SequenceNumber, message.SentAt, message.Headers, message.Body, message.IsText);
        return new WebhookPayload(headers, form.Body(published));
    }

    /// <summary>Asks the owner of the endpoint whether he wants the subscription, or tells him that it has
    /// ended.</summary>
    public static WebhookPayload Confirmation(SnsForm form, DateTimeOffset now)
    {
        string id = Guid.CreateVersion7(now).ToString();
        bool isEnd = form.Subscription.State == SubscriptionState.Deleted;
        List<WebhookHeader> headers =
            Headers(form, isEnd ? SnsConfirmation.Unsubscribing : SnsConfirmation.Subscribing, id);
        headers.Add(new("Content-Type", DeliveryPolicy.DefaultContentType));
        if (isEnd) headers.Add(new("x-amz-sns-subscription-arn", form.SubscriptionArn));
        return new WebhookPayload(headers, form.Body(id, now.ToUnixTimeMilliseconds()));
    }

    private static List<WebhookHeader> Headers(SnsForm form, string type, string messageId) =>
    [
        new("x-amz-sns-message-type", type), new("x-amz-sns-message-id", messageId),
        new("x-amz-sns-topic-arn", form.TopicArn), new("User-Agent", Agent),
    ];
}
