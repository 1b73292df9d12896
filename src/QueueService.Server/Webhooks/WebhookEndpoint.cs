using QueueService.Aws.Sns;
using QueueService.Broker.Queues;
using QueueService.Broker.Topics;

namespace QueueService.Server.Webhooks;

/// <summary>A webhook target that is ready for deliveries: its address is read and its secrets are open.</summary>
internal sealed class WebhookEndpoint
{
    private readonly WebhookTarget _target;
    private readonly WebhookFormat _format;
    private readonly WebhookHeader[] _headers;
    private readonly (WebhookSecret Secret, long ExpiresAt)[] _secrets;
    private readonly SnsForm? _sns;
    private readonly DeliveryPolicy? _delivery;

    private WebhookEndpoint(QueueDescription subscription, WebhookTarget target, SecretBox box, SnsForm? sns)
    {
        (_sns, _delivery) = (sns, sns?.Policy);
        var name = SubscriptionName.At(subscription.Name);
        _target = target;
        _format = FormatOf(subscription.Config.Subscription!.Format);
        Url = EndpointUrl.Parse(target.Url, out string? refusal) ?? throw new InvalidOperationException(refusal);
        _secrets =
        [
            .. target.Keys.Select(key =>
                (WebhookSecret.FromBytes(Unseal(box, key.Sealed, name)), key.ExpiresAt ?? long.MaxValue)),
        ];
        List<WebhookHeader> headers =
            [.. target.Headers.Select(static header => new WebhookHeader(header.Name, header.Value))];
        if (target.Authorization is { } credential)
            headers.Add(
                new(
                    "Authorization", System.Text.Encoding.UTF8.GetString(Unseal(box, credential, name)),
                    IsSecret: true));
        _headers = [.. headers];
        Schedule = new RetrySchedule
        {
            Phases = _delivery?.Retries,
            Policy = subscription.Config.Retry.Kind == RetryKind.None ? null : subscription.Config.Retry,
            // The broker moves a message to the dead-letter queue after so many deliveries.
            MaxAttempts = subscription.Config.Redrive?.MaxReceiveCount ?? target.MaxAttempts,
        };
    }

    public EndpointUrl Url { get; }

    public RetrySchedule Schedule { get; }

    public int MaxConcurrency => _target.MaxConcurrency;

    /// <summary>Attempts within any second; null when there is no limit.</summary>
    public int? RatePerSecond =>
        _delivery?.MaxReceivesPerSecond ?? (_target.RatePerSecond == 0 ? null : _target.RatePerSecond);

    /// <summary>Whether its messages are SNS's.</summary>
    public bool IsSns => _sns is not null;

    /// <exception cref="InvalidOperationException">Its secrets cannot be opened: they were sealed for another
    /// subscription, or are damaged.</exception>
    /// <param name="sns">What SNS posts there; null for a subscription of `/v1`.</param>
    public static WebhookEndpoint Open(QueueDescription subscription, SecretBox box, SnsForm? sns = null) =>
        new(subscription, WebhookTarget.FromJson(subscription.Config.Subscription!.Destination), box, sns);

    /// <summary>The request of an attempt that is made now.</summary>
    public WebhookRequest Request(WebhookMessage message, DateTimeOffset now)
    {
        WebhookPayload payload = _sns is null
            ? WebhookPayload.Write(_format, message)
            : SnsWebhook.Notification(_sns, message, _delivery!.ContentType!);
        long milliseconds = now.ToUnixTimeMilliseconds();
        WebhookSecret[] signing =
            [.. _secrets.Where(key => key.ExpiresAt > milliseconds).Select(static key => key.Secret)];
        WebhookHeader[] signature = signing.Length == 0
            ? []
            : WebhookSignature.Sign(signing, message.Id, now.ToUnixTimeSeconds(), payload.Body);
        return new WebhookRequest(Url, HttpMethod.Post, [.. payload.Headers, .. signature, .. _headers], payload.Body);
    }

    public static WebhookFormat FormatOf(DeliveryFormat format) => format switch
    {
        DeliveryFormat.Envelope => WebhookFormat.Envelope,
        DeliveryFormat.CloudEventsBinary => WebhookFormat.CloudEventsBinary,
        DeliveryFormat.CloudEventsStructured => WebhookFormat.CloudEventsStructured,
        _ => WebhookFormat.Raw,
    };

    private static byte[] Unseal(SecretBox box, byte[] secret, SubscriptionName name) =>
        box.Open(secret, name.Topic.Value, name.Value) ??
        throw new InvalidOperationException($"A secret of {name} cannot be opened.");
}
